-- Calls count other attempts than there are.
-- Kind:     count
-- Table:    calls
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    calls.run_id,
    count(*) as n,
    min(cast(calls.call_key as varchar)) as example
from calls
inner join asked on asked.run_id = calls.run_id
left join (
    select run_id, call_key, count(*) as n
    from attempts
    group by run_id, call_key
) as tries
    on tries.run_id = calls.run_id
    and tries.call_key = calls.call_key
where calls.attempts <> coalesce(tries.n, 0)
group by calls.run_id
