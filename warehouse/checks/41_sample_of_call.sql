-- Answers are to samples that are not there.
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
left join samples
    on samples.suite = calls.suite
    and samples.suite_version = calls.suite_version
    and samples.sample_id = calls.sample_id
where calls.role = 'answer' and samples.sample_id is null
group by calls.run_id
