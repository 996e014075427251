-- How far the judges of a panel agree with each other, beyond what chance would give.
-- Grain:    one row a run_id, suite, suite_version, criterion, judge_a, judge_b
-- Reads:    latest_grades, pair_results
-- A panel's verdicts are the grades named <grader>.<criterion>@<model>, and the winners of pairs that several
-- judges compared (criterion `pairwise`). kappa compares verdicts (passed or not; a, b or tie) of two judges on
-- the answers that both judged. alpha compares the scores of the whole panel (a pair: 1, 0.5, 0), however many
-- judges gave one; it stands in each row of its criterion. Intervals: `nightbench report RUN_ID`.
-- run_id         varchar  the run
-- suite          varchar  the suite
-- suite_version  varchar  its full version
-- criterion      varchar  what was judged
-- judge_a        varchar  one judge, provider/name or the name that the run gave it
-- judge_b        varchar  the other; the later one by name
-- n              bigint   answers, or pairs, that both judged
-- agreement      double   share of them with the same verdict
-- kappa          double   Cohen's kappa; null where chance alone agrees always (all verdicts are one)
-- n_judges       bigint   judges of the criterion
-- n_panel        bigint   answers, or pairs, that at least two judged
-- fleiss_kappa   double   of the verdicts that every judge of the criterion gave; null as kappa is
-- alpha          double   Krippendorff's, for intervals; null where all scores are one
-- simulated      boolean  made up: says nothing of real judges
with said as (
    select
        run_id,
        suite,
        suite_version,
        regexp_extract(grader, '^[^.@]+\.([^@]+)@(.+)$', 1) as criterion,
        regexp_extract(grader, '^[^.@]+\.([^@]+)@(.+)$', 2) as judge,
        cast(call_key as varchar) as item,
        cast(passed as varchar) as verdict,
        score,
        simulated
    from latest_grades
    where regexp_matches(grader, '^[^.@]+\.[^@]+@')
    union all
    select
        run_id,
        suite,
        suite_version,
        'pairwise' as criterion,
        judge,
        concat(call_key_a, ' ', call_key_b) as item,
        winner as verdict,
        case winner when 'a' then 1e0 when 'b' then 0e0 else 0.5e0 end as score,
        simulated
    from pair_results
    where judge is not null
),
both_said as (
    select
        one.run_id,
        one.suite,
        one.suite_version,
        one.criterion,
        one.judge as judge_a,
        other.judge as judge_b,
        one.verdict as verdict_a,
        other.verdict as verdict_b,
        one.simulated or other.simulated as simulated
    from said as one
    inner join said as other
        on other.run_id = one.run_id
        and other.suite = one.suite
        and other.suite_version = one.suite_version
        and other.criterion = one.criterion
        and other.item = one.item
        and other.judge > one.judge
),
seen as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        judge_a,
        judge_b,
        count(*) as n,
        avg(cast(verdict_a = verdict_b as integer)) as agreement,
        bool_or(simulated) as simulated
    from both_said
    group by run_id, suite, suite_version, criterion, judge_a, judge_b
),
sides as (
    select * exclude (verdict_a, verdict_b, simulated), verdict_a as verdict, 1 as of_a, 0 as of_b from both_said
    union all
    select * exclude (verdict_a, verdict_b, simulated), verdict_b, 0, 1 from both_said
),
margins as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        judge_a,
        judge_b,
        verdict,
        sum(of_a) as n_a,
        sum(of_b) as n_b
    from sides
    group by run_id, suite, suite_version, criterion, judge_a, judge_b, verdict
),
chance as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        judge_a,
        judge_b,
        sum(n_a * n_b) / (sum(n_a) * sum(n_b)) as chance
    from margins
    group by run_id, suite, suite_version, criterion, judge_a, judge_b
),
panels as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        count(distinct judge) as n_judges
    from said
    group by run_id, suite, suite_version, criterion
),
items as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        item,
        count(*) as n_said
    from said
    group by run_id, suite, suite_version, criterion, item
    having count(*) > 1
),
paired as (  -- what was said of items that at least two judged
    select
        said.*,
        items.n_said,
        items.n_said = panels.n_judges as whole
    from said
    inner join items
        on items.run_id = said.run_id
        and items.suite = said.suite
        and items.suite_version = said.suite_version
        and items.criterion = said.criterion
        and items.item = said.item
    inner join panels
        on panels.run_id = said.run_id
        and panels.suite = said.suite
        and panels.suite_version = said.suite_version
        and panels.criterion = said.criterion
),
spreads as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        item,
        count(*) * var_samp(score) as apart
    from paired
    where score is not null
    group by run_id, suite, suite_version, criterion, item
    having count(score) > 1
),
alphas as (
    select
        spreads.run_id,
        spreads.suite,
        spreads.suite_version,
        spreads.criterion,
        count(*) as n_panel,
        1e0 - sum(spreads.apart) / nullif(any_value(whole.apart), 0e0) as alpha
    from spreads
    inner join (
        select
            run_id,
            suite,
            suite_version,
            criterion,
            count(*) * var_samp(score) as apart
        from paired
        where score is not null
        group by run_id, suite, suite_version, criterion
    ) as whole
        on whole.run_id = spreads.run_id
        and whole.suite = spreads.suite
        and whole.suite_version = spreads.suite_version
        and whole.criterion = spreads.criterion
    group by spreads.run_id, spreads.suite, spreads.suite_version, spreads.criterion
),
votes as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        item,
        verdict,
        count(*) as n,
        any_value(n_said) as n_said
    from paired
    where whole
    group by run_id, suite, suite_version, criterion, item, verdict
),
by_verdict as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        verdict,
        sum(n) as n,
        sum(n * (n - 1) / (n_said - 1)) as agreed
    from votes
    group by run_id, suite, suite_version, criterion, verdict
),
fleiss as (
    select
        run_id,
        suite,
        suite_version,
        criterion,
        case
            when count(*) > 1 then
                (sum(agreed) / sum(n) - sum(n * n) / (sum(n) * sum(n)))
                / (1e0 - sum(n * n) / (sum(n) * sum(n)))
        end as fleiss_kappa
    from by_verdict
    group by run_id, suite, suite_version, criterion
)
select
    seen.run_id,
    seen.suite,
    seen.suite_version,
    seen.criterion,
    seen.judge_a,
    seen.judge_b,
    seen.n,
    seen.agreement,
    case when chance.chance < 1 then (seen.agreement - chance.chance) / (1e0 - chance.chance) end as kappa,
    panels.n_judges,
    alphas.n_panel,
    fleiss.fleiss_kappa,
    alphas.alpha,
    seen.simulated
from seen
inner join chance using (run_id, suite, suite_version, criterion, judge_a, judge_b)
inner join panels using (run_id, suite, suite_version, criterion)
left join alphas using (run_id, suite, suite_version, criterion)
left join fleiss using (run_id, suite, suite_version, criterion)
order by seen.run_id, seen.suite, seen.criterion, seen.judge_a, seen.judge_b
