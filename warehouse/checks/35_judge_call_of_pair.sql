-- Verdicts on pairs name a judge's call that is not there.
-- Kind:     reference
-- Table:    pairs
-- Key:      judge_call_key
-- Returns:  run_id, n (how many), example
select
    pairs.grading_id as run_id,
    count(*) as n,
    min(cast(pairs.judge_call_key as varchar)) as example
from pairs
inner join asked on asked.run_id = pairs.grading_id
left join calls
    on calls.run_id = pairs.grading_id
    and calls.call_key = pairs.judge_call_key
where calls.call_key is null and pairs.judge_call_key is not null
group by pairs.grading_id
