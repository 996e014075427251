-- What repetitions say: pass@k (one of k answers passes) and pass^k (all k do), unbiased, and where the variance
-- lies. Of every run that asked a sample more than once.
-- Grain:    one row a run_id, suite, suite_version, variant, k (1, 2, 4, ... up to the epochs)
-- Reads:    scored_totals, sample_results_of, run_variants
-- Samples with fewer than k graded answers are left out of k. Source: arXiv:2107.03374 (pass@k),
-- arXiv:2406.12045 (pass^k); the variances are those of a one-way analysis of variance.
-- run_id            varchar  the run
-- run_date          date     the UTC day on which it started
-- suite             varchar  the suite
-- suite_version     varchar  its full version
-- variant           varchar  the competitor
-- simulated         boolean  the answers come from the loopback server
-- k                 bigint   answers that are drawn
-- n                 bigint   samples with at least k graded answers
-- pass_at_k         double   mean over samples of the chance that one of k answers passes
-- pass_at_k_low     double   lower end of its 95 % interval, robust to clusters
-- pass_at_k_high    double   upper end of the same
-- pass_hat_k        double   mean over samples of the chance that all of k answers pass
-- pass_hat_k_low    double   lower end of its 95 % interval, robust to clusters
-- pass_hat_k_high   double   upper end of the same
-- variance_within   double   of the answers to one sample: how much chance there is in an answer
-- variance_between  double   of samples' own pass rates: how unlike the questions are; not below 0
with repeated as (
    select
        run_id,
        suite,
        suite_version,
        variant
    from scored_totals
    where n_epochs > 1
),
done as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        sample_id,
        cluster,
        n_graded,
        n_passed,
        passed
    from sample_results_of('repeated')
    where n_graded > 0
),
spread as (  -- over samples that were answered more than once
    select
        run_id,
        suite,
        suite_version,
        variant,
        sum(n_passed * (1 - passed)) / sum(n_graded - 1) as variance_within,
        greatest(
            0e0,
            var_samp(passed) - sum(n_passed * (1 - passed)) / sum(n_graded - 1) * avg(1e0 / n_graded)
        ) as variance_between
    from done
    where n_graded > 1
    group by run_id, suite, suite_version, variant
),
draws as (
    select
        done.*,
        cast(sizes.k as bigint) as k,
        pass_at_k(done.n_graded, done.n_passed, sizes.k) as at_k,
        pass_hat_k(done.n_graded, done.n_passed, sizes.k) as hat_k
    from done
    inner join (select unnest([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024]) as k) as sizes
        on sizes.k <= done.n_graded
),
by_cluster as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        k,
        count(*) as n,
        sum(at_k) as at_k,
        sum(hat_k) as hat_k
    from draws
    group by run_id, suite, suite_version, variant, k, cluster, case when cluster is null then sample_id end
),
sums as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        k,
        cast(sum(n) as bigint) as n,
        count(*) as n_clusters,
        sum(at_k) as at_k,
        sum(hat_k) as hat_k,
        clustered_variance(sum(n), count(*), sum(at_k), sum(at_k * at_k), sum(at_k * n), sum(n * n)) as at_var,
        clustered_variance(sum(n), count(*), sum(hat_k), sum(hat_k * hat_k), sum(hat_k * n), sum(n * n)) as hat_var
    from by_cluster
    group by run_id, suite, suite_version, variant, k
)
select
    sums.run_id,
    run_variants.run_date,
    sums.suite,
    sums.suite_version,
    sums.variant,
    run_variants.simulated,
    sums.k,
    sums.n,
    sums.at_k / sums.n as pass_at_k,
    share_low(sums.at_k, sums.n, sums.at_var, sums.n_clusters) as pass_at_k_low,
    share_high(sums.at_k, sums.n, sums.at_var, sums.n_clusters) as pass_at_k_high,
    sums.hat_k / sums.n as pass_hat_k,
    share_low(sums.hat_k, sums.n, sums.hat_var, sums.n_clusters) as pass_hat_k_low,
    share_high(sums.hat_k, sums.n, sums.hat_var, sums.n_clusters) as pass_hat_k_high,
    spread.variance_within,
    spread.variance_between
from sums
inner join run_variants
    on run_variants.run_id = sums.run_id
    and run_variants.suite = sums.suite
    and run_variants.suite_version = sums.suite_version
    and run_variants.variant = sums.variant
left join spread
    on spread.run_id = sums.run_id
    and spread.suite = sums.suite
    and spread.suite_version = sums.suite_version
    and spread.variant = sums.variant
order by run_variants.run_date desc, sums.run_id, sums.suite, sums.variant, sums.k
