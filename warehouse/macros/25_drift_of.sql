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
placed as (  -- of each sequence of nights, which are of the window and which of the baseline
    select
        numbered.*,
        dense_rank() over (
            order by
                numbered.suite,
                numbered.suite_version,
                numbered.variant,
                numbered.variant_version,
                numbered.simulated
        ) as sequence,
        max(numbered.age) over (
            partition by
                numbered.suite,
                numbered.suite_version,
                numbered.variant,
                numbered.variant_version,
                numbered.simulated
        ) as n_nights,
        numbered.run_id is not distinct from pinned as is_pinned
    from numbered
    where numbered.newest
),
roles as (
    select
        *,
        age = 1 and not is_pinned as last_one,
        age <= 3 and n_nights >= 3 and not is_pinned as last_three,
        case when pinned is null then age between 2 and 1 + n_baseline else is_pinned end as before_one,
        case when pinned is null then age between 4 and 3 + n_baseline else is_pinned and n_nights >= 3 end
            as before_three
    from placed
    where age <= 3 + n_baseline or is_pinned
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
by_night as (
    select
        roles.sequence,
        done.sample_id,
        first(done.category) as category,
        first(case when done.cluster is null then 's' || done.sample_id else 'c' || done.cluster end) as cluster,
        avg(done.passed) filter (roles.last_one) as one_b,
        avg(done.passed) filter (roles.before_one) as one_a,
        avg(done.passed) filter (roles.last_three) as three_b,
        avg(done.passed) filter (roles.before_three) as three_a,
        avg(done.score) filter (roles.last_one) as score_one_b,
        avg(done.score) filter (roles.before_one) as score_one_a,
        avg(done.score) filter (roles.last_three) as score_three_b,
        avg(done.score) filter (roles.before_three) as score_three_a
    from roles
    inner join done
        on done.run_id = roles.run_id
        and done.suite = roles.suite
        and done.suite_version = roles.suite_version
        and done.variant = roles.variant
    group by roles.sequence, done.sample_id
),
by_sample as (
    select
        10 * sequence + 1 as contest,
        sample_id,
        category,
        cluster,
        one_a as passed_a,
        one_b as passed_b,
        score_one_a as score_a,
        score_one_b as score_b,
        false as alone
    from by_night
    where one_a is not null and one_b is not null
    union all
    select
        10 * sequence + 3,
        sample_id,
        category,
        cluster,
        three_a,
        three_b,
        score_three_a,
        score_three_b,
        false
    from by_night
    where three_a is not null and three_b is not null
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
    select
        * replace (cast(split_part(contest, chr(30), 1) as bigint) as contest),
        split_part(contest, chr(30), 2) as category
    from paired_results('parts')
),
about as (
    select
        10 * roles.sequence + spans.span as contest,
        first(roles.suite) as suite,
        first(roles.suite_version) as suite_version,
        first(roles.variant) as variant,
        first(roles.variant_version) as variant_version,
        first(roles.simulated) as simulated,
        first(spans.span) as span,
        count(*) filter (case spans.span when 1 then roles.before_one else roles.before_three end)
            as baseline_nights,
        first(roles.run_id order by roles.age) as run_id,
        max(roles.run_date) filter (not roles.is_pinned) as run_date,
        first(roles.run_id order by roles.age)
            filter (case spans.span when 1 then roles.before_one else roles.before_three end) as baseline_run_id
    from roles
    cross join (select unnest([1, 3]) as span) as spans
    group by roles.sequence, spans.span
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
