-- What batches saved: their tokens at the prices of the same day without a batch, less what they cost.
-- Grain:    one row a run_id, model, role, day, simulated
-- Reads:    cost_totals, rates
-- run_id        varchar         the run
-- model         varchar         provider/name
-- role          varchar         answer or judge
-- day           date            the UTC day on which the calls started
-- simulated     boolean         made up: nothing was spent and nothing saved
-- n_calls       bigint          calls in batches
-- usd           decimal(18,12)  what they cost; null where a price is not known
-- usd_realtime  decimal(18,12)  what the same tokens would have cost without a batch; null likewise
-- usd_saved     decimal(18,12)  the difference; null likewise
with priced as (
    select
        cost_totals.run_id,
        cost_totals.model,
        cost_totals.role,
        cost_totals.day,
        cost_totals.simulated,
        cost_totals.n_calls,
        cost_totals.usd,
        case
            when cost_totals.n_billed = 0 then cast(0 as decimal(18, 12))
            when cost_totals.known then try_cast(
                usd_for(cost_totals.billed_input_tokens, rates.input)
                + usd_for(cost_totals.billed_cached_input_tokens, rates.cached_input)
                + usd_for(cost_totals.billed_cache_write_tokens, rates.cache_write)
                + usd_for(cost_totals.billed_cache_write_1h_tokens, rates.cache_write_1h)
                + usd_for(cost_totals.billed_output_tokens, rates.output)
                as decimal(18, 12)
            )
        end as usd_realtime
    from cost_totals
    left join rates
        on rates.model = cost_totals.priced_as
        and rates.mode = 'realtime'
        and rates.valid_from <= cost_totals.day
        and cost_totals.day < rates.valid_to
        and cost_totals.from_input_tokens >= rates.from_input_tokens
        and cost_totals.from_input_tokens < rates.below_input_tokens
    where cost_totals.mode = 'batch'
),
summed as (
    select
        run_id,
        model,
        role,
        day,
        simulated,
        cast(sum(n_calls) as bigint) as n_calls,
        case when count(*) = count(usd) then try_cast(sum(usd) as decimal(18, 12)) end as usd,
        case when count(*) = count(usd_realtime) then try_cast(sum(usd_realtime) as decimal(18, 12)) end
            as usd_realtime
    from priced
    group by run_id, model, role, day, simulated
)
select
    *,
    try_cast(usd_realtime - usd as decimal(18, 12)) as usd_saved
from summed
order by day desc, run_id, model, role
