-- The share of right answers behind the share of n that an imperfect judge passed, 0 to 1.
-- The judge passes se of the right ones (measured on n_se) and fails sp of the wrong ones (on n_sp). NULL
-- where se + sp <= 1, or where something is not known.
-- Source: W. J. Rogan, B. Gladen (1978), American Journal of Epidemiology 107:71-76.
create or replace macro corrected_share(share, n, se, n_se, sp, n_sp) as
    case
        when judge_tells(n, se, n_se, sp, n_sp)
            then least(1e0, greatest(0e0, (cast(share as double) + sp - 1e0) / (se + sp - 1e0)))
    end
