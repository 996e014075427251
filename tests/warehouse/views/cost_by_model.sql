-- case: a model's answers and its judging are apart
-- given
insert into runs by name select 'r1' as run_id;
insert into calls by name
select 'r1' as run_id, 'answer' as role, timestamptz '2026-03-01 00:00+00' as started_at
union all select 'r1', 'answer', timestamptz '2026-03-03 00:00+00'
union all select 'r1', 'judge', timestamptz '2026-03-02 00:00+00';
-- expect cost_by_model
select 'openai/gpt-4o-2024-05-13' as model, 'answer' as role, 2::bigint as n_calls, 0.0013 as usd,
    date '2026-03-01' as first_day, date '2026-03-03' as last_day
union all select 'openai/gpt-4o-2024-05-13', 'judge', 1, 0.00065, date '2026-03-02', date '2026-03-02'
