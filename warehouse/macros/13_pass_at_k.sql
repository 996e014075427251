-- The chance that at least one of k tries passes, unbiased, where c of n tries did; NULL where k > n or k < 1.
-- Source: M. Chen et al. (2021), arXiv:2107.03374, equation 1.
create or replace macro pass_at_k(n, c, k) as
    case when k between 1 and n then 1e0 - chosen_share(n, n - c, k) end
