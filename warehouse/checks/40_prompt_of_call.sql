-- Calls were sent prompts that are not there.
-- Kind:     reference
-- Table:    calls
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    calls.run_id,
    count(*) as n,
    min(cast(calls.call_key as varchar)) as example
from calls
inner join asked on asked.run_id = calls.run_id
left join prompts on prompts.prompt_hash = calls.prompt_hash
where calls.prompt_hash is not null and prompts.prompt_hash is null
group by calls.run_id
