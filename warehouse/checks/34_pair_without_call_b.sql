-- Verdicts on pairs name a second call that is not there.
-- Kind:     reference
-- Table:    pairs
-- Key:      call_key_b
-- Returns:  run_id, n (how many), example
select
    pairs.grading_id as run_id,
    count(*) as n,
    min(cast(pairs.call_key_b as varchar)) as example
from pairs
inner join asked on asked.run_id = pairs.grading_id
left join calls
    on calls.run_id = pairs.run_id
    and calls.call_key = pairs.call_key_b
where calls.call_key is null
group by pairs.grading_id
