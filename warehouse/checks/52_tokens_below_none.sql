-- Counts of tokens are below 0.
-- Kind:     money
-- Table:    calls
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    calls.run_id,
    count(*) as n,
    min(cast(calls.call_key as varchar)) as example
from calls
inner join asked on asked.run_id = calls.run_id
where least(
    calls.input_tokens,
    calls.cached_input_tokens,
    calls.cache_write_tokens,
    calls.cache_write_1h_tokens,
    calls.output_tokens
) < 0
group by calls.run_id
