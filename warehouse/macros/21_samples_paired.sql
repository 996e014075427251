-- The samples that both sides of a contest answered and had graded, side by side, for the relation `contests`
-- of contest, run_a, suite_a, version_a, variant_a, run_b, suite_b, version_b, variant_b.
-- Columns: contest, sample_id, category, cluster (as a and b name it, text; a sample without one is by itself),
-- passed_a, passed_b (shares of the epochs), difference (b - a), score_a, score_b.
create or replace macro samples_paired(contests) as table
with matches as (
    select * from query_table(contests)
),
sides as (
    select run_a as run_id, suite_a as suite, version_a as suite_version, variant_a as variant from matches
    union
    select run_b, suite_b, version_b, variant_b from matches
),
done as (
    select * from sample_results_of('sides') where n_graded > 0
)
select
    matches.contest,
    a.sample_id,
    coalesce(b.category, a.category) as category,
    case when a.cluster is null then 's' || a.sample_id else 'c' || a.cluster end as cluster,
    a.passed as passed_a,
    b.passed as passed_b,
    b.passed - a.passed as difference,
    a.score as score_a,
    b.score as score_b,
    a.n_graded = 1 and b.n_graded = 1 and a.cluster is null as alone
from matches
inner join done as a
    on a.run_id = matches.run_a
    and a.suite = matches.suite_a
    and a.suite_version = matches.version_a
    and a.variant = matches.variant_a
inner join done as b
    on b.run_id = matches.run_b
    and b.suite = matches.suite_b
    and b.suite_version = matches.version_b
    and b.variant = matches.variant_b
    and b.sample_id = a.sample_id
