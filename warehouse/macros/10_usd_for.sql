-- What so many tokens cost at a price a million: exact decimal arithmetic, because `/` makes a double.
-- No tokens cost 0 whatever the price. NULL tokens, tokens without a price, and counts that cannot be true
-- (below 0, or worth a million dollars) cost NULL: the nonsense of a server must not break a view.
create or replace macro usd_for(tokens, usd_per_mtok) as
    case
        when tokens = 0 then cast(0 as decimal(18, 12))
        when tokens > 0 then try_cast(
            cast(tokens as decimal(19, 0))
            * cast(usd_per_mtok as decimal(12, 6))
            * cast(0.000001 as decimal(7, 6))
            as decimal(18, 12)
        )
    end
