-- How good the predictions are: what each run was expected to take when it began, and what it took.
-- Grain:    one row a run_id that was predicted; kind, status and simulated say what kind of run it was
-- Reads:    runs, call_costs
-- Only whole runs say something: where whole. A run that reused answers, or that was resumed, took less or
-- longer than it was expected to: n_reused says so of the first.
-- run_id                   varchar         the run
-- run_date                 date            the UTC day on which the run started
-- kind                     varchar         evaluate or rehearsal
-- status                   varchar         complete, partial, budget_stopped, cancelled or failed
-- simulated                boolean         at least one of its models was
-- whole                    boolean         complete, and every planned call was answered
-- planned_calls            bigint          calls of the plan
-- n_calls                  bigint          calls that ended
-- n_reused                 bigint          of them: answers that earlier runs had, which cost nothing
-- n_unpriced               bigint          calls whose cost is not known
-- predicted_usd            decimal(18,12)  null: a model had no price
-- predicted_usd_low        decimal(18,12)  lower end of the range
-- predicted_usd_high       decimal(18,12)  upper end of the range
-- usd                      decimal(18,12)  what it cost; null when n_unpriced > 0
-- usd_ratio                double          usd / predicted_usd; null when that is 0 or one is null
-- in_range                 boolean         predicted_usd_low <= usd <= predicted_usd_high
-- predicted_input_tokens   bigint          those of a cache among them
-- input_tokens             bigint          sent, those of a cache among them
-- input_ratio              double          input_tokens / predicted_input_tokens; null when that is 0
-- predicted_output_tokens  bigint          reasoning among them
-- output_tokens            bigint          received
-- output_ratio             double          output_tokens / predicted_output_tokens; null when that is 0
-- predicted_minutes        double          of the calls under the limits
-- minutes                  double          from the run's first start to its commit
-- minutes_ratio            double          minutes / predicted_minutes; null when that is 0
with spent as (
    select
        run_id,
        count(*) as n_calls,
        count(*) filter (reused_from is not null) as n_reused,
        count(*) - count(usd) as n_unpriced,
        case when count(*) = count(usd) then try_cast(sum(usd) as decimal(18, 12)) end as usd,
        try_cast(
            coalesce(sum(input_tokens), 0)
            + coalesce(sum(cached_input_tokens), 0)
            + coalesce(sum(cache_write_tokens), 0)
            + coalesce(sum(cache_write_1h_tokens), 0)
            as bigint
        ) as input_tokens,
        try_cast(coalesce(sum(output_tokens), 0) as bigint) as output_tokens
    from call_costs
    group by run_id
),
both_sides as (
    select
        runs.*,
        coalesce(spent.n_calls, 0) as n_calls,
        coalesce(spent.n_reused, 0) as n_reused,
        coalesce(spent.n_unpriced, 0) as n_unpriced,
        case when spent.run_id is null then 0 else spent.usd end as usd,
        coalesce(spent.input_tokens, 0) as input_tokens,
        coalesce(spent.output_tokens, 0) as output_tokens,
        epoch(runs.finished_at - runs.started_at) / 60.0 as minutes
    from runs
    left join spent on spent.run_id = runs.run_id
    where runs.predicted_minutes is not null
)
select
    run_id,
    cast(started_at at time zone 'UTC' as date) as run_date,
    kind,
    status,
    simulated,
    status = 'complete' and answered_calls = planned_calls as whole,
    planned_calls,
    n_calls,
    n_reused,
    n_unpriced,
    predicted_usd,
    predicted_usd_low,
    predicted_usd_high,
    cast(usd as decimal(18, 12)) as usd,
    cast(usd as double) / nullif(cast(predicted_usd as double), 0) as usd_ratio,
    usd between predicted_usd_low and predicted_usd_high as in_range,
    predicted_input_tokens,
    input_tokens,
    cast(input_tokens as double) / nullif(predicted_input_tokens, 0) as input_ratio,
    predicted_output_tokens,
    output_tokens,
    cast(output_tokens as double) / nullif(predicted_output_tokens, 0) as output_ratio,
    predicted_minutes,
    minutes,
    minutes / nullif(predicted_minutes, 0) as minutes_ratio
from both_sides
order by run_date desc, run_id
