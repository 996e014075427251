-- The row of the run and the manifest do not say the same of its kind, status and day.
-- Kind:     manifest
-- Table:    runs
-- Returns:  run_id, n (how many), example
select
    asked.run_id,
    count(runs.run_id) as n,
    first(concat_ws(' ', runs.kind, runs.status, cast(runs.started_at at time zone 'UTC' as date))) as example
from asked
left join runs on runs.run_id = asked.run_id
group by asked.run_id
having
    count(runs.run_id) <> 1
    or bool_or(
        runs.kind <> asked.kind
        or runs.status <> asked.status
        or cast(runs.started_at at time zone 'UTC' as date) <> asked.run_date
    )
