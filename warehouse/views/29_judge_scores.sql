-- What judges say of a competitor's answers: the mean score of each criterion, of each judge and of the panel.
-- Grain:    one row a run_id, suite, suite_version, variant, variant_version, model, criterion, judge
-- Reads:    latest_grades
-- Epochs of a sample are averaged first. A spoiled answer (refused, cut, empty) is 0 without a judge's having been
-- asked, and counts where nobody else judged it too: with the panel, or with the only judge.
-- run_id           varchar  the run whose answers were judged
-- suite            varchar  the suite
-- suite_version    varchar  its version
-- variant          varchar  the competitor
-- variant_version  varchar  its version
-- model            varchar  provider/name
-- grader           varchar  the grader that asks, by its name in the suite
-- criterion        varchar  what was judged; null: all criteria together
-- judge            varchar  one judge of a panel; null: the panel, or the only judge
-- simulated        boolean  made up: says nothing of a real model
-- n                bigint   samples
-- mean_score       double   0 to 1: where the verdicts stand between the ends of their scale
-- ci_low           double   95 %, Student's t, not below 0; null below 2 samples, as the next
-- ci_high          double   its upper end, not above 1
-- passed           double   share of verdicts at or above the pass mark
with asking as (  -- graders that asked a judge, by their own names
    select distinct
        run_id,
        suite,
        regexp_extract(grader, '^([^.@]+)', 1) as name
    from latest_grades
    where judge_call_key is not null
),
told as (
    select
        grades.run_id,
        grades.suite,
        grades.suite_version,
        grades.variant,
        grades.variant_version,
        grades.model,
        asking.name as grader,
        nullif(regexp_extract(grades.grader, '^[^.@]+\.([^@]+)', 1), '') as criterion,
        nullif(regexp_extract(grades.grader, '^[^@]+@(.+)$', 1), '') as judge,
        grades.simulated,
        grades.sample_id,
        grades.score,
        grades.passed
    from latest_grades as grades
    inner join asking
        on asking.run_id = grades.run_id
        and asking.suite = grades.suite
        and asking.name = regexp_extract(grades.grader, '^([^.@]+)', 1)
),
by_sample as (
    select
        * exclude (score, passed),
        avg(score) as score,
        avg(cast(passed as integer)) as passed
    from told
    group by all
),
spread as (
    select
        * exclude (sample_id, score, passed),
        count(*) as n,
        avg(score) as mean_score,
        student_t(count(*) - 1) * stddev_samp(score) / sqrt(count(*)) as half,
        avg(passed) as passed
    from by_sample
    group by all
)
select
    run_id,
    suite,
    suite_version,
    variant,
    variant_version,
    model,
    grader,
    criterion,
    judge,
    simulated,
    n,
    mean_score,
    case when half is not null then greatest(0, mean_score - half) end as ci_low,
    case when half is not null then least(1, mean_score + half) end as ci_high,
    passed
from spread
order by run_id, suite, grader, criterion nulls first, judge nulls first, mean_score desc, variant
