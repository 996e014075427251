-- A table has another number of rows of the run than its files have: rows bear another run's id.
-- Kind:     count
-- Table:    calls
-- Returns:  run_id, n (how many), example
with listed as (
    select
        asked_files.run_id,
        asked_files.table_name,
        sum(asked_files.n_rows) as n
    from asked_files
    where asked_files.table_name not in ('samples', 'prompts')
    group by asked_files.run_id, asked_files.table_name
),
found as (
    select run_id, 'runs' as table_name, count(*) as n from runs group by run_id
    union all
    select run_id, 'calls', count(*) from calls group by run_id
    union all
    select run_id, 'attempts', count(*) from attempts group by run_id
    union all
    select grading_id, 'grades', count(*) from grades group by grading_id
    union all
    select grading_id, 'pairs', count(*) from pairs group by grading_id
    union all
    select run_id, 'metrics', count(*) from metrics group by run_id
    union all
    select run_id, 'calibrations', count(*) from calibrations group by run_id
)
select
    listed.run_id,
    abs(listed.n - coalesce(found.n, 0)) as n,
    listed.table_name as example
from listed
left join found
    on found.run_id = listed.run_id
    and found.table_name = listed.table_name
where listed.n <> coalesce(found.n, 0)
