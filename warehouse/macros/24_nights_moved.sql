-- Standard error of what each contest's newest nights differ from its nights before, on the same samples.
-- `observed` has family, contest, cluster, age (1: the newest night), recent (of the newest, not of the baseline),
-- k and b (how many nights of each there are) and residual (the share that passed, less that of all nights), one
-- row a sample and night; samples that never change may be left out. One row a contest: se (of the sum over
-- samples), df and skew.
-- Samples are not drawn anew each night, so only their change from night to night counts: the variance of
-- exchanging nights within each sample or cluster (the stratified test of Cochran and of Mantel and Haenszel),
-- widened where answers persist (lag 1 of the baseline's nights, as of an AR(1) process) and where nights move
-- all samples together: by as much as they do in the family, or, with the degrees of freedom of the baseline's
-- nights, by as much more as they do in this contest. moved_p makes a p-value of it.
-- Sources: W. G. Cochran (1954), Biometrics 10:417-451; N. Mantel, W. Haenszel (1959), J. NCI 22:719-748.
-- Columns: contest, se, df, skew.
create or replace macro nights_moved(observed) as table
with given as (
    select * from query_table(observed)
),
residuals as (  -- a night without an answer of a sample says nothing of it
    select
        contest,
        cluster,
        age,
        first(recent) as recent,
        first(k) as k,
        first(b) as b,
        sum(residual) as y
    from given
    group by contest, cluster, age
),
families as (
    select distinct
        family,
        contest
    from given
),
by_night as (
    select
        contest,
        age,
        first(residuals.recent) as recent,
        first(residuals.k) as k,
        first(residuals.b) as b,
        sum(residuals.y) as y
    from residuals
    group by contest, age
),
night_sums as (
    select
        families.family,
        by_night.contest,
        cast(any_value(by_night.k) as double) as k,
        cast(any_value(by_night.b) as double) as b,
        coalesce(sum(by_night.y * by_night.y) filter (not by_night.recent), 0)
        - pow(coalesce(sum(by_night.y) filter (not by_night.recent), 0), 2) / any_value(by_night.b) as night_squares
    from by_night
    inner join families
        on families.contest = by_night.contest
    group by families.family, by_night.contest
),
by_cluster as (
    select
        contest,
        cluster,
        cast(any_value(residuals.k) as double) as k,
        cast(any_value(residuals.b) as double) as b,
        sum(residuals.y) / any_value(residuals.k + residuals.b) as mean_all,
        sum(residuals.y * residuals.y) as sum_yy,
        sum(pow(residuals.y, 3)) as sum_yyy,
        coalesce(sum(residuals.y) filter (not residuals.recent), 0) / any_value(residuals.b) as mean_before,
        coalesce(sum(residuals.y * residuals.y) filter (not residuals.recent), 0) as sum_yy_before
    from residuals
    group by contest, cluster
),
squares as (
    select
        contest,
        sum(sum_yy - (k + b) * mean_all * mean_all) as all_squares,
        sum(sum_yyy - 3e0 * mean_all * sum_yy + 2e0 * (k + b) * pow(mean_all, 3)) as all_cubes,
        sum(sum_yy_before - b * mean_before * mean_before) as before_squares
    from by_cluster
    group by contest
),
pairs_of as (  -- two nights of the baseline that follow each other
    select
        contest,
        cluster,
        age // 2 as half,
        sum(y) as y
    from residuals
    where not recent
    group by contest, cluster, half
    having count(*) = 2
),
lags as (
    select
        pairs_of.contest,
        sum(pow(pairs_of.y - 2e0 * by_cluster.mean_before, 2)) as pair_squares
    from pairs_of
    inner join by_cluster
        on by_cluster.contest = pairs_of.contest
        and by_cluster.cluster = pairs_of.cluster
    group by pairs_of.contest
),
measured as (
    select
        night_sums.*,
        squares.all_squares,
        squares.all_cubes,
        squares.before_squares,
        case when squares.before_squares > 1e-9 then night_sums.night_squares / squares.before_squares end as own_factor,
        case
            when squares.before_squares > 1e-9 and lags.pair_squares is not null and night_sums.b > 1 then least(
                0.9e0,
                greatest(
                    0e0,
                    lags.pair_squares / (squares.before_squares * 2e0 * floor(night_sums.b / 2e0) / night_sums.b)
                    - 1e0 + 1e0 / (night_sums.b - 1e0)
                )
            )
            else 0e0
        end as rho
    from night_sums
    inner join squares
        on squares.contest = night_sums.contest
    left join lags
        on lags.contest = night_sums.contest
    where night_sums.k > 0 and night_sums.b > 0
),
shared as (
    select
        family,
        greatest(0e0, sum(own_factor - 1e0) / sum(before_squares) filter (own_factor is not null)) as per_square
    from measured
    group by family
),
factors as (
    select
        measured.*,
        1e0 + coalesce(shared.per_square * measured.before_squares, 0e0) as shared_factor,
        persistence(measured.rho, measured.k) as persisting_k,
        persistence(measured.rho, measured.b) as persisting_b,
        persistence(measured.rho, measured.k + measured.b) as persisting_all
    from measured
    left join shared
        on shared.family = measured.family
),
widened as (
    select
        *,
        greatest(shared_factor, coalesce(own_factor, 1e0))
        * (persisting_k / k + persisting_b / b) / (1e0 / k + 1e0 / b)
        / (1e0 - (persisting_all - 1e0) / (k + b)) as widening,
        all_squares / (k + b - 1e0) * (1e0 / k + 1e0 / b) as variance,
        case
            when k + b > 2 then
                all_cubes / (k + b) * b * (b - k) / (k * k * (k + b - 1e0) * (k + b - 2e0)) * pow((k + b) / b, 3)
            else 0e0
        end as cubes
    from factors
)
select
    contest,
    sqrt(greatest(0e0, variance) * widening) as se,
    case
        when own_factor > shared_factor then least(1e6, greatest(1e0, (b - 1e0) / greatest(1e-9, 1e0 - shared_factor / own_factor)))
        else 1e6
    end as df,
    case when variance > 1e-12 then cubes / pow(variance, 1.5e0) / sqrt(widening) else 0e0 end as skew
from widened
