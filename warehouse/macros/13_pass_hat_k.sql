-- The chance that all of k tries pass, unbiased, where c of n tries did; NULL where k > n or k < 1.
-- Source: S. Yao et al. (2024), arXiv:2406.12045, section 3 (pass^k).
create or replace macro pass_hat_k(n, c, k) as
    case when k between 1 and n then chosen_share(n, c, k) end
