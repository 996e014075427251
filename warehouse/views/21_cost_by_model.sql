-- What was spent on each model, as a competitor and as a judge.
-- Grain:    one row a model, role, kind, simulated
-- Reads:    call_costs, runs
-- Tokens are those of the answers that count; a call answered twice is billed twice, in usd.
-- model                  varchar         provider/name
-- role                   varchar         answer or judge
-- kind                   varchar         of the run; nightbench did not spend what an import shows
-- simulated              boolean         made up: nothing was spent
-- n_calls                bigint          calls, judges' among them, failed ones too
-- n_billed               bigint          answers that were billed
-- n_unpriced             bigint          calls whose cost is not known
-- usd                    decimal(18,12)  at each call's own day; null when n_unpriced > 0
-- usd_priced             decimal(18,12)  cost of the calls whose cost is known
-- input_tokens           bigint          tokens sent, those of a cache apart
-- cached_input_tokens    bigint          tokens read from a cache
-- cache_write_tokens     bigint          tokens written to a cache for five minutes
-- cache_write_1h_tokens  bigint          tokens written to a cache for an hour
-- output_tokens          bigint          tokens received
-- first_day              date            the UTC day of its first call
-- last_day               date            the UTC day of its last call
select
    call_costs.model,
    call_costs.role,
    runs.kind,
    call_costs.simulated,
    count(*) as n_calls,
    cast(sum(call_costs.n_billed) as bigint) as n_billed,
    count(*) filter (call_costs.usd is null) as n_unpriced,
    case when count(*) = count(call_costs.usd) then try_cast(sum(call_costs.usd) as decimal(18, 12)) end as usd,
    try_cast(coalesce(sum(call_costs.usd), 0) as decimal(18, 12)) as usd_priced,
    try_cast(sum(call_costs.input_tokens) as bigint) as input_tokens,
    try_cast(sum(call_costs.cached_input_tokens) as bigint) as cached_input_tokens,
    try_cast(sum(call_costs.cache_write_tokens) as bigint) as cache_write_tokens,
    try_cast(sum(call_costs.cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
    try_cast(sum(call_costs.output_tokens) as bigint) as output_tokens,
    min(call_costs.day) as first_day,
    max(call_costs.day) as last_day
from call_costs
inner join runs on runs.run_id = call_costs.run_id
group by call_costs.model, call_costs.role, runs.kind, call_costs.simulated
order by call_costs.model, call_costs.role, runs.kind, call_costs.simulated
