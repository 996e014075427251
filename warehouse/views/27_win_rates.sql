-- How often one competitor's answers are preferred to another's, with both orders judged.
-- Grain:    one row a run_id, suite, suite_version, variant_a, variant_b, judge
-- Reads:    pair_results
-- A tie is half a win for each; so is a pair whose two orders contradict each other. A sample's epochs are
-- averaged first. The interval is Wilson's, which with ties is on the wide side. What length does to it, and
-- ratings of more than two competitors: `nightbench report RUN_ID`.
-- run_id          varchar  the run
-- suite           varchar  the suite
-- suite_version   varchar  its full version
-- variant_a       varchar  one competitor
-- variant_b       varchar  the other
-- judge           varchar  the judge's model, provider/name, or the name that the run gave it
-- simulated       boolean  made up: says nothing of real models
-- n               bigint   samples
-- wins            bigint   pairs of answers that a won
-- losses          bigint   pairs that b won
-- ties            bigint   the other pairs, the inconsistent ones among them
-- n_inconsistent  bigint   pairs whose orders contradict each other
-- n_one_order     bigint   pairs that were judged in one order alone
-- win_rate        double   a's: wins and half the ties, over all
-- ci_low          double   lower end of its 95 % interval; above 0.5: a is preferred
-- ci_high         double   upper end; below 0.5: b is preferred
with by_sample as (
    select
        run_id,
        suite,
        suite_version,
        variant_a,
        variant_b,
        judge,
        sample_id,
        bool_or(simulated) as simulated,
        count(*) filter (winner = 'a') as wins,
        count(*) filter (winner = 'b') as losses,
        count(*) filter (winner = 'tie') as ties,
        count(*) filter (not consistent) as n_inconsistent,
        count(*) filter (n_orders = 1) as n_one_order,
        avg(case winner when 'a' then 1e0 when 'b' then 0e0 else 0.5e0 end) as rate
    from pair_results
    group by run_id, suite, suite_version, variant_a, variant_b, judge, sample_id
)
select
    run_id,
    suite,
    suite_version,
    variant_a,
    variant_b,
    judge,
    bool_or(simulated) as simulated,
    count(*) as n,
    cast(sum(wins) as bigint) as wins,
    cast(sum(losses) as bigint) as losses,
    cast(sum(ties) as bigint) as ties,
    cast(sum(n_inconsistent) as bigint) as n_inconsistent,
    cast(sum(n_one_order) as bigint) as n_one_order,
    avg(rate) as win_rate,
    wilson_low(sum(rate), count(*)) as ci_low,
    wilson_high(sum(rate), count(*)) as ci_high
from by_sample
group by run_id, suite, suite_version, variant_a, variant_b, judge
order by run_id, suite, variant_a, variant_b, judge
