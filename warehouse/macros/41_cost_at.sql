-- What all calls would have cost at the prices of one day: select * from cost_at('2024-10-02'). One row a model, role,
-- kind and simulated, as cost_by_model has them.
-- Columns: model, role, kind, simulated, n_calls, n_unpriced (calls without a price on that day, or without a count),
-- usd (NULL when n_unpriced > 0), usd_priced, usd_then (as they were priced on their own days; NULL when one was not),
-- usd_change (usd - usd_then).
create or replace macro cost_at(prices_date) as table
with repriced as (
    select
        cost_totals.model,
        cost_totals.role,
        runs.kind,
        cost_totals.simulated,
        cost_totals.call_key,
        cost_totals.n_calls,
        cost_totals.usd,
        cost_totals.n_unpriced,
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
        end as usd_at
    from cost_totals
    inner join runs on runs.run_id = cost_totals.run_id
    left join rates
        on rates.model = cost_totals.priced_as
        and rates.mode = cost_totals.mode
        and rates.valid_from <= cast(prices_date as date)
        and cast(prices_date as date) < rates.valid_to
        and cost_totals.from_input_tokens >= rates.from_input_tokens
        and cost_totals.from_input_tokens < rates.below_input_tokens
)
select
    repriced.model,
    repriced.role,
    repriced.kind,
    repriced.simulated,
    cast(sum(repriced.n_calls) as bigint) as n_calls,
    cast(coalesce(sum(repriced.n_calls) filter (repriced.usd_at is null), 0) as bigint) as n_unpriced,
    case when count(*) = count(repriced.usd_at) then try_cast(sum(repriced.usd_at) as decimal(18, 12)) end as usd,
    try_cast(coalesce(sum(repriced.usd_at), 0) as decimal(18, 12)) as usd_priced,
    case when sum(repriced.n_unpriced) = 0 then try_cast(sum(repriced.usd) as decimal(18, 12)) end as usd_then,
    case
        when count(*) = count(repriced.usd_at) and sum(repriced.n_unpriced) = 0
            then try_cast(sum(repriced.usd_at) - sum(repriced.usd) as decimal(18, 12))
    end as usd_change
from repriced
group by repriced.model, repriced.role, repriced.kind, repriced.simulated
order by repriced.model, repriced.role, repriced.kind, repriced.simulated
