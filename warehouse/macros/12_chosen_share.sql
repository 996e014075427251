-- C(c, k) / C(n, k): the chance that k of n, drawn without putting back, are all among a given c; to 1e-10 up to
-- n = 10,000. 0 where c < k.
-- Source: logarithms of the gamma function.
create or replace macro chosen_share(n, c, k) as
    case
        when c < k then 0e0
        else least(
            1e0,
            exp(lgamma(c + 1e0) - lgamma(c - k + 1e0) - lgamma(n + 1e0) + lgamma(n - k + 1e0))
        )
    end
