-- Lower end of the 95 % interval of a ratio sum_y / sum_x, by Student's t; arguments, source and NULL as ratio_se.
create or replace macro ratio_low(n, sum_y, sum_x, sum_yy, sum_xy, sum_xx) as
    cast(sum_y as double) / cast(sum_x as double)
    - student_t(n - 1) * ratio_se(n, sum_y, sum_x, sum_yy, sum_xy, sum_xx)
