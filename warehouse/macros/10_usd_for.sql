-- What so many tokens cost at a price a million: exact decimal arithmetic, because `/` makes a double.
-- NULL tokens, and tokens without a price, cost NULL; no tokens cost 0 whatever the price.
create or replace macro usd_for(tokens, usd_per_mtok) as
    case
        when tokens = 0 then cast(0 as decimal(18, 12))
        else cast(
            cast(tokens as decimal(12, 0))
            * cast(usd_per_mtok as decimal(12, 6))
            * cast(0.000001 as decimal(7, 6))
            as decimal(18, 12)
        )
    end
