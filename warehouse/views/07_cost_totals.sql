-- What the sums of billed_totals cost, at the prices in force on their day: the cost of all calls, fast.
-- Grain:    one row a row of billed_totals
-- Reads:    billed_totals, rates, priced_totals
-- Equal to the last digit to the sum over call_costs. A call with rows of its own costs what is known of all
-- of them, or is unpriced.
-- All columns of billed_totals, and:
-- usd         decimal(18,12)  what was billed; null where a price or a count is not known
-- n_unpriced  bigint          calls whose cost is not known
with own as (
    select
        *,
        mode as at_mode,
        day as at_day
    from billed_totals
),
priced as (
    select * exclude (at_mode, at_day, put_usd), put_usd as usd_of_row
    from priced_totals('own')
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
