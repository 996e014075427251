-- Calls with what each cost, by kind of token, at the prices in force on the call's own day (UTC).
-- Grain:    one row a run_id, call_key
-- Reads:    calls, attempts, prices
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
        cast(started_at at time zone 'UTC' as date) as day
    from calls
),
days as (
    select distinct
        priced_as,
        mode,
        day
    from dated
    where priced_as is not null
),
in_force as (
    select
        days.priced_as,
        days.mode,
        days.day,
        prices.token_kind,
        prices.from_input_tokens,
        prices.usd_per_mtok
    from days
    inner join prices
        on prices.model = days.priced_as
        and prices.mode = days.mode
        and prices.valid_from <= days.day
        and (prices.valid_to is null or days.day < prices.valid_to)
),
tiers as (
    select
        priced_as,
        mode,
        day,
        from_input_tokens,
        lead(from_input_tokens, 1, 9223372036854775807)
            over (partition by priced_as, mode, day order by from_input_tokens) as below_input_tokens
    from (select distinct priced_as, mode, day, from_input_tokens from in_force) as starts
),
rates as (
    select
        tiers.priced_as,
        tiers.mode,
        tiers.day,
        tiers.from_input_tokens,
        tiers.below_input_tokens,
        arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'input') as input,
        arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'cached_input') as cached_input,
        arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'cache_write') as cache_write,
        arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'cache_write_1h')
            as cache_write_1h,
        arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'output') as output
    from tiers
    inner join in_force
        on in_force.priced_as = tiers.priced_as
        and in_force.mode = tiers.mode
        and in_force.day = tiers.day
        and in_force.from_input_tokens <= tiers.from_input_tokens
    group by all
),
billed_once as (  -- the call's own tokens are those of its one answer, if it had one
    select
        run_id,
        call_key,
        priced_as,
        mode,
        day,
        status = 'answered' and reused_from is null as billed,
        case when error_kind is not null then coalesce(input_tokens, 0) else input_tokens end as input_tokens,
        coalesce(cached_input_tokens, 0) as cached_input_tokens,
        coalesce(cache_write_tokens, 0) as cache_write_tokens,
        coalesce(cache_write_1h_tokens, 0) as cache_write_1h_tokens,
        case when error_kind is not null then coalesce(output_tokens, 0) else output_tokens end as output_tokens
    from dated
    where coalesce(attempts, 0) <= 1
),
billed_per_attempt as (
    select
        dated.run_id,
        dated.call_key,
        dated.priced_as,
        dated.mode,
        dated.day,
        tries.call_key is not null as billed,
        case when tries.error_kind is not null then coalesce(tries.input_tokens, 0) else tries.input_tokens end
            as input_tokens,
        coalesce(tries.cached_input_tokens, 0) as cached_input_tokens,
        coalesce(tries.cache_write_tokens, 0) as cache_write_tokens,
        coalesce(tries.cache_write_1h_tokens, 0) as cache_write_1h_tokens,
        case when tries.error_kind is not null then coalesce(tries.output_tokens, 0) else tries.output_tokens end
            as output_tokens
    from dated
    left join attempts as tries
        on tries.run_id = dated.run_id
        and tries.call_key = dated.call_key
        and tries.outcome = 'answered'
    where dated.attempts > 1
),
bills as (
    select
        answers.run_id,
        answers.call_key,
        cast(answers.billed as bigint) as n_billed,
        case when billed then usd_for(input_tokens, rates.input) else 0 end as usd_input,
        case when billed then usd_for(cached_input_tokens, rates.cached_input) else 0 end as usd_cached_input,
        case when billed then usd_for(cache_write_tokens, rates.cache_write) else 0 end as usd_cache_write,
        case when billed then usd_for(cache_write_1h_tokens, rates.cache_write_1h) else 0 end
            as usd_cache_write_1h,
        case when billed then usd_for(output_tokens, rates.output) else 0 end as usd_output,
        attempted_often
    from (
        select *, false as attempted_often from billed_once
        union all
        select *, true as attempted_often from billed_per_attempt
    ) as answers
    left join rates
        on rates.priced_as = answers.priced_as
        and rates.mode = answers.mode
        and rates.day = answers.day
        and answers.input_tokens + cached_input_tokens + cache_write_tokens + cache_write_1h_tokens
            >= rates.from_input_tokens
        and answers.input_tokens + cached_input_tokens + cache_write_tokens + cache_write_1h_tokens
            < rates.below_input_tokens
)
select 1
