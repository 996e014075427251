-- Metrics are of calls that are not there.
-- Kind:     reference
-- Table:    metrics
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    metrics.run_id as run_id,
    count(*) as n,
    min(cast(metrics.call_key as varchar)) as example
from metrics
inner join asked on asked.run_id = metrics.run_id
left join calls
    on calls.run_id = metrics.run_id
    and calls.call_key = metrics.call_key
where calls.call_key is null
group by metrics.run_id
