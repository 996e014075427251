-- Half the width of the interval of corrected_share; `p` is corrected_middle.
create or replace macro corrected_width(p, share, n, se, n_se, sp, n_sp) as
    1.959963984540054e0 * sqrt(
        greatest(
            0e0,
            smoothed_spread(share, n, 3.841458820694124e0)
            + pow(p, 2) * smoothed_spread(se, n_se, 2e0)
            + pow(1e0 - p, 2) * smoothed_spread(sp, n_sp, 2e0)
        )
    ) / youden(se, n_se, sp, n_sp)
