-- Each variant's newest nights against its own baseline, sample by sample: has its accuracy moved?
-- `entries` is run_variants or a part of it, `n_baseline` how many nights before make the baseline, `pinned` the
-- id of a run that is the baseline instead, or NULL.
-- A night is the newest complete evaluation of a UTC day; nights of one suite version and variant version are
-- compared, the newest there is. Each sample's passes are averaged over the nights of a window (the last one, three
-- and seven) and over the baseline; se, interval and p of the difference are of change on these very samples
-- from night to night (nights_moved, moved_p), not of what other samples would show.
-- Method: Holm over all suites, variants and windows of a night, one-sided at 0.5 %. Promise: in a hundred quiet
-- nights, of however many suites, at most one has a false alarm; the other half of that is kept for what
-- estimates of persistence and of nights in common miss. From three nights of baseline on, or a pinned one.
-- bench/drift_simulation.py shows it; docs/compare.md has the figures.
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
        age <= 7 and n_nights >= 7 and not is_pinned as last_seven,
        case when pinned is null then age between 2 and 1 + n_baseline else is_pinned end as before_one,
        case when pinned is null then age between 4 and 3 + n_baseline else is_pinned and n_nights >= 3 end
            as before_three,
        case when pinned is null then age between 8 and 7 + n_baseline else is_pinned and n_nights >= 7 end
            as before_seven
    from placed
    where age <= 7 + n_baseline or is_pinned
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
spans as (
    select
        sequence,
        run_id,
        suite,
        suite_version,
        variant,
        age,
        unnest([1, 3, 7]) as span,
        unnest([last_one, last_three, last_seven]) as recent,
        unnest([before_one, before_three, before_seven]) as before
    from roles
),
observed as (
    select
        10 * spans.sequence + spans.span as contest,
        hash(done.sample_id) as sample_id,
        done.category,
        hash(done.cluster, case when done.cluster is null then done.sample_id end) as cluster,
        spans.age,
        spans.recent,
        done.passed,
        done.score
    from spans
    inner join done
        on done.run_id = spans.run_id
        and done.suite = spans.suite
        and done.suite_version = spans.suite_version
        and done.variant = spans.variant
    where spans.recent or spans.before
),
by_sample as (
    select
        contest,
        sample_id,
        first(category) as category,
        first(cluster) as cluster,
        avg(passed) filter (not recent) as passed_a,
        avg(passed) filter (recent) as passed_b,
        avg(score) filter (not recent) as score_a,
        avg(score) filter (recent) as score_b,
        avg(passed) as mean_passed,
        min(passed) <> max(passed) as varies,
        false as alone
    from observed
    group by contest, sample_id
    having count(*) filter (recent) > 0 and count(*) filter (not recent) > 0
),
differing as (  -- of the whole suite, and of each category; numbers are faster keys than names
    select
        * replace (hash(contest, null::varchar) as contest),
        contest as of_contest,
        null as in_category,
        passed_b - passed_a as difference
    from by_sample
    union all
    select
        * replace (hash(contest, category) as contest),
        contest,
        category,
        passed_b - passed_a
    from by_sample
    where category is not null
),
whole as (
    select * from differing where in_category is null
),
parts as (
    select * from differing where in_category is not null
),
names as (
    select distinct
        contest,
        of_contest,
        in_category
    from differing
),
lengths as (
    select
        10 * sequence + span as contest,
        count(*) filter (recent) as k,
        count(*) filter (before) as b
    from spans
    group by sequence, span
),
changing as (  -- samples that never change have no residuals
    select
        observed.contest,
        by_sample.category,
        by_sample.cluster,
        observed.age,
        observed.recent,
        lengths.k,
        lengths.b,
        observed.passed - by_sample.mean_passed as residual
    from observed
    inner join by_sample
        on by_sample.contest = observed.contest
        and by_sample.sample_id = observed.sample_id
    inner join lengths
        on lengths.contest = observed.contest
    where by_sample.varies
),
observed_all as (
    select * replace (hash(contest, null::varchar) as contest), 'whole' || (contest % 10) as family from changing
    union all
    select * replace (hash(contest, category) as contest), 'part' || (contest % 10) as family
    from changing
    where category is not null
),
found as (
    select * from paired_results('whole')
    union all
    select * from paired_results('parts')
),
moved as (
    select * from nights_moved('observed_all')
),
tested as (
    select
        found.* exclude (p_holm)
            replace (
                names.of_contest as contest,
                coalesce(moved.se / found.n, 0e0) as se,
                moved_p(found.difference, coalesce(moved.se / found.n, 0e0), moved.df, moved.skew) as p,
                found.difference - coalesce(student_t(moved.df) * moved.se / found.n, 0e0) as ci_low,
                found.difference + coalesce(student_t(moved.df) * moved.se / found.n, 0e0) as ci_high,
                'nights' as test,
                smallest_detectable(coalesce(moved.se / found.n, 0e0)) as smallest_detectable
            ),
        names.in_category as category,
        names.in_category is not null as is_part
    from found
    left join moved
        on moved.contest = found.contest
    inner join names
        on names.contest = found.contest
),
results as (
    select * exclude (is_part) from holm('tested', family := is_part)
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
        count(*) filter (case spans.span when 1 then roles.before_one when 3 then roles.before_three else roles.before_seven end)
            as baseline_nights,
        first(roles.run_id order by roles.age) as run_id,
        max(roles.run_date) filter (not roles.is_pinned) as run_date,
        first(roles.run_id order by roles.age)
            filter (case spans.span when 1 then roles.before_one when 3 then roles.before_three else roles.before_seven end) as baseline_run_id
    from roles
    cross join (select unnest([1, 3, 7]) as span) as spans
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
    results.category is null and results.difference < 0 and coalesce(results.p_holm < 0.01, false)
        and (about.baseline_nights >= 3 or pinned is not null) as alarm
from results
inner join about on about.contest = results.contest
