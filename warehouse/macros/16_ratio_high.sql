-- Upper end of the interval of which ratio_low is the lower end; arguments, source and NULL as ratio_se.
create or replace macro ratio_high(n, sum_y, sum_x, sum_yy, sum_xy, sum_xx) as
    cast(sum_y as double) / cast(sum_x as double)
    + student_t(n - 1) * ratio_se(n, sum_y, sum_x, sum_yy, sum_xy, sum_xx)
