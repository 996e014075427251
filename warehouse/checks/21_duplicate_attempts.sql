-- Rows of attempts have the same key.
-- Kind:     duplicate
-- Table:    attempts
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    run_id as run_id,
    sum(n_rows - 1) as n,
    min(cast(call_key as varchar)) as example
from (
    select
        run_id,
        call_key,
        n,
        count(*) as n_rows
    from attempts
    group by all
)
where n_rows > 1 and run_id in (select run_id from asked)
group by run_id
