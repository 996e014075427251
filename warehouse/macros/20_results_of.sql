-- Accuracy, spend and latency of each variant on each suite, for the entries that the relation `chosen`
-- names by run_id, suite, suite_version and variant.
-- A sample's epochs are averaged first, then samples; `scored = false` samples count in spend alone.
-- The interval is Wilson's where every sample passed or failed and stands by itself; with epochs or clusters
-- it is the cluster-robust one of share_low and share_high. Where one judge alone gave the scores, its
-- measured reliability stands beside them, and accuracy corrected for it; of several calibrations the newest
-- that tells both of right and of wrong answers, else the newest.
create or replace macro results_of(chosen) as table
with entries as (
    select * from query_table(chosen)
),
spent as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        cast(sum(n_unpriced) as bigint) as n_unpriced,
        try_cast(coalesce(sum(usd), 0) as decimal(18, 12)) as usd_priced
    from cost_totals
    where role = 'answer'
    group by run_id, suite, suite_version, variant
),
results as (
    select
        entries.run_id,
        entries.suite,
        entries.suite_version,
        entries.variant,
        scored_totals.* exclude (
            run_id,
            suite,
            suite_version,
            variant,
            variant_version,
            model,
            simulated,
            n_asked,
            n_samples
        ),
        scored_totals.passed / scored_totals.n as accuracy
    from entries
    inner join scored_totals
        on scored_totals.run_id = entries.run_id
        and scored_totals.suite = entries.suite
        and scored_totals.suite_version = entries.suite_version
        and scored_totals.variant = entries.variant
),
reliable as (
    select *
    from judge_reliability
    where judge in (select judge from results)
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
    results.n,
    results.n_failed,
    results.n_refused,
    results.n_cut,
    case when results.n > 0 then results.accuracy end as accuracy,
    case
        when results.pass_or_fail then wilson_low(results.passed, results.n)
        else share_low(results.passed, results.n, results.accuracy_var, results.n_clusters)
    end as ci_low,
    case
        when results.pass_or_fail then wilson_high(results.passed, results.n)
        else share_high(results.passed, results.n, results.accuracy_var, results.n_clusters)
    end as ci_high,
    case when results.n > 0 then results.score / results.n end as mean_score,
    case when spent.n_unpriced = 0 then spent.usd_priced end as usd,
    spent.n_unpriced,
    spent.usd_priced,
    usd_divided(case when spent.n_unpriced = 0 then spent.usd_priced end, results.n_passed) as usd_per_correct,
    results.latency_p50,
    results.latency_p95,
    results.input_tokens,
    results.output_tokens,
    results.n_ungraded,
    results.judge,
    reliable.accuracy as judge_accuracy,
    corrected_share(
        results.accuracy,
        results.n,
        reliable.sensitivity,
        reliable.n_sensitivity,
        reliable.specificity,
        reliable.n_specificity
    ) as accuracy_corrected,
    corrected_low(
        results.accuracy,
        results.n,
        reliable.sensitivity,
        reliable.n_sensitivity,
        reliable.specificity,
        reliable.n_specificity
    ) as corrected_low,
    corrected_high(
        results.accuracy,
        results.n,
        reliable.sensitivity,
        reliable.n_sensitivity,
        reliable.specificity,
        reliable.n_specificity
    ) as corrected_high,
    results.n_clusters,
    mean_low(results.score / results.n, results.score_var, results.n_clusters) as score_low,
    mean_high(results.score / results.n, results.score_var, results.n_clusters) as score_high
from entries
inner join results
    on results.run_id = entries.run_id
    and results.suite = entries.suite
    and results.suite_version = entries.suite_version
    and results.variant = entries.variant
left join spent
    on spent.run_id = entries.run_id
    and spent.suite = entries.suite
    and spent.suite_version = entries.suite_version
    and spent.variant = entries.variant
left join reliable
    on reliable.judge = results.judge
