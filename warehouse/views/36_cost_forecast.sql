-- What the next thirty days will cost, if they are as the last: from the days on which anything was spent.
-- Grain:    one row a model
-- Reads:    cost_totals, runs
-- A day is one of the last thirty up to the newest day with a call; days without a call count as 0. Simulated runs
-- and imports cost nothing. The interval is Student's over days, thirty times a day's mean; weekly rhythms widen it.
-- model          varchar         provider/name
-- first_day      date            the first day looked at: at most thirty before the newest, not before the model's first
-- last_day       date            the newest day with a call of any model
-- n_days         bigint          days looked at
-- n_days_spent   bigint          of them, days with a call of this model
-- n_unpriced     bigint          calls whose cost is not known: left out
-- usd_last       decimal(18,12)  spent in the days looked at
-- usd_per_day    double          mean of a day
-- usd_forecast   double          thirty times that
-- usd_low        double          lower end of its 95 % interval, not below 0; null of a single day
-- usd_high       double          upper end of the same
with spent as (
    select
        cost_totals.model,
        cost_totals.day,
        coalesce(sum(cost_totals.usd), 0) as usd,
        sum(cost_totals.n_unpriced) as n_unpriced
    from cost_totals
    inner join runs on runs.run_id = cost_totals.run_id
    where not cost_totals.simulated and runs.kind <> 'import'
    group by cost_totals.model, cost_totals.day
),
newest as (
    select max(day) as last_day from spent
),
spans as (
    select
        spent.model,
        newest.last_day,
        greatest(min(spent.day), newest.last_day - 29) as first_day
    from spent
    cross join newest
    group by spent.model, newest.last_day
    having max(spent.day) > newest.last_day - 30
),
sums as (
    select
        spans.model,
        spans.first_day,
        spans.last_day,
        cast(spans.last_day - spans.first_day + 1 as bigint) as n_days,
        count(*) as n_days_spent,
        cast(sum(spent.n_unpriced) as bigint) as n_unpriced,
        try_cast(sum(spent.usd) as decimal(18, 12)) as usd_last,
        sum(cast(spent.usd as double)) as usd,
        sum(pow(cast(spent.usd as double), 2)) as usd_squared
    from spans
    inner join spent
        on spent.model = spans.model
        and spent.day between spans.first_day and spans.last_day
    group by spans.model, spans.first_day, spans.last_day
),
measured as (
    select
        *,
        usd / n_days as usd_per_day,
        case
            when n_days > 1
                then 30 * student_t(n_days - 1)
                * sqrt(greatest(0e0, usd_squared - usd * usd / n_days) / (n_days - 1) / n_days)
        end as half
    from sums
)
select
    model,
    first_day,
    last_day,
    n_days,
    n_days_spent,
    n_unpriced,
    usd_last,
    usd_per_day,
    30 * usd_per_day as usd_forecast,
    case when half is not null then greatest(0e0, 30 * usd_per_day - half) end as usd_low,
    30 * usd_per_day + half as usd_high
from measured
order by usd_forecast desc, model
