-- The manifest names other parents than the runs whose calls were graded.
-- Kind:     manifest
-- Table:    grades
-- Returns:  run_id, n (how many), example
with graded as (
    select grading_id, run_id from grades
    union
    select grading_id, run_id from pairs
),
found as (
    select grading_id, list_sort(list(run_id)) as runs
    from graded
    where run_id <> grading_id
    group by grading_id
)
select
    asked.run_id,
    count(*) as n,
    first(array_to_string(coalesce(found.runs, []), ', ')) as example
from asked
left join found on found.grading_id = asked.run_id
where asked.schema_version >= 4 and asked.parents <> coalesce(found.runs, [])
group by asked.run_id
