-- case: thirty times the mean of the days since the model came, quiet days among them; imports cost nothing
-- given
insert into runs by name select 'r1' as run_id union all select 'i1';
update runs set kind = 'import' where run_id = 'i1';
insert into calls by name
select 'r1' as run_id, k(i::varchar) as call_key, 1000000 as input_tokens, 0 as output_tokens,
    timestamptz '2024-06-01 12:00Z' + i * interval 1 day as started_at
from unnest([0, 3]) as t(i)
union all select 'i1', k('9'), 1000000, 0, timestamptz '2024-06-20 12:00Z';
-- expect cost_forecast
select 'openai/gpt-4o-2024-05-13' as model, date '2024-06-01' as first_day, date '2024-06-04' as last_day, 4::bigint as n_days,
    2::bigint as n_days_spent, 10::decimal(18, 12) as usd_last, 2.5e0 as usd_per_day, 75e0 as usd_forecast, 0e0 as usd_low,
    75 + 30 * student_t(3) * sqrt((50 - 25) / 3 / 4) as usd_high

-- case: one day has no interval
-- given
insert into runs by name select 'r1' as run_id;
insert into calls by name select 'r1' as run_id, k('1') as call_key, 1000000 as input_tokens, 0 as output_tokens;
-- expect cost_forecast
select 1::bigint as n_days, 150e0 as usd_forecast, null as usd_low, null as usd_high
