-- How each variant did by every grader of a suite, not by its score alone, over the runs that count.
-- Grain:    one row a suite, suite_version, variant, grader
-- Reads:    current_runs, grades, latest_of, samples
-- Samples with `scored = false` are left out; epochs are averaged first.
-- suite          varchar  the suite
-- suite_version  varchar  its full version
-- model          varchar  provider/name
-- variant        varchar  the competitor
-- grader         varchar  the grader; a judge's criterion is judge.<criterion>
-- is_score       boolean  it is the suite's score
-- n              bigint   graded samples
-- accuracy       double   passed / n, 0 to 1
-- ci_low         double   lower end of its 95 % interval, robust to clusters
-- ci_high        double   upper end of the same
-- mean_score     double   mean score over samples, 0 to 1
-- run_id         varchar  the run
with given as (
    select * from grades where run_id in (select run_id from current_runs)
),
counted as (
    select
        newest.*,
        current_runs.model as own_model,
        samples.cluster
    from latest_of('given') as newest
    inner join current_runs
        on current_runs.run_id = newest.run_id
        and current_runs.suite = newest.suite
        and current_runs.suite_version = newest.suite_version
        and current_runs.variant = newest.variant
    left join samples
        on samples.suite = newest.suite
        and samples.suite_version = newest.suite_version
        and samples.sample_id = newest.sample_id
    where coalesce(samples.scored, true)
),
by_sample as (
    select
        run_id,
        suite,
        suite_version,
        own_model,
        variant,
        grader,
        sample_id,
        first(cluster) as cluster,
        bool_or(is_score) as is_score,
        count(*) filter (passed) / count(passed) as passed,
        avg(score) as score
    from counted
    where passed is not null
    group by run_id, suite, suite_version, own_model, variant, grader, sample_id
),
by_cluster as (
    select
        run_id,
        suite,
        suite_version,
        own_model,
        variant,
        grader,
        bool_or(is_score) as is_score,
        count(*) as n,
        sum(passed) as passed,
        sum(score) as score,
        bool_and(cluster is null and passed in (0, 1)) as pass_or_fail
    from by_sample
    group by
        run_id,
        suite,
        suite_version,
        own_model,
        variant,
        grader,
        cluster,
        case when cluster is null then sample_id end
),
sums as (
    select
        run_id,
        suite,
        suite_version,
        own_model,
        variant,
        grader,
        bool_or(is_score) as is_score,
        cast(sum(n) as bigint) as n,
        count(*) as n_clusters,
        sum(passed) as passed,
        sum(score) as score,
        bool_and(pass_or_fail) as pass_or_fail,
        clustered_variance(
            sum(n),
            count(*),
            sum(passed),
            sum(passed * passed),
            sum(passed * n),
            sum(n * n)
        ) as variance
    from by_cluster
    group by run_id, suite, suite_version, own_model, variant, grader
)
select
    suite,
    suite_version,
    own_model as model,
    variant,
    grader,
    is_score,
    n,
    passed / n as accuracy,
    case when pass_or_fail then wilson_low(passed, n) else share_low(passed, n, variance, n_clusters) end
        as ci_low,
    case when pass_or_fail then wilson_high(passed, n) else share_high(passed, n, variance, n_clusters) end
        as ci_high,
    score / n as mean_score,
    run_id
from sums
order by suite, suite_version, is_score desc, grader, accuracy desc, variant
