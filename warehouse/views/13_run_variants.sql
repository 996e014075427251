-- What each run asked: its suites and variants, and whether it put all of the suite to the variant.
-- Grain:    one row a run_id, suite, suite_version, variant
-- Reads:    runs, scored_totals
-- run_id           varchar                   the run
-- run_date         date                      the UTC day on which the run started
-- started_at       timestamptz               when the run started
-- kind             varchar                   evaluate, import, regrade, rehearsal, calibrate or ask
-- status           varchar                   complete, partial, budget_stopped, cancelled or failed
-- limit            bigint                    samples that the spec allowed this suite; null: all; to be
--                                            written "limit", because SQL has a word of that name
-- suite            varchar                   the suite
-- suite_version    varchar                   its full version
-- variant          varchar                   the competitor
-- variant_version  varchar                   8 hex of model, params, system and prompt
-- model            varchar                   provider/name
-- simulated        boolean                   the answers come from the loopback server
-- n_asked          bigint                    samples that were asked
-- n_samples        bigint                    samples that the suite version has
-- full_length      boolean                   every sample was asked
with entries as (
    select
        run_id,
        unnest(cast(spec -> '$.suites' as json[])) as entry
    from runs
    where case when json_valid(spec) then json_type(spec, '$.suites') = 'ARRAY' else false end
),
own_limits as (
    select
        run_id,
        entry ->> '$.name' as suite,
        min(try_cast(entry ->> '$.limit' as bigint)) as own_limit
    from entries
    where json_type(entry) = 'OBJECT'
    group by run_id, entry ->> '$.name'
),
run_limits as (
    select
        run_id,
        case when json_valid(spec) then try_cast(spec ->> '$.limit' as bigint) end as run_limit
    from runs
)
select
    runs.run_id,
    cast(runs.started_at at time zone 'UTC' as date) as run_date,
    runs.started_at,
    runs.kind,
    runs.status,
    coalesce(own_limits.own_limit, run_limits.run_limit) as "limit",
    asked.suite,
    asked.suite_version,
    asked.variant,
    asked.variant_version,
    asked.model,
    asked.simulated,
    asked.n_asked,
    asked.n_samples,
    coalesce(asked.n_asked >= asked.n_samples, false) as full_length
from scored_totals as asked
inner join runs on runs.run_id = asked.run_id
inner join run_limits on run_limits.run_id = asked.run_id
left join own_limits
    on own_limits.run_id = asked.run_id
    and own_limits.suite = asked.suite
