-- Lower end of Wilson's score interval of a share p of n, at z standard errors; n may be an effective number.
-- Source: E. B. Wilson (1927), JASA 22:209-212.
create or replace macro score_low(p, n, z) as
    greatest(
        0e0,
        (
            p + z * z / (2e0 * n)
            - z * sqrt(greatest(0e0, p * (1e0 - p)) / n + z * z / (4e0 * n * n))
        ) / (1e0 + z * z / n)
    )
