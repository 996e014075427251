-- How far the middle of the interval of corrected_share lies from corrected_middle, which is `p`.
create or replace macro corrected_shift(p, se, n_se, sp, n_sp) as
    2e0 * 3.841458820694124e0
    * (p * smoothed_spread(se, n_se, 2e0) - (1e0 - p) * smoothed_spread(sp, n_sp, 2e0))
