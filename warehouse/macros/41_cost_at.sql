-- What all calls would have cost at the prices of one day: select * from cost_at('2024-10-02'). One row a model, role,
-- kind and simulated, as cost_by_model has them.
-- Columns: model, role, kind, simulated, n_calls, n_unpriced (calls without a price on that day, or without a count),
-- usd (NULL when n_unpriced > 0), usd_priced, usd_then (as they were priced on their own days; NULL when one was not),
-- usd_change (usd - usd_then).
create or replace macro cost_at(prices_date) as table
with dated as (
    select
        cost_totals.*,
        runs.kind,
        cost_totals.mode as at_mode,
        cast(prices_date as date) as at_day
    from cost_totals
    inner join runs on runs.run_id = cost_totals.run_id
),
repriced as (
    select *, put_usd as usd_at
    from priced_totals('dated')
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
