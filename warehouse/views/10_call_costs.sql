-- Calls with what each cost, by kind of token, at the prices in force on the call's own day (UTC).
-- Grain:    one row a run_id, call_key
-- Reads:    calls, attempts, rates
-- Billed is every attempt that was answered; a call that was asked twice and answered twice costs twice.
-- An answer that was an error (prompt too long, content filter) without a count of tokens costs 0, as do
-- failed and reused calls. Whole input decides the long-prompt tier: plain, cached and written together.
-- All columns of calls, and:
-- day                 date            the UTC day on which the call started
-- n_billed            bigint          answered attempts; 1 for an imported output
-- usd_input           decimal(18,12)  tokens neither read from a cache nor written to one
-- usd_cached_input    decimal(18,12)  tokens read from a cache
-- usd_cache_write     decimal(18,12)  tokens written to a cache for five minutes
-- usd_cache_write_1h  decimal(18,12)  tokens written to a cache for an hour
-- usd_output          decimal(18,12)  tokens received, reasoning among them
-- usd                 decimal(18,12)  their sum; null where a price or a count is not known
with dated as (
    select
        *,
        cast(started_at at time zone 'UTC' as date) as day,
        whole_input(
            tokens_known(input_tokens, error_kind),
            cached_input_tokens,
            cache_write_tokens,
            cache_write_1h_tokens
        ) as whole_input
    from calls
),
retried as (  -- calls with several attempts are billed attempt by attempt
    select
        tries.run_id,
        tries.call_key,
        count(*) as n_billed,
        case when count(*) = count(usd_for(tries.input_tokens, rates.input))
            then sum(usd_for(tries.input_tokens, rates.input)) end as usd_input,
        case when count(*) = count(usd_for(tries.cached_input_tokens, rates.cached_input))
            then sum(usd_for(tries.cached_input_tokens, rates.cached_input)) end as usd_cached_input,
        case when count(*) = count(usd_for(tries.cache_write_tokens, rates.cache_write))
            then sum(usd_for(tries.cache_write_tokens, rates.cache_write)) end as usd_cache_write,
        case when count(*) = count(usd_for(tries.cache_write_1h_tokens, rates.cache_write_1h))
            then sum(usd_for(tries.cache_write_1h_tokens, rates.cache_write_1h)) end as usd_cache_write_1h,
        case when count(*) = count(usd_for(tries.output_tokens, rates.output))
            then sum(usd_for(tries.output_tokens, rates.output)) end as usd_output
    from (
        select
            attempts.run_id,
            attempts.call_key,
            dated.priced_as,
            dated.mode,
            dated.day,
            tokens_known(attempts.input_tokens, attempts.error_kind) as input_tokens,
            coalesce(attempts.cached_input_tokens, 0) as cached_input_tokens,
            coalesce(attempts.cache_write_tokens, 0) as cache_write_tokens,
            coalesce(attempts.cache_write_1h_tokens, 0) as cache_write_1h_tokens,
            tokens_known(attempts.output_tokens, attempts.error_kind) as output_tokens,
            whole_input(
                tokens_known(attempts.input_tokens, attempts.error_kind),
                attempts.cached_input_tokens,
                attempts.cache_write_tokens,
                attempts.cache_write_1h_tokens
            ) as whole_input
        from attempts
        inner join dated
            on dated.run_id = attempts.run_id
            and dated.call_key = attempts.call_key
        where dated.attempts > 1 and attempts.outcome = 'answered'
    ) as tries
    left join rates
        on rates.model = tries.priced_as
        and rates.mode = tries.mode
        and rates.valid_from <= tries.day
        and tries.day < rates.valid_to
        and tries.whole_input >= rates.from_input_tokens
        and tries.whole_input < rates.below_input_tokens
    group by tries.run_id, tries.call_key
),
once as (  -- what the call's own tokens cost
    select
        dated.*,
        dated.status = 'answered' and dated.reused_from is null as billed,
        usd_for(tokens_known(dated.input_tokens, dated.error_kind), rates.input) as own_input,
        usd_for(coalesce(dated.cached_input_tokens, 0), rates.cached_input) as own_cached_input,
        usd_for(coalesce(dated.cache_write_tokens, 0), rates.cache_write) as own_cache_write,
        usd_for(coalesce(dated.cache_write_1h_tokens, 0), rates.cache_write_1h) as own_cache_write_1h,
        usd_for(tokens_known(dated.output_tokens, dated.error_kind), rates.output) as own_output
    from dated
    left join rates
        on rates.model = dated.priced_as
        and rates.mode = dated.mode
        and rates.valid_from <= dated.day
        and dated.day < rates.valid_to
        and dated.whole_input >= rates.from_input_tokens
        and dated.whole_input < rates.below_input_tokens
),
billed as (
    select
        once.* exclude (
            whole_input,
            billed,
            own_input,
            own_cached_input,
            own_cache_write,
            own_cache_write_1h,
            own_output
        ),
        usd_billed(once.attempts, retried.n_billed, once.billed, 1, retried.n_billed) as n_billed,
        usd_billed(once.attempts, retried.n_billed, once.billed, own_input, usd_input) as usd_input,
        usd_billed(once.attempts, retried.n_billed, once.billed, own_cached_input, usd_cached_input)
            as usd_cached_input,
        usd_billed(once.attempts, retried.n_billed, once.billed, own_cache_write, usd_cache_write)
            as usd_cache_write,
        usd_billed(once.attempts, retried.n_billed, once.billed, own_cache_write_1h, usd_cache_write_1h)
            as usd_cache_write_1h,
        usd_billed(once.attempts, retried.n_billed, once.billed, own_output, usd_output) as usd_output
    from once
    left join retried
        on retried.run_id = once.run_id
        and retried.call_key = once.call_key
)
select
    * exclude (n_billed, usd_input, usd_cached_input, usd_cache_write, usd_cache_write_1h, usd_output),
    cast(n_billed as bigint) as n_billed,
    try_cast(usd_input as decimal(18, 12)) as usd_input,
    try_cast(usd_cached_input as decimal(18, 12)) as usd_cached_input,
    try_cast(usd_cache_write as decimal(18, 12)) as usd_cache_write,
    try_cast(usd_cache_write_1h as decimal(18, 12)) as usd_cache_write_1h,
    try_cast(usd_output as decimal(18, 12)) as usd_output,
    try_cast(
        usd_input + usd_cached_input + usd_cache_write + usd_cache_write_1h + usd_output
        as decimal(18, 12)
    ) as usd
from billed
