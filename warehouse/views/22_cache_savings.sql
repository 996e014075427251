-- What the vendors' prompt caches saved: the same tokens as plain input, less what they cost. Writing to a cache
-- costs more than plain input, so that a cache which nobody reads loses money.
-- Grain:    one row a run_id, model, role, day, simulated
-- Reads:    cost_totals, rates
-- run_id                 varchar         the run
-- model                  varchar         provider/name
-- role                   varchar         answer or judge
-- day                    date            the UTC day on which the calls started
-- simulated              boolean         made up: nothing was spent and nothing saved
-- n_calls              bigint          calls, with and without a cache
-- input_tokens           bigint          billed tokens that were neither read from a cache nor written to one
-- cached_input_tokens    bigint          billed tokens read from a cache
-- cache_write_tokens     bigint          billed tokens written to one, for whatever time
-- cached_share           double          tokens read from a cache / all that was sent; null: nothing was
-- usd_cache              decimal(18,12)  what reading and writing cost; null where a price is not known
-- usd_plain              decimal(18,12)  what the same tokens would have cost as plain input; null likewise
-- usd_saved              decimal(18,12)  the difference: below 0 the cache cost money; null likewise
with priced as (
    select
        cost_totals.*,
        usd_for(cost_totals.billed_cached_input_tokens, rates.cached_input)
        + usd_for(cost_totals.billed_cache_write_tokens, rates.cache_write)
        + usd_for(cost_totals.billed_cache_write_1h_tokens, rates.cache_write_1h) as usd_of_cache,
        usd_for(
            cost_totals.billed_cached_input_tokens
            + cost_totals.billed_cache_write_tokens
            + cost_totals.billed_cache_write_1h_tokens,
            rates.input
        ) as usd_as_plain
    from cost_totals
    left join rates
        on rates.model = cost_totals.priced_as
        and rates.mode = cost_totals.mode
        and rates.valid_from <= cost_totals.day
        and cost_totals.day < rates.valid_to
        and cost_totals.from_input_tokens >= rates.from_input_tokens
        and cost_totals.from_input_tokens < rates.below_input_tokens
    where cost_totals.n_billed > 0
),
summed as (
    select
        run_id,
        model,
        role,
        day,
        simulated,
        cast(sum(n_calls) as bigint) as n_calls,
        cast(coalesce(sum(billed_input_tokens), 0) as bigint) as input_tokens,
        cast(coalesce(sum(billed_cached_input_tokens), 0) as bigint) as cached_input_tokens,
        cast(coalesce(sum(billed_cache_write_tokens + billed_cache_write_1h_tokens), 0) as bigint)
            as cache_write_tokens,
        case when count(*) = count(usd_of_cache) then try_cast(sum(usd_of_cache) as decimal(18, 12)) end
            as usd_cache,
        case when count(*) = count(usd_as_plain) then try_cast(sum(usd_as_plain) as decimal(18, 12)) end
            as usd_plain
    from priced
    group by run_id, model, role, day, simulated
)
select
    run_id,
    model,
    role,
    day,
    simulated,
    n_calls,
    input_tokens,
    cached_input_tokens,
    cache_write_tokens,
    case
        when input_tokens + cached_input_tokens + cache_write_tokens > 0
            then cached_input_tokens / (input_tokens + cached_input_tokens + cache_write_tokens)
    end as cached_share,
    usd_cache,
    usd_plain,
    try_cast(usd_plain - usd_cache as decimal(18, 12)) as usd_saved
from summed
where cached_input_tokens + cache_write_tokens > 0
order by day desc, run_id, model, role
