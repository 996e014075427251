-- The verdict over pairs of samples: `pairs` has contest, cluster, difference, passed_a, passed_b, score_a,
-- score_b and alone, one row a sample. One row a contest, and the p-values corrected over all of them (Holm).
-- The difference is b - a. Where every sample was asked once and stands by itself, p is McNemar's exact one;
-- with epochs or clusters it is that of the cluster-robust paired t test.
-- Columns: contest, n (samples), n_clusters, accuracy_a, accuracy_b, difference, ci_low, ci_high (95 %),
-- se, p, p_holm, test ('McNemar' or 'paired t'), only_a, only_b (samples that one side alone passed better),
-- smallest_detectable (difference that 80 of 100 such comparisons would show), more_samples (further samples
-- that would show this very difference; NULL: there is none to show), score_a, score_b, score_difference,
-- score_low, score_high.
create or replace macro paired_results(pairs) as table
with given as (
    select * from query_table(pairs)
),
by_cluster as (
    select
        contest,
        cluster,
        count(*) as n,
        sum(difference) as d,
        sum(passed_a) as passed_a,
        sum(passed_b) as passed_b,
        sum(score_a) as score_a,
        sum(score_b) as score_b,
        count(*) filter (difference < 0) as only_a,
        count(*) filter (difference > 0) as only_b,
        bool_and(alone) as alone
    from given
    group by contest, cluster
),
sums as (
    select
        contest,
        cast(sum(n) as bigint) as n,
        count(*) as n_clusters,
        sum(passed_a) / sum(n) as accuracy_a,
        sum(passed_b) / sum(n) as accuracy_b,
        sum(d) as sum_d,
        sum(d * d) as sum_dd,
        sum(d * n) as sum_dm,
        sum(n * n) as sum_mm,
        sum(score_a) / sum(n) as score_a,
        sum(score_b) / sum(n) as score_b,
        sum(score_b - score_a) as sum_s,
        sum(pow(score_b - score_a, 2)) as sum_ss,
        sum((score_b - score_a) * n) as sum_sm,
        cast(sum(only_a) as bigint) as only_a,
        cast(sum(only_b) as bigint) as only_b,
        bool_and(alone) as alone
    from by_cluster
    group by contest
),
measured as (
    select
        *,
        sum_d / n as difference,
        paired_se(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as se,
        case
            when alone then mcnemar_p(only_a, only_b)
            else paired_p(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm)
        end as p
    from sums
),
corrected as (
    select * from holm('measured')
)
select
    contest,
    n,
    n_clusters,
    accuracy_a,
    accuracy_b,
    difference,
    paired_low(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as ci_low,
    paired_high(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as ci_high,
    se,
    p,
    p_holm,
    case when alone then 'McNemar' else 'paired t' end as test,
    only_a,
    only_b,
    smallest_detectable(se) as smallest_detectable,
    more_samples(n, difference, se) as more_samples,
    score_a,
    score_b,
    sum_s / n as score_difference,
    mean_low(sum_s / n, clustered_variance(n, n_clusters, sum_s, sum_ss, sum_sm, sum_mm), n_clusters) as score_low,
    mean_high(sum_s / n, clustered_variance(n, n_clusters, sum_s, sum_ss, sum_sm, sum_mm), n_clusters)
        as score_high
from corrected
