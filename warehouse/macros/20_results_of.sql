-- Accuracy, spend and latency of each variant on each suite, for the entries that the relation `chosen`
-- names by run_id, suite, suite_version and variant.
-- A sample's epochs are averaged first, then samples; `scored = false` samples count in spend alone.
-- The interval takes samples as independent. Where one judge alone gave the scores, its measured reliability
-- stands beside them, and accuracy corrected for it; of several calibrations the newest that tells both of
-- right and of wrong answers, else the newest.
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
        grades.reason,
        case
            when grades.judge_call_key is not null
                then struct_pack(run_id := grades.grading_id, call_key := grades.judge_call_key)
        end as judged_by
    from asked
    left join (
        select run_id, call_key, score, passed, reason, grading_id, judge_call_key
        from latest_grades
        where is_score
    ) as grades
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
        count(*) filter (reason = 'cut') as n_cut,
        any_value(judged_by) as judged_by
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
),
judged as (
    select
        by_sample.run_id,
        by_sample.suite,
        by_sample.suite_version,
        by_sample.variant,
        min(calls.model) as judge
    from by_sample
    inner join calls
        on calls.role = 'judge'
        and calls.run_id = by_sample.judged_by.run_id
        and calls.call_key = by_sample.judged_by.call_key
    where by_sample.judged_by is not null
    group by by_sample.run_id, by_sample.suite, by_sample.suite_version, by_sample.variant
    having count(distinct calls.model) = 1
),
reliable as (
    select *
    from judge_reliability
    where judge in (select judge from judged)
    qualify row_number() over (
        partition by judge
        order by
            sensitivity is not null and specificity is not null desc,
            calibrated_at desc,
            run_id desc,
            labels_hash
    ) = 1
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
    coalesce(results.n_ungraded, 0) as n_ungraded,
    judged.judge,
    reliable.accuracy as judge_accuracy,
    corrected_share(
        results.passed / results.n,
        results.n,
        reliable.sensitivity,
        reliable.n_sensitivity,
        reliable.specificity,
        reliable.n_specificity
    ) as accuracy_corrected,
    corrected_low(
        results.passed / results.n,
        results.n,
        reliable.sensitivity,
        reliable.n_sensitivity,
        reliable.specificity,
        reliable.n_specificity
    ) as corrected_low,
    corrected_high(
        results.passed / results.n,
        results.n,
        reliable.sensitivity,
        reliable.n_sensitivity,
        reliable.specificity,
        reliable.n_specificity
    ) as corrected_high
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
left join judged
    on judged.run_id = entries.run_id
    and judged.suite = entries.suite
    and judged.suite_version = entries.suite_version
    and judged.variant = entries.variant
left join reliable
    on reliable.judge = judged.judge
