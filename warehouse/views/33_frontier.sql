-- Which variants are worth a look: those that no other beats in cost, accuracy and latency at once.
-- Grain:    one row a suite, suite_version, variant
-- Reads:    leaderboard, scored_totals
-- A variant is dominated where another is at least as good in all three and better in one. Points, not intervals,
-- are compared: whether two can be told apart is what compare() says. A cost that is not known dominates nobody,
-- and is dominated by nobody.
-- suite            varchar         the suite
-- suite_version    varchar         its full version
-- model            varchar         provider/name
-- variant          varchar         the competitor
-- n                bigint          graded samples
-- accuracy         double          0 to 1
-- ci_low           double          lower end of its 95 % interval
-- ci_high          double          upper end of the same
-- usd_per_answer   decimal(18,12)  of the answers of its run; null where a price is not known
-- latency_p50      double          median seconds of an answer
-- on_frontier      boolean         nobody dominates it
-- dominated_by     varchar         the most accurate of those who do, the cheapest first; null: nobody
with entrants as (
    select
        leaderboard.*,
        usd_divided(leaderboard.usd, totals.n_answers + leaderboard.n_ungraded) as usd_per_answer
    from leaderboard
    inner join scored_totals as totals
        on totals.run_id = leaderboard.run_id
        and totals.suite = leaderboard.suite
        and totals.suite_version = leaderboard.suite_version
        and totals.variant = leaderboard.variant
    where leaderboard.n > 0
),
dominated as (
    select
        one.suite,
        one.suite_version,
        one.variant,
        first(
            other.variant
            order by other.accuracy desc, other.usd_per_answer, other.latency_p50, other.variant
        ) as dominated_by
    from entrants as one
    inner join entrants as other
        on other.suite = one.suite
        and other.suite_version = one.suite_version
        and other.variant <> one.variant
        and other.accuracy >= one.accuracy
        and other.usd_per_answer <= one.usd_per_answer
        and coalesce(other.latency_p50 <= one.latency_p50, one.latency_p50 is null)
        and (
            other.accuracy > one.accuracy
            or other.usd_per_answer < one.usd_per_answer
            or other.latency_p50 < one.latency_p50
        )
    group by one.suite, one.suite_version, one.variant
)
select
    entrants.suite,
    entrants.suite_version,
    entrants.model,
    entrants.variant,
    entrants.n,
    entrants.accuracy,
    entrants.ci_low,
    entrants.ci_high,
    entrants.usd_per_answer,
    entrants.latency_p50,
    dominated.dominated_by is null as on_frontier,
    dominated.dominated_by
from entrants
left join dominated
    on dominated.suite = entrants.suite
    and dominated.suite_version = entrants.suite_version
    and dominated.variant = entrants.variant
order by entrants.suite, on_frontier desc, entrants.usd_per_answer, entrants.variant
