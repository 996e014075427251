-- Each variant's newest nights against its own baseline, sample by sample: has its accuracy moved?
-- `entries` is run_variants or a part of it, `n_baseline` how many nights before make the baseline, `pinned` the
-- id of a run that is the baseline instead, or NULL.
-- A night is the newest complete evaluation of a UTC day; nights of one suite version and variant version are
-- compared, the newest there is. Each sample's passes are averaged over the nights of a window (the last one, the
-- last three) and over the baseline; the difference has a cluster-robust paired t test.
-- Method: Holm over all suites, variants and windows of a night, one-sided at 1 %: in a hundred quiet nights, of
-- however many suites, at most one has a false alarm. bench/drift_simulation.py shows it.
-- Columns: suite, suite_version, variant, variant_version, simulated, category (NULL: the whole suite; a
-- category's row tells where, and raises no alarm), nights (of the window), baseline_nights, run_id (the newest),
-- run_date, and those of paired_results, with a the baseline and b the window; alarm.
create or replace macro drift_of(entries, n_baseline, pinned) as table
with evaluations as (
    select * from query_table(entries)
),
nights as (
    select
        evaluations.*,
        max(evaluations.started_at) over (
            partition by evaluations.suite, evaluations.variant, evaluations.simulated
        ) as last_started_at
    from evaluations
    where evaluations.status = 'complete' and evaluations.kind in ('evaluate', 'import')
    qualify row_number() over (
        partition by
            evaluations.suite,
            evaluations.suite_version,
            evaluations.variant,
            evaluations.variant_version,
            evaluations.simulated,
            evaluations.run_date
        order by evaluations.started_at desc, evaluations.run_id desc
    ) = 1
),
numbered as (  -- of the versions that ran last
    select
        *,
        row_number() over (
            partition by nights.suite, nights.suite_version, nights.variant, nights.variant_version, nights.simulated
            order by nights.run_date desc
        ) as age,
        max(nights.started_at) over (
            partition by nights.suite, nights.suite_version, nights.variant, nights.variant_version, nights.simulated
        ) = last_started_at as newest
    from nights
),
spans as (
    select unnest([1, 3]) as span
),
roles as (
    select
        numbered.suite,
        numbered.suite_version,
        numbered.variant,
        numbered.variant_version,
        numbered.simulated,
        spans.span,
        numbered.run_id,
        numbered.run_date,
        numbered.age,
        numbered.age <= spans.span and numbered.run_id is distinct from pinned as recent,
        concat_ws(
            chr(31),
            numbered.suite,
            numbered.suite_version,
            numbered.variant,
            numbered.variant_version,
            numbered.simulated,
            spans.span
        ) as contest
    from numbered
    cross join spans
    where numbered.newest
        and (
            numbered.age <= spans.span
            or case when pinned is null then numbered.age <= spans.span + n_baseline else numbered.run_id = pinned end
        )
    qualify count(*) filter (numbered.age <= spans.span) over (
        partition by
            numbered.suite,
            numbered.suite_version,
            numbered.variant,
            numbered.variant_version,
            numbered.simulated,
            spans.span
    ) = spans.span
),
chosen as (
    select distinct
        roles.run_id,
        roles.suite,
        roles.suite_version,
        roles.variant
    from roles
),
done as (
    select * from sample_results_of('chosen') where n_graded > 0
),
by_sample as (
    select
        roles.contest,
        done.sample_id,
        first(done.category) as category,
        first(case when done.cluster is null then 's' || done.sample_id else 'c' || done.cluster end) as cluster,
        avg(done.passed) filter (not roles.recent) as passed_a,
        avg(done.passed) filter (roles.recent) as passed_b,
        avg(done.score) filter (not roles.recent) as score_a,
        avg(done.score) filter (roles.recent) as score_b,
        false as alone
    from roles
    inner join done
        on done.run_id = roles.run_id
        and done.suite = roles.suite
        and done.suite_version = roles.suite_version
        and done.variant = roles.variant
    group by roles.contest, done.sample_id
    having count(*) filter (roles.recent) > 0 and count(*) filter (not roles.recent) > 0
),
whole as (
    select *, passed_b - passed_a as difference from by_sample
),
parts as (
    select * replace (contest || chr(30) || category as contest) from whole where category is not null
),
results as (
    select *, null as category from paired_results('whole')
    union all
    select * replace (split_part(contest, chr(30), 1) as contest), split_part(contest, chr(30), 2) as category
    from paired_results('parts')
),
about as (
    select
        roles.contest,
        first(roles.suite) as suite,
        first(roles.suite_version) as suite_version,
        first(roles.variant) as variant,
        first(roles.variant_version) as variant_version,
        first(roles.simulated) as simulated,
        first(roles.span) as span,
        count(*) filter (not roles.recent) as baseline_nights,
        first(roles.run_id order by roles.age) as run_id,
        max(roles.run_date) as run_date,
        first(roles.run_id order by roles.age) filter (not roles.recent) as baseline_run_id
    from roles
    group by roles.contest
)
select
    about.suite,
    about.suite_version,
    about.variant,
    about.variant_version,
    about.simulated,
    results.category,
    about.span as nights,
    about.baseline_nights,
    about.run_id,
    about.run_date,
    about.baseline_run_id,
    results.* exclude (contest, category),
    results.category is null and results.difference < 0 and coalesce(results.p_holm < 0.02, false) as alarm
from results
inner join about on about.contest = results.contest
