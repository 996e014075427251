-- Two variants on the same samples of their runs that count (current_runs): select * from
-- compare('gsm8k', 'variant a', 'variant b'). With NULL for the suite, on every suite that both were put to.
-- Of several versions of a suite, the newest that both have. (A parameter named `suite` would hide the column of
-- that name from DuckDB, in every view below.)
-- Columns: suite, suite_version, a, b, run_a, run_b, and those of paired_results: n, n_clusters, accuracy_a,
-- accuracy_b, difference (b - a, 0 to 1), ci_low, ci_high (95 %), p, p_holm (over the suites), ...
create or replace macro compare(of_suite, a, b) as table
with both_ran as (
    select
        one.suite as contest,
        one.suite_version,
        one.run_id as run_a,
        other.run_id as run_b
    from current_runs as one
    inner join current_runs as other
        on other.suite = one.suite
        and other.suite_version = one.suite_version
    where one.variant = a
        and other.variant = b
        and (of_suite is null or one.suite = of_suite)
    qualify row_number() over (
        partition by one.suite
        order by least(one.started_at, other.started_at) desc, one.suite_version desc
    ) = 1
),
contests as (
    select
        both_ran.contest,
        both_ran.run_a,
        both_ran.contest as suite_a,
        both_ran.suite_version as version_a,
        a as variant_a,
        both_ran.run_b,
        both_ran.contest as suite_b,
        both_ran.suite_version as version_b,
        b as variant_b
    from both_ran
),
pairs as (
    select * from samples_paired('contests')
)
select
    both_ran.contest as suite,
    both_ran.suite_version,
    a as a,
    b as b,
    both_ran.run_a,
    both_ran.run_b,
    results.* exclude (contest)
from paired_results('pairs') as results
inner join both_ran on both_ran.contest = results.contest
order by both_ran.contest
