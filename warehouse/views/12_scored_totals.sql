-- How each variant did on each suite of each run, summed: what every rollup of accuracy reads.
-- Grain:    one row a run_id, suite, suite_version, variant
-- Reads:    calls, sample_results_of
-- Kept:     by run, summed when it is committed or graded again
-- A sample's epochs are averaged first, then samples; `scored = false` samples count in latency and tokens
-- alone. The variances are those of the means, robust to clusters of samples: Miller, arXiv:2411.00640.
-- run_id           varchar  the run
-- suite            varchar  the suite
-- suite_version    varchar  its full version
-- variant          varchar  the competitor
-- variant_version  varchar  8 hex of model, params, system and prompt
-- model            varchar  provider/name
-- simulated        boolean  the answers come from the loopback server
-- n_asked          bigint   samples that were asked
-- n_samples        bigint   samples that the suite version has; null: not known
-- n_epochs         bigint   the most often that a sample was asked
-- n                bigint   graded samples
-- n_ungraded       bigint   answered samples without a score
-- n_answers        bigint   graded answers
-- n_passed         bigint   answers that passed
-- n_failed         bigint   calls that failed for the provider's or our reasons
-- n_refused        bigint   answers graded 0 because the model or its service's filter refused
-- n_cut            bigint   answers graded 0 because they were cut at max_tokens
-- passed           double   sum over samples of the share of its answers that passed
-- score            double   sum over samples of the mean score
-- n_clusters       bigint   independent groups of samples; n where no sample has a cluster
-- pass_or_fail     boolean  every sample passed or failed whole, and is a cluster by itself
-- accuracy_var     double   variance of passed / n; null where n_clusters < 2
-- score_var        double   variance of score / n
-- latency_p50      double   median seconds of the last attempt, without queueing
-- latency_p95      double   95th percentile of the same
-- input_tokens     bigint   tokens sent, those read from or written to a cache apart
-- output_tokens    bigint   tokens received
-- judge            varchar  the model that alone judged the scores; null: a program, a panel, or several
-- served_model     varchar  what the provider said it served; several are joined by commas
-- fingerprint      varchar  its system fingerprint; likewise
with asked as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        first(variant_version) as variant_version,
        first(model) as model,
        bool_or(simulated) as simulated,
        count(distinct sample_id) as n_asked,
        max(epoch) as n_epochs,
        quantile_cont(latency_s, 0.5) filter (status = 'answered') as latency_p50,
        quantile_cont(latency_s, 0.95) filter (status = 'answered') as latency_p95,
        try_cast(sum(input_tokens) as bigint) as input_tokens,
        try_cast(sum(output_tokens) as bigint) as output_tokens,
        string_agg(distinct cast(served_model as varchar), ', ' order by cast(served_model as varchar)) as served_model,
        string_agg(distinct cast(fingerprint as varchar), ', ' order by cast(fingerprint as varchar)) as fingerprint
    from calls
    where role = 'answer'
    group by run_id, suite, suite_version, variant
),
sizes as (
    select
        suite,
        suite_version,
        count(*) as n_samples
    from samples
    group by suite, suite_version
),
by_sample as (
    select * from sample_results_of('asked')
),
by_cluster as (  -- a sample without a cluster is one by itself
    select
        run_id,
        suite,
        suite_version,
        variant,
        count(*) filter (n_graded > 0) as n,
        sum(passed) as passed,
        coalesce(sum(score) filter (n_graded > 0), 0) as score,
        count(*) filter (n_graded = 0 and n_answered > 0) as n_ungraded,
        sum(n_graded) as n_answers,
        sum(n_passed) as n_passed,
        sum(n_failed) as n_failed,
        sum(n_refused) as n_refused,
        sum(n_cut) as n_cut,
        bool_and(cluster is null and n_passed in (0, n_graded)) as pass_or_fail
    from by_sample
    group by
        run_id,
        suite,
        suite_version,
        variant,
        cluster,
        case when cluster is null then sample_id end
),
results as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        sum(n) as n,
        sum(n_ungraded) as n_ungraded,
        sum(n_answers) as n_answers,
        sum(n_passed) as n_passed,
        sum(n_failed) as n_failed,
        sum(n_refused) as n_refused,
        sum(n_cut) as n_cut,
        sum(passed) as passed,
        sum(score) as score,
        count(*) filter (n > 0) as n_clusters,
        bool_and(pass_or_fail) as pass_or_fail,
        sum(passed * passed) as sum_passed_squared,
        sum(passed * n) as sum_passed_sizes,
        sum(score * score) filter (n > 0) as sum_score_squared,
        sum(score * n) as sum_score_sizes,
        sum(n * n) as sum_sizes_squared
    from by_cluster
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
)
select
    asked.run_id,
    asked.suite,
    asked.suite_version,
    asked.variant,
    asked.variant_version,
    asked.model,
    asked.simulated,
    asked.n_asked,
    sizes.n_samples,
    cast(asked.n_epochs as bigint) as n_epochs,
    cast(coalesce(results.n, 0) as bigint) as n,
    cast(coalesce(results.n_ungraded, 0) as bigint) as n_ungraded,
    cast(coalesce(results.n_answers, 0) as bigint) as n_answers,
    cast(coalesce(results.n_passed, 0) as bigint) as n_passed,
    cast(coalesce(results.n_failed, 0) as bigint) as n_failed,
    cast(coalesce(results.n_refused, 0) as bigint) as n_refused,
    cast(coalesce(results.n_cut, 0) as bigint) as n_cut,
    results.passed,
    results.score,
    coalesce(results.n_clusters, 0) as n_clusters,
    coalesce(results.pass_or_fail, true) as pass_or_fail,
    clustered_variance(
        results.n,
        results.n_clusters,
        results.passed,
        results.sum_passed_squared,
        results.sum_passed_sizes,
        results.sum_sizes_squared
    ) as accuracy_var,
    clustered_variance(
        results.n,
        results.n_clusters,
        results.score,
        results.sum_score_squared,
        results.sum_score_sizes,
        results.sum_sizes_squared
    ) as score_var,
    asked.latency_p50,
    asked.latency_p95,
    asked.input_tokens,
    asked.output_tokens,
    judged.judge,
    asked.served_model,
    asked.fingerprint
from asked
left join sizes
    on sizes.suite = asked.suite
    and sizes.suite_version = asked.suite_version
left join results
    on results.run_id = asked.run_id
    and results.suite = asked.suite
    and results.suite_version = asked.suite_version
    and results.variant = asked.variant
left join judged
    on judged.run_id = asked.run_id
    and judged.suite = asked.suite
    and judged.suite_version = asked.suite_version
    and judged.variant = asked.variant
