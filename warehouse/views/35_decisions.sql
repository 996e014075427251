-- What a run with [stop] decided, after how many samples, and what that saved.
-- Grain:    one row a run_id, suite, variant_a, variant_b
-- Reads:    runs, cost_totals
-- run_id           varchar         the run
-- suite            varchar         the suite
-- variant_a        varchar         one competitor
-- variant_b        varchar         the other
-- verdict          varchar         a is better, b is better, or within (the margin)
-- n_compared       bigint          samples that were compared when it was decided
-- n_planned        bigint          samples that there were
-- difference       double          accuracy of b less that of a, on what was compared, 0 to 1
-- low              double          lower end of the confidence sequence at that time
-- high             double          upper end of the same
-- words            varchar         the same as a sentence
-- usd_saved        decimal(18,12)  of the suite, all variants together: the calls that were not needed, at the mean
--                                  cost of those that were; null where a price is not known
with told as (
    select
        run_id,
        coalesce(try_cast(spec ->> '$.epochs' as bigint), 1) as epochs,
        unnest(cast(decisions as json[])) as decision
    from runs
    where case when json_valid(decisions) then json_type(decisions) = 'ARRAY' else false end
),
decided as (
    select
        run_id,
        epochs,
        decision ->> '$.suite' as suite,
        decision ->> '$.variant_a' as variant_a,
        decision ->> '$.variant_b' as variant_b,
        decision ->> '$.verdict' as verdict,
        try_cast(decision ->> '$.n_samples' as bigint) as n_compared,
        try_cast(decision ->> '$.n_planned' as bigint) as n_planned,
        try_cast(decision ->> '$.difference' as double) as difference,
        try_cast(decision ->> '$.low' as double) as low,
        try_cast(decision ->> '$.high' as double) as high,
        decision ->> '$.words' as words
    from told
),
spent as (
    select
        run_id,
        suite,
        variant,
        sum(n_calls) as n_calls,
        sum(n_unpriced) as n_unpriced,
        cast(sum(usd) as double) as usd
    from cost_totals
    where role = 'answer'
    group by run_id, suite, variant
),
saved as (
    select
        spent.run_id,
        spent.suite,
        case
            when sum(spent.n_unpriced) = 0 then try_cast(
                sum(spent.usd / spent.n_calls * greatest(0, sizes.n_planned * sizes.epochs - spent.n_calls))
                as decimal(18, 12)
            )
        end as usd_saved
    from spent
    inner join (select distinct run_id, suite, n_planned, epochs from decided) as sizes
        on sizes.run_id = spent.run_id
        and sizes.suite = spent.suite
    group by spent.run_id, spent.suite
)
select
    decided.* exclude (epochs),
    saved.usd_saved
from decided
left join saved
    on saved.run_id = decided.run_id
    and saved.suite = decided.suite
order by decided.run_id, decided.suite, decided.variant_a, decided.variant_b
