-- Sensitivity + specificity - 1, both smoothed as Lang and Reiczigel do; NULL where nothing is left.
create or replace macro youden(se, n_se, sp, n_sp) as
    case
        when smoothed(se, n_se, 2e0) + smoothed(sp, n_sp, 2e0) > 1
            then smoothed(se, n_se, 2e0) + smoothed(sp, n_sp, 2e0) - 1e0
    end
