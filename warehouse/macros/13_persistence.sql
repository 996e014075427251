-- By how much the variance of a mean of n nights exceeds that of n independent ones, where each night follows the
-- one before with correlation rho (0 <= rho < 1).
-- Source: G. V. Bayley, J. M. Hammersley (1946), Supplement to the J. Royal Statistical Society 8:184-197 (AR(1)).
create or replace macro persistence(rho, n) as
    case
        when rho <= 0 then 1e0
        else (1e0 + rho) / (1e0 - rho) - 2e0 * rho * (1e0 - pow(rho, n)) / (n * pow(1e0 - rho, 2))
    end
