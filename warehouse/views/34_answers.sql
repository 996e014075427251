-- Every answer with its score grade, its cost and its sample: one flat table, what `nightbench export` writes.
-- Grain:    one row a run_id, call_key
-- Reads:    call_costs, runs, latest_grades, samples
-- Judges' own calls are not in it. Text was written by models: it may hold anything, formulas among it.
-- run_id               varchar         the run
-- run_date             date            the UTC day on which the run started
-- kind                 varchar         evaluate, import, rehearsal, ask, ...
-- simulated            boolean         the answer comes from the loopback server
-- suite                varchar         the suite
-- suite_version        varchar         full version of the suite; only equal ones compare
-- sample_id            varchar         the question
-- epoch                integer         which repetition of it, from 1
-- category             varchar         the sample's
-- cluster              varchar         samples of one cluster are not independent
-- scored               boolean         false: asked, but left out of accuracy
-- variant              varchar         the competitor: a model with its params and prompt
-- variant_version      varchar         8 hex of model, params, system and prompt
-- model                varchar         provider/name
-- status               varchar         answered or failed
-- error_kind           varchar         of what failed, or of an answer that was an error
-- stop_reason          varchar         why the model ended
-- grader               varchar         the grader whose grade is the score; null: no score
-- score                double          0 to 1
-- passed               boolean         whether it counts as right
-- reason               varchar         why not
-- answer               varchar         what the grader took as the answer
-- target               varchar         the right answer, where the suite has one
-- response             varchar         what the model wrote, whole
-- usd                  decimal(18,12)  what the call cost; null where a price or a count is not known
-- latency_s            double          seconds of the last attempt, without queueing
-- ttft_s               double          seconds to the first token, where it was streamed
-- queued_s             double          seconds of waiting for the limiter
-- attempts             integer         HTTP tries
-- input_tokens         bigint          tokens sent, neither read from a cache nor written to one
-- cached_input_tokens  bigint          tokens read from a cache
-- cache_write_tokens   bigint          tokens written to a cache for five minutes
-- cache_write_1h_tokens  bigint        tokens written to a cache for an hour
-- output_tokens        bigint          tokens received, reasoning among them
-- reasoning_tokens     bigint          tokens of reasoning
-- mode                 varchar         realtime or batch
-- started_at           timestamptz     when the last attempt started
-- call_key             uuid            joins with calls and grades
select
    call_costs.run_id,
    cast(runs.started_at at time zone 'UTC' as date) as run_date,
    runs.kind,
    call_costs.simulated,
    call_costs.suite,
    call_costs.suite_version,
    call_costs.sample_id,
    call_costs.epoch,
    samples.category,
    samples.cluster,
    coalesce(samples.scored, true) as scored,
    call_costs.variant,
    call_costs.variant_version,
    call_costs.model,
    call_costs.status,
    call_costs.error_kind,
    call_costs.stop_reason,
    grades.grader,
    grades.score,
    grades.passed,
    grades.reason,
    grades.answer,
    samples.target,
    call_costs.response,
    call_costs.usd,
    call_costs.latency_s,
    call_costs.ttft_s,
    call_costs.queued_s,
    call_costs.attempts,
    call_costs.input_tokens,
    call_costs.cached_input_tokens,
    call_costs.cache_write_tokens,
    call_costs.cache_write_1h_tokens,
    call_costs.output_tokens,
    call_costs.reasoning_tokens,
    call_costs.mode,
    call_costs.started_at,
    call_costs.call_key
from call_costs
left join runs
    on runs.run_id = call_costs.run_id
left join (
    select run_id, call_key, grader, score, passed, reason, answer
    from latest_grades
    where is_score
) as grades
    on grades.run_id = call_costs.run_id
    and grades.call_key = call_costs.call_key
left join samples
    on samples.suite = call_costs.suite
    and samples.suite_version = call_costs.suite_version
    and samples.sample_id = call_costs.sample_id
where call_costs.role = 'answer'
