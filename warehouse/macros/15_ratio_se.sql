-- Standard error of a ratio sum_y / sum_x of sums over n independent samples or clusters (dollars over right
-- answers), by the delta method. NULL where the bottom is not clearly above 0: its own 95 % interval reaches 0.
-- Source: W. G. Cochran (1977), Sampling Techniques, 3rd ed., section 6.4; the condition is that of
-- E. C. Fieller (1954), J. Royal Statistical Society B 16:175-185, without which no interval is bounded.
create or replace macro ratio_se(n, sum_y, sum_x, sum_yy, sum_xy, sum_xx) as
    case
        when n > 1 and sum_x > 0
            and pow(cast(sum_x as double), 2) > pow(student_t(n - 1), 2) * (n / (n - 1e0))
            * greatest(0e0, cast(sum_xx as double) - pow(cast(sum_x as double), 2) / n)
            then sqrt(
                n / (n - 1e0) * greatest(
                    0e0,
                    cast(sum_yy as double)
                    - 2e0 * (cast(sum_y as double) / cast(sum_x as double)) * cast(sum_xy as double)
                    + pow(cast(sum_y as double) / cast(sum_x as double), 2) * cast(sum_xx as double)
                )
            ) / cast(sum_x as double)
    end
