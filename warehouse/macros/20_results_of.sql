-- Accuracy, spend and latency of each variant on each suite, for the entries that the relation `chosen`
-- names by run_id, suite, suite_version and variant.
-- A sample's epochs are averaged first, then samples; `scored = false` samples count in spend alone.
-- The interval takes samples as independent.
create or replace macro results_of(chosen) as table
with entries as (
    select * from query_table(chosen)
),
asked as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        call_key,
        sample_id,
        status,
        latency_s,
        input_tokens,
        output_tokens,
        usd
    from call_costs
    where role = 'answer'
        and (run_id, suite, suite_version, variant)
            in (select (run_id, suite, suite_version, variant) from entries)
),
spent as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        count(*) filter (usd is null) as n_unpriced,
        try_cast(coalesce(sum(usd), 0) as decimal(18, 12)) as usd_priced,
        quantile_cont(latency_s, 0.5) filter (status = 'answered') as latency_p50,
        quantile_cont(latency_s, 0.95) filter (status = 'answered') as latency_p95,
        try_cast(sum(input_tokens) as bigint) as input_tokens,
        try_cast(sum(output_tokens) as bigint) as output_tokens
    from asked
    group by run_id, suite, suite_version, variant
),
scored as (
    select
        asked.run_id,
        asked.suite,
        asked.suite_version,
        asked.variant,
        asked.sample_id,
        asked.status,
        grades.score,
        grades.passed,
        grades.reason
    from asked
    left join (select run_id, call_key, score, passed, reason from latest_grades where is_score) as grades
        on grades.run_id = asked.run_id
        and grades.call_key = asked.call_key
    left join samples
        on samples.suite = asked.suite
        and samples.suite_version = asked.suite_version
        and samples.sample_id = asked.sample_id
    where coalesce(samples.scored, true)
),
by_sample as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        sample_id,
        count(passed) as n_graded,
        count(*) filter (passed) as n_passed,
        count(*) filter (status = 'answered') as n_answered,
        avg(score) as score,
        count(*) filter (status = 'failed') as n_failed,
        count(*) filter (reason in ('refusal', 'content_filter')) as n_refused,
        count(*) filter (reason = 'cut') as n_cut
    from scored
    group by run_id, suite, suite_version, variant, sample_id
),
results as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        count(*) filter (n_graded > 0) as n,
        sum(n_passed / n_graded) filter (n_graded > 0) as passed,
        count(*) filter (n_graded = 0 and n_answered > 0) as n_ungraded,
        cast(sum(n_passed) as bigint) as n_passed,
        avg(score) as mean_score,
        cast(sum(n_failed) as bigint) as n_failed,
        cast(sum(n_refused) as bigint) as n_refused,
        cast(sum(n_cut) as bigint) as n_cut
    from by_sample
    group by run_id, suite, suite_version, variant
)
select
    entries.*,
    coalesce(results.n, 0) as n,
    coalesce(results.n_failed, 0) as n_failed,
    coalesce(results.n_refused, 0) as n_refused,
    coalesce(results.n_cut, 0) as n_cut,
    case when results.n > 0 then results.passed / results.n end as accuracy,
    wilson_low(results.passed, results.n) as ci_low,
    wilson_high(results.passed, results.n) as ci_high,
    results.mean_score,
    case when spent.n_unpriced = 0 then spent.usd_priced end as usd,
    spent.n_unpriced,
    spent.usd_priced,
    usd_divided(case when spent.n_unpriced = 0 then spent.usd_priced end, results.n_passed) as usd_per_correct,
    spent.latency_p50,
    spent.latency_p95,
    spent.input_tokens,
    spent.output_tokens,
    coalesce(results.n_ungraded, 0) as n_ungraded
from entries
inner join spent
    on spent.run_id = entries.run_id
    and spent.suite = entries.suite
    and spent.suite_version = entries.suite_version
    and spent.variant = entries.variant
left join results
    on results.run_id = entries.run_id
    and results.suite = entries.suite
    and results.suite_version = entries.suite_version
    and results.variant = entries.variant
