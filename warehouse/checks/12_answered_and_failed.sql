-- The run's row counts other calls than there are.
-- Kind:     count
-- Table:    runs
-- Returns:  run_id, n (how many), example
with counted as (
    select
        run_id,
        count(*) filter (status = 'answered') as answered,
        count(*) filter (status = 'failed') as failed,
        count(*) as n
    from calls
    group by run_id
)
select
    runs.run_id,
    abs(runs.answered_calls - coalesce(answered, 0)) + abs(coalesce(runs.failed_calls, 0) - coalesce(failed, 0))
        as n,
    concat(coalesce(answered, 0), ' answered, ', coalesce(failed, 0), ' failed') as example
from runs
inner join asked on asked.run_id = runs.run_id
left join counted on counted.run_id = runs.run_id
where
    coalesce(runs.answered_calls, 0) <> coalesce(answered, 0)
    or coalesce(runs.failed_calls, 0) <> coalesce(failed, 0)
    or coalesce(counted.n, 0) <> coalesce(answered, 0) + coalesce(failed, 0)
