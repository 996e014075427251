-- Rows of pairs have the same key.
-- Kind:     duplicate
-- Table:    pairs
-- Key:      call_key_a
-- Returns:  run_id, n (how many), example
select
    grading_id as run_id,
    sum(n_rows - 1) as n,
    min(cast(call_key_a as varchar)) as example
from (
    select
        grading_id,
        run_id,
        call_key_a,
        call_key_b,
        swapped,
        judge_call_key,
        count(*) as n_rows
    from pairs
    group by all
)
where n_rows > 1 and grading_id in (select run_id from asked)
group by grading_id
