-- case: simulated and imported calls are apart, and a day is a UTC day
-- given
insert into runs by name select 'r1' as run_id, 'evaluate' as kind union all select 'r2', 'import';
insert into calls by name
select 'r1' as run_id, timestamptz '2026-03-01 23:30+00' as started_at, false as simulated
union all select 'r1', timestamptz '2026-03-01 00:30+00', false
union all select 'r1', timestamptz '2026-03-02 00:30+00', true
union all select 'r2', timestamptz '2026-03-02 00:30+00', false;
-- expect cost_by_day
select date '2026-03-01' as day, 'evaluate' as kind, false as simulated, 2::bigint as n_calls, 0.0013 as usd,
    200::bigint as input_tokens, 20::bigint as output_tokens
union all select date '2026-03-02', 'evaluate', true, 1, 0.00065, 100, 10
union all select date '2026-03-02', 'import', false, 1, 0.00065, 100, 10

-- case: one call without a price makes the sum unknown, beside what is known
-- given
insert into runs by name select 'r1' as run_id;
insert into calls by name select 'r1' as run_id, unnest([null, 'openai/gpt-4o-2024-05-13']) as priced_as;
-- expect cost_by_day
select null as usd, 1::bigint as n_unpriced, 0.00065 as usd_priced
