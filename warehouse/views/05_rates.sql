-- What a million tokens of each kind cost: the prices of one model, mode, period and tier side by side.
-- Grain:    one row a model, mode, valid_from, from_input_tokens
-- Reads:    prices
-- Kept:     whole, made anew with the catalog
-- model               varchar         the model whose price it is: calls.priced_as
-- mode                varchar         realtime or batch
-- valid_from          date            the first UTC day of the period
-- valid_to            date            the first day after it; 9999-12-31 where it lasts
-- from_input_tokens   bigint          the tier: calls whose whole input has at least so many tokens
-- below_input_tokens  bigint          and fewer than so many
-- input               decimal(18,12)  USD a million tokens; null, as in each of these: no price
-- cached_input        decimal(18,12)  of input read from a cache
-- cache_write         decimal(18,12)  of input written to a cache for five minutes
-- cache_write_1h      decimal(18,12)  of input written to a cache for an hour
-- output              decimal(18,12)  of output
with turns as (  -- days on which a price begins or ends
    select
        model,
        mode,
        valid_from as day
    from prices
    union
    select
        model,
        mode,
        valid_to
    from prices
    where valid_to is not null
),
periods as (
    select
        model,
        mode,
        day as valid_from,
        lead(day, 1, date '9999-12-31') over (partition by model, mode order by day) as valid_to
    from turns
),
in_force as (
    select
        periods.model,
        periods.mode,
        periods.valid_from,
        periods.valid_to,
        prices.token_kind,
        prices.from_input_tokens,
        prices.usd_per_mtok
    from periods
    inner join prices
        on prices.model = periods.model
        and prices.mode = periods.mode
        and prices.valid_from <= periods.valid_from
        and (prices.valid_to is null or periods.valid_from < prices.valid_to)
),
tiers as (
    select
        model,
        mode,
        valid_from,
        from_input_tokens,
        lead(from_input_tokens, 1, 9223372036854775807)
            over (partition by model, mode, valid_from order by from_input_tokens) as below_input_tokens
    from (select distinct model, mode, valid_from, from_input_tokens from in_force) as starts
)
select
    tiers.model,
    tiers.mode,
    tiers.valid_from,
    any_value(in_force.valid_to) as valid_to,
    tiers.from_input_tokens,
    tiers.below_input_tokens,
    arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'input') as input,
    arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'cached_input') as cached_input,
    arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'cache_write') as cache_write,
    arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'cache_write_1h') as cache_write_1h,
    arg_max(usd_per_mtok, in_force.from_input_tokens) filter (token_kind = 'output') as output
from tiers
inner join in_force
    on in_force.model = tiers.model
    and in_force.mode = tiers.mode
    and in_force.valid_from = tiers.valid_from
    and in_force.from_input_tokens <= tiers.from_input_tokens
group by tiers.model, tiers.mode, tiers.valid_from, tiers.from_input_tokens, tiers.below_input_tokens
