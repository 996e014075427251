-- What was measured beside what was claimed: published scores and the runs that count, with their intervals.
-- Grain:    one row a model, benchmark, source, variant that was measured (null: none was)
-- Reads:    claims, leaderboard
-- Recorded outputs count as the model whose they are. The file claims.toml in the home adds claims.
-- model          varchar  the model that the claim is about, provider/name
-- benchmark      varchar  as the source calls it
-- suite          varchar  the suite of ours that comes nearest; null: none
-- claimed        double   the published score, 0 to 1
-- variant        varchar  the competitor that was measured
-- measured       double   its accuracy, 0 to 1
-- ci_low         double   lower end of its 95 % interval
-- ci_high        double   upper end of the same
-- n              bigint   samples that it stands on
-- difference     double   measured - claimed
-- comparable     boolean  whether the two may be held against each other
-- agrees         boolean  the claim lies within the interval; null: not measured, or not comparable
-- prompt_style   varchar  how the source asked
-- note           varchar  what differs from ours
-- source         varchar  where it was published
-- published      date     when
-- run_id         varchar  the run that measured
select
    claims.model,
    claims.benchmark,
    claims.suite,
    claims.score as claimed,
    leaderboard.variant,
    leaderboard.accuracy as measured,
    leaderboard.ci_low,
    leaderboard.ci_high,
    leaderboard.n,
    leaderboard.accuracy - claims.score as difference,
    claims.comparable,
    case
        when claims.comparable and leaderboard.n > 0
            then round(claims.score, 6) between leaderboard.ci_low and leaderboard.ci_high
    end as agrees,
    claims.prompt_style,
    claims.note,
    claims.source,
    claims.published,
    leaderboard.run_id
from claims
left join leaderboard
    on leaderboard.suite = claims.suite
    and split_part(leaderboard.model, '/', -1) = split_part(claims.model, '/', -1)
order by claims.model, claims.benchmark, claims.source, leaderboard.variant
