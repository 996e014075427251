-- Attempts that were answered, or are of a complete run, belong to calls that are not there.
-- Kind:     reference
-- Table:    attempts
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    attempts.run_id as run_id,
    count(*) as n,
    min(cast(attempts.call_key as varchar)) as example
from attempts
inner join asked on asked.run_id = attempts.run_id
left join calls
    on calls.run_id = attempts.run_id
    and calls.call_key = attempts.call_key
where calls.call_key is null and (attempts.outcome = 'answered' or asked.status = 'complete')
group by attempts.run_id
