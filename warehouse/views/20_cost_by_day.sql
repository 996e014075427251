-- What was spent on each day (UTC).
-- Grain:    one row a day, kind, simulated
-- Reads:    cost_totals, runs
-- Tokens are those of the answers that count; a call answered twice is billed twice, in usd.
-- day                    date            the UTC day on which the calls started
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
select
    cost_totals.day,
    runs.kind,
    cost_totals.simulated,
    cast(sum(cost_totals.n_calls) as bigint) as n_calls,
    cast(sum(cost_totals.n_billed) as bigint) as n_billed,
    cast(sum(cost_totals.n_unpriced) as bigint) as n_unpriced,
    case when sum(cost_totals.n_unpriced) = 0 then try_cast(sum(cost_totals.usd) as decimal(18, 12)) end as usd,
    try_cast(coalesce(sum(cost_totals.usd), 0) as decimal(18, 12)) as usd_priced,
    try_cast(sum(cost_totals.input_tokens) as bigint) as input_tokens,
    try_cast(sum(cost_totals.cached_input_tokens) as bigint) as cached_input_tokens,
    try_cast(sum(cost_totals.cache_write_tokens) as bigint) as cache_write_tokens,
    try_cast(sum(cost_totals.cache_write_1h_tokens) as bigint) as cache_write_1h_tokens,
    try_cast(sum(cost_totals.output_tokens) as bigint) as output_tokens
from cost_totals
inner join runs on runs.run_id = cost_totals.run_id
group by cost_totals.day, runs.kind, cost_totals.simulated
order by cost_totals.day desc, runs.kind, cost_totals.simulated
