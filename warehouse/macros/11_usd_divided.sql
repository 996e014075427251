-- An amount divided by a whole number, rounded half up to 12 decimals; NULL when n = 0.
-- Integer arithmetic, because `/` makes a double.
create or replace macro usd_divided(usd, n) as
    case
        when n > 0 then cast(
            cast(
                (
                    2 * cast(
                        cast(usd as decimal(18, 12)) * cast(1000000000000 as decimal(20, 0)) as hugeint
                    ) + n
                ) // (2 * n)
                as decimal(18, 0)
            )
            * cast(0.000000000001 as decimal(13, 12))
            as decimal(18, 12)
        )
    end
