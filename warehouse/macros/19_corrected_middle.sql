-- The smoothed corrected share from which the interval's ends are counted. z * z is 3.8415.
create or replace macro corrected_middle(share, n, se, n_se, sp, n_sp) as
    (smoothed(share, n, 3.841458820694124e0) + smoothed(sp, n_sp, 2e0) - 1e0) / youden(se, n_se, sp, n_sp)
