-- Sum over clusters of (s - m * sum_s / n)^2, from the sums that clustered_variance is given.
-- Source: the square, multiplied out.
create or replace macro clustered_squares(n, sum_s, sum_ss, sum_sm, sum_mm) as
    cast(sum_ss as double)
    - 2e0 * (cast(sum_s as double) / n) * cast(sum_sm as double)
    + pow(cast(sum_s as double) / n, 2) * cast(sum_mm as double)
