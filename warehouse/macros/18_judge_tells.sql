-- Whether a judge with this sensitivity (measured on n_se right answers) and specificity (on n_sp wrong ones)
-- tells right from wrong at all, so that what it counted can be corrected.
create or replace macro judge_tells(n, se, n_se, sp, n_sp) as
    coalesce(n > 0 and n_se > 0 and n_sp > 0 and se + sp > 1, false)
