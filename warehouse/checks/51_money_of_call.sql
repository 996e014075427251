-- What calls cost is not the sum of its kinds of tokens, is below 0, or a call is counted twice.
-- Kind:     money
-- Table:    calls
-- Returns:  run_id, n (how many), example
with costs as (
    select
        run_id,
        count(*) as n,
        count(*) filter (
            usd <> usd_input + usd_cached_input + usd_cache_write + usd_cache_write_1h + usd_output
            or least(usd_input, usd_cached_input, usd_cache_write, usd_cache_write_1h, usd_output) < 0
        ) as n_wrong
    from call_costs
    group by run_id
),
counted as (
    select run_id, count(*) as n
    from calls
    group by run_id
)
select
    costs.run_id,
    costs.n_wrong + abs(costs.n - counted.n) as n,
    concat(costs.n, ' costs of ', counted.n, ' calls') as example
from costs
inner join asked on asked.run_id = costs.run_id
inner join counted on counted.run_id = costs.run_id
where costs.n_wrong > 0 or costs.n <> counted.n
