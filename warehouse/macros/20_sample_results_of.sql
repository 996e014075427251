-- What each sample came to, its epochs averaged, for the entries that the relation `chosen` names by run_id,
-- suite, suite_version and variant (once each). Samples with `scored = false` are left out.
-- Columns: run_id, suite, suite_version, variant, sample_id, category, cluster, n_graded, n_passed, n_answered,
-- n_failed, n_refused, n_cut (answers), passed (share of the graded ones; NULL: none), score (their mean),
-- latency_s (mean seconds of the last attempts), judged_by (of one of them: the judge's call, or NULL).
create or replace macro sample_results_of(chosen) as table
with entries as (
    select * from query_table(chosen)
),
answers as (
    select *
    from calls
    where calls.role = 'answer'
        and calls.run_id in (select entries.run_id from entries)
        and (calls.run_id, calls.suite, calls.suite_version, calls.variant)
            in (select (entries.run_id, entries.suite, entries.suite_version, entries.variant) from entries)
),
given as (
    select
        run_id,
        call_key,
        grader,
        is_score,
        score,
        passed,
        reason,
        graded_at,
        grading_id,
        judge_call_key
    from grades
    where run_id in (select entries.run_id from entries)
),
scores as (
    select *
    from latest_of('given')
    where is_score
)
select
    answers.run_id,
    answers.suite,
    answers.suite_version,
    answers.variant,
    answers.sample_id,
    first(samples.category) as category,
    first(samples.cluster) as cluster,
    count(scores.passed) as n_graded,
    count(*) filter (scores.passed) as n_passed,
    count(*) filter (answers.status = 'answered') as n_answered,
    count(*) filter (answers.status = 'failed') as n_failed,
    count(*) filter (scores.reason in ('refusal', 'content_filter')) as n_refused,
    count(*) filter (scores.reason = 'cut') as n_cut,
    case when count(scores.passed) > 0 then count(*) filter (scores.passed) / count(scores.passed) end as passed,
    avg(scores.score) as score,
    avg(answers.latency_s) filter (answers.status = 'answered') as latency_s,
    any_value(
        case
            when scores.judge_call_key is not null
                then struct_pack(run_id := scores.grading_id, call_key := scores.judge_call_key)
        end
    ) as judged_by
from answers
left join scores
    on scores.run_id = answers.run_id
    and scores.call_key = answers.call_key
left join samples
    on samples.suite = answers.suite
    and samples.suite_version = answers.suite_version
    and samples.sample_id = answers.sample_id
where coalesce(samples.scored, true)
group by answers.run_id, answers.suite, answers.suite_version, answers.variant, answers.sample_id
