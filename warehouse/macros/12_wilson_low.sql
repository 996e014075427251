-- Lower end of the 95 % Wilson score interval of passed out of n; NULL when n = 0.
-- Source: E. B. Wilson (1927), JASA 22:209-212. `passed` may be a sum of shares (epochs averaged).
create or replace macro wilson_low(passed, n) as
    case
        when n > 0 then greatest(
            0.0,
            (
                passed / n + 1.959963984540054 * 1.959963984540054 / (2 * n)
                - 1.959963984540054 * sqrt(
                    greatest(0.0, passed / n * (1 - passed / n)) / n
                    + 1.959963984540054 * 1.959963984540054 / (4.0 * n * n)
                )
            ) / (1 + 1.959963984540054 * 1.959963984540054 / n)
        )
    end
