-- Sums of tokens at the prices of a mode and a day: the relation `totals` has the columns of billed_totals, and
-- at_mode and at_day, which say whose prices apply. All its columns, and put_usd: NULL where a price or a count is
-- not known, 0 where nothing was billed.
create or replace macro priced_totals(totals) as table
with given as (  -- DuckDB 1.1 gives query_table no name of its own
    select * from query_table(totals)
)
select
    given.*,
    case
        when given.n_billed = 0 then cast(0 as decimal(18, 12))
        when given.known then try_cast(
            usd_for(given.billed_input_tokens, rates.input)
            + usd_for(given.billed_cached_input_tokens, rates.cached_input)
            + usd_for(given.billed_cache_write_tokens, rates.cache_write)
            + usd_for(given.billed_cache_write_1h_tokens, rates.cache_write_1h)
            + usd_for(given.billed_output_tokens, rates.output)
            as decimal(18, 12)
        )
    end as put_usd
from given
left join rates
    on rates.model = given.priced_as
    and rates.mode = given.at_mode
    and rates.valid_from <= given.at_day
    and given.at_day < rates.valid_to
    and given.from_input_tokens >= rates.from_input_tokens
    and given.from_input_tokens < rates.below_input_tokens
