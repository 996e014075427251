-- case: what was predicted stands beside what it took, and money has its range
-- given
insert into runs by name
select
    'whole' as run_id,
    timestamptz '2026-03-01 22:30:00+00' as started_at,
    timestamptz '2026-03-01 22:36:00+00' as finished_at,
    2 as planned_calls,
    2 as answered_calls,
    0.0006 as predicted_usd,
    0.0004 as predicted_usd_low,
    0.0009 as predicted_usd_high,
    150 as predicted_input_tokens,
    40 as predicted_output_tokens,
    3.0 as predicted_minutes;
insert into calls by name
select 'whole' as run_id, k('1') as call_key, 80 as input_tokens, 20 as cached_input_tokens, 10 as output_tokens
union all select 'whole', k('2'), 100, 0, 10;
-- expect plan_accuracy
select
    'whole' as run_id,
    date '2026-03-01' as run_date,
    true as whole,
    2 as n_calls,
    0 as n_reused,
    200 as input_tokens,
    4 / 3 as input_ratio,
    20 as output_tokens,
    0.5 as output_ratio,
    6.0 as minutes,
    2.0 as minutes_ratio,
    (select cast(sum(usd) as decimal(18, 12)) from call_costs) as usd,
    (select cast(sum(usd) as double) / 0.0006 from call_costs) as usd_ratio,
    false as in_range
-- case: status, kind and simulated say what a run's row is worth; one without a prediction has none
-- given
insert into runs by name
select 'cut' as run_id, 'budget_stopped' as status, 'evaluate' as kind, true as simulated, 1.0 as predicted_minutes, 2 as planned_calls, 1 as answered_calls
union all select 'dress', 'complete', 'rehearsal', true, 1.0, 1, 1
union all select 'failing', 'complete', 'evaluate', false, 1.0, 2, 1
union all select 'import', 'complete', 'import', false, null, 1, 1;
-- expect plan_accuracy
select 'cut' as run_id, 'budget_stopped' as status, 'evaluate' as kind, true as simulated, false as whole
union all select 'dress', 'complete', 'rehearsal', true, true
union all select 'failing', 'complete', 'evaluate', false, false
-- case: nothing to divide by is null, and so is a cost that is not known; reused answers are counted
-- given
insert into runs by name
select 'odd' as run_id, 0 as predicted_usd, 0 as predicted_input_tokens, 0 as predicted_output_tokens, 0.0 as predicted_minutes;
insert into calls by name
select 'odd' as run_id, k('1') as call_key, 'earlier' as reused_from, cast(null as varchar) as priced_as
union all select 'odd', k('2'), null, null;
-- expect plan_accuracy
select
    'odd' as run_id,
    1 as n_reused,
    1 as n_unpriced,
    null as usd,
    null as usd_ratio,
    null as input_ratio,
    null as output_ratio,
    null as minutes_ratio,
    null as in_range
