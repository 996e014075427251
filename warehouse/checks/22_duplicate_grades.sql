-- Rows of grades have the same key.
-- Kind:     duplicate
-- Table:    grades
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    grading_id as run_id,
    sum(n_rows - 1) as n,
    min(cast(call_key as varchar)) as example
from (
    select
        grading_id,
        run_id,
        call_key,
        grader,
        count(*) as n_rows
    from grades
    group by all
)
where n_rows > 1 and grading_id in (select run_id from asked)
group by grading_id
