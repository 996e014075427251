-- Tokens of calls and of what was billed, summed, so that a price can be put to them at any time.
-- Grain:    one row a run_id, role, suite, suite_version, variant, model, priced_as, mode, day, simulated,
--           from_input_tokens, kinds, known, call_key
-- Reads:    calls, attempts, prices
-- Kept:     by run, summed when it is committed
-- A call with more than one billed attempt, or with a count that cannot be true, is not summed with others:
-- it has rows of its own, with its call_key; n_calls is 1 in one of them.
-- run_id                        varchar  the run
-- role                          varchar  answer or judge
-- suite                         varchar  the suite
-- suite_version                 varchar  its full version
-- variant                       varchar  the competitor
-- model                         varchar  provider/name
-- priced_as                     varchar  the model whose price applies; null: no price
-- mode                          varchar  realtime or batch
-- day                           date     the UTC day on which the calls started
-- simulated                     boolean  the answers come from the loopback server
-- from_input_tokens             bigint   the highest tier of any price that the whole input reaches
-- kinds                         integer  which kinds of token were billed: 1 input, 2 read from a cache,
--                                        4 and 8 written to one, 16 output
-- known                         boolean  the counts of tokens are known; always so where nothing is billed
-- call_key                      uuid     of a call that is not summed; null: a sum
-- n_calls                       bigint   calls
-- n_billed                      bigint   answers that were billed
-- input_tokens                  hugeint  of the answers that count, as the next four
-- cached_input_tokens           hugeint  read from a cache
-- cache_write_tokens            hugeint  written to a cache for five minutes
-- cache_write_1h_tokens         hugeint  written to a cache for an hour
-- output_tokens                 hugeint  received
-- billed_input_tokens           hugeint  of the answers that were billed, as the next four
-- billed_cached_input_tokens    hugeint  read from a cache
-- billed_cache_write_tokens     hugeint  written to a cache for five minutes
-- billed_cache_write_1h_tokens  hugeint  written to a cache for an hour
-- billed_output_tokens          hugeint  received
with answered as (  -- the billed attempts of calls that took several
    select
        attempts.run_id,
        attempts.call_key,
        attempts.n,
        attempts.input_tokens,
        attempts.cached_input_tokens,
        attempts.cache_write_tokens,
        attempts.cache_write_1h_tokens,
        attempts.output_tokens,
        attempts.error_kind,
        row_number() over (partition by attempts.run_id, attempts.call_key order by attempts.n) as nth,
        count(*) over (partition by attempts.run_id, attempts.call_key) as n_answered
    from attempts
    inner join calls
        on calls.run_id = attempts.run_id
        and calls.call_key = attempts.call_key
    where calls.attempts > 1 and attempts.outcome = 'answered'
),
items as (
    select
        calls.run_id,
        calls.role,
        calls.suite,
        calls.suite_version,
        calls.variant,
        calls.model,
        calls.priced_as,
        calls.mode,
        cast(calls.started_at at time zone 'UTC' as date) as day,
        calls.simulated,
        calls.call_key,
        coalesce(answered.n_answered, 1) > 1 as several,
        coalesce(answered.nth, 1) = 1 as first_of_call,
        case
            when calls.attempts > 1 then answered.n is not null
            else calls.status = 'answered' and calls.reused_from is null
        end as billed,
        calls.input_tokens,
        calls.cached_input_tokens,
        calls.cache_write_tokens,
        calls.cache_write_1h_tokens,
        calls.output_tokens,
        case
            when calls.attempts > 1 then tokens_known(answered.input_tokens, answered.error_kind)
            else tokens_known(calls.input_tokens, calls.error_kind)
        end as own_input,
        coalesce(
            case when calls.attempts > 1 then answered.cached_input_tokens else calls.cached_input_tokens end,
            0
        ) as own_cached_input,
        coalesce(
            case when calls.attempts > 1 then answered.cache_write_tokens else calls.cache_write_tokens end,
            0
        ) as own_cache_write,
        coalesce(
            case when calls.attempts > 1 then answered.cache_write_1h_tokens else calls.cache_write_1h_tokens end,
            0
        ) as own_cache_write_1h,
        case
            when calls.attempts > 1 then tokens_known(answered.output_tokens, answered.error_kind)
            else tokens_known(calls.output_tokens, calls.error_kind)
        end as own_output
    from calls
    left join answered
        on answered.run_id = calls.run_id
        and answered.call_key = calls.call_key
        and calls.attempts > 1
),
counted as (
    select
        *,
        not billed or (own_input is not null and own_output is not null) as known,
        case
            when billed then
                (own_input <> 0)::integer
                + 2 * (own_cached_input <> 0)::integer
                + 4 * (own_cache_write <> 0)::integer
                + 8 * (own_cache_write_1h <> 0)::integer
                + 16 * (own_output <> 0)::integer
        end as kinds,
        whole_input(own_input, own_cached_input, own_cache_write, own_cache_write_1h) as whole_input,
        several
        or least(own_input, own_cached_input, own_cache_write, own_cache_write_1h, own_output) < 0
        or greatest(own_input, own_cached_input, own_cache_write, own_cache_write_1h, own_output) > 1000000000
            as alone
    from items
),
tiers as (
    select
        from_input_tokens,
        lead(from_input_tokens, 1, 9223372036854775807) over (order by from_input_tokens) as below_input_tokens
    from (select distinct from_input_tokens from prices union select 0) as starts
)
select
    counted.run_id,
    counted.role,
    counted.suite,
    counted.suite_version,
    counted.variant,
    counted.model,
    counted.priced_as,
    counted.mode,
    counted.day,
    counted.simulated,
    tiers.from_input_tokens,
    counted.kinds,
    counted.known,
    case when counted.alone then counted.call_key end as call_key,
    count(*) filter (counted.first_of_call) as n_calls,
    count(*) filter (counted.billed) as n_billed,
    sum(counted.input_tokens) filter (counted.first_of_call) as input_tokens,
    sum(counted.cached_input_tokens) filter (counted.first_of_call) as cached_input_tokens,
    sum(counted.cache_write_tokens) filter (counted.first_of_call) as cache_write_tokens,
    sum(counted.cache_write_1h_tokens) filter (counted.first_of_call) as cache_write_1h_tokens,
    sum(counted.output_tokens) filter (counted.first_of_call) as output_tokens,
    sum(counted.own_input) filter (counted.billed) as billed_input_tokens,
    sum(counted.own_cached_input) filter (counted.billed) as billed_cached_input_tokens,
    sum(counted.own_cache_write) filter (counted.billed) as billed_cache_write_tokens,
    sum(counted.own_cache_write_1h) filter (counted.billed) as billed_cache_write_1h_tokens,
    sum(counted.own_output) filter (counted.billed) as billed_output_tokens
from counted
left join tiers
    on counted.whole_input >= tiers.from_input_tokens
    and counted.whole_input < tiers.below_input_tokens
group by
    counted.run_id,
    counted.role,
    counted.suite,
    counted.suite_version,
    counted.variant,
    counted.model,
    counted.priced_as,
    counted.mode,
    counted.day,
    counted.simulated,
    tiers.from_input_tokens,
    counted.kinds,
    counted.known,
    case when counted.alone then counted.call_key end
