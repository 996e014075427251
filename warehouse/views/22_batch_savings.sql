-- What batches saved: their tokens at the prices of the same day without a batch, less what they cost.
-- Grain:    one row a run_id, model, role, day, simulated
-- Reads:    cost_totals, rates, priced_totals
-- run_id        varchar         the run
-- model         varchar         provider/name
-- role          varchar         answer or judge
-- day           date            the UTC day on which the calls started
-- simulated     boolean         made up: nothing was spent and nothing saved
-- n_calls       bigint          calls in batches
-- usd           decimal(18,12)  what they cost; null where a price is not known
-- usd_realtime  decimal(18,12)  what the same tokens would have cost without a batch; null likewise
-- usd_saved     decimal(18,12)  the difference; null likewise
with batched as (
    select
        *,
        'realtime' as at_mode,
        day as at_day
    from cost_totals
    where mode = 'batch'
),
priced as (
    select *, put_usd as usd_realtime
    from priced_totals('batched')
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
