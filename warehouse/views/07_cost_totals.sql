-- What the sums of billed_totals cost, at the prices in force on their day: the cost of all calls, fast.
-- Grain:    one row a row of billed_totals
-- Reads:    billed_totals, rates
-- Equal to the last digit to the sum over call_costs. A call with rows of its own costs what is known of all
-- of them, or is unpriced.
-- All columns of billed_totals, and:
-- usd         decimal(18,12)  what was billed; null where a price or a count is not known
-- n_unpriced  bigint          calls whose cost is not known
with priced as (
    select
        billed_totals.*,
        case
            when billed_totals.n_billed = 0 then cast(0 as decimal(18, 12))
            when billed_totals.known then try_cast(
                usd_for(billed_totals.billed_input_tokens, rates.input)
                + usd_for(billed_totals.billed_cached_input_tokens, rates.cached_input)
                + usd_for(billed_totals.billed_cache_write_tokens, rates.cache_write)
                + usd_for(billed_totals.billed_cache_write_1h_tokens, rates.cache_write_1h)
                + usd_for(billed_totals.billed_output_tokens, rates.output)
                as decimal(18, 12)
            )
        end as usd_of_row
    from billed_totals
    left join rates
        on rates.model = billed_totals.priced_as
        and rates.mode = billed_totals.mode
        and rates.valid_from <= billed_totals.day
        and billed_totals.day < rates.valid_to
        and billed_totals.from_input_tokens >= rates.from_input_tokens
        and billed_totals.from_input_tokens < rates.below_input_tokens
),
unknown as (  -- calls with rows of their own of which one has no price
    select distinct
        run_id,
        call_key
    from priced
    where call_key is not null and usd_of_row is null
)
select
    priced.* exclude (usd_of_row),
    case when unknown.run_id is null then priced.usd_of_row end as usd,
    case when priced.usd_of_row is null or unknown.run_id is not null then priced.n_calls else 0 end as n_unpriced
from priced
left join unknown
    on unknown.run_id = priced.run_id
    and unknown.call_key = priced.call_key
