-- Calls have other tokens than the attempt that answered them.
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
inner join (
    select
        run_id,
        call_key,
        count(input_tokens) as n_known,
        bool_or(outcome = 'answered') as answered,
        list(struct_pack(
            i := input_tokens,
            c := cached_input_tokens,
            w := cache_write_tokens,
            h := cache_write_1h_tokens,
            o := output_tokens
        )) as tokens
    from attempts
    where outcome = 'answered'
    group by run_id, call_key
) as tries
    on tries.run_id = calls.run_id
    and tries.call_key = calls.call_key
where
    calls.status = 'answered'
    and tries.n_known > 0
    and not list_contains(tries.tokens, struct_pack(
        i := calls.input_tokens,
        c := calls.cached_input_tokens,
        w := calls.cache_write_tokens,
        h := calls.cache_write_1h_tokens,
        o := calls.output_tokens
    ))
group by calls.run_id
