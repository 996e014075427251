-- Lower end of the 95 % Wilson score interval of passed out of n; NULL when n = 0.
-- Source: E. B. Wilson (1927), JASA 22:209-212. `passed` may be a sum of shares (epochs averaged).
create or replace macro wilson_low(passed, n) as
    case
        when n > 0 then greatest(
            0e0,
            (
                cast(passed as double) / n
                + pow(1.959963984540054e0, 2) / (2e0 * n)
                - 1.959963984540054e0 * sqrt(
                    greatest(0e0, cast(passed as double) / n * (1e0 - cast(passed as double) / n)) / n
                    + pow(1.959963984540054e0, 2) / (4e0 * n * n)
                )
            ) / (1e0 + pow(1.959963984540054e0, 2) / n)
        )
    end
