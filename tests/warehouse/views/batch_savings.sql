-- case: a batch at half price saved as much as it cost
-- given
insert into calls by name
select 'r1' as run_id, k('1') as call_key, 'batch' as mode, timestamptz '2024-09-01 12:00Z' as started_at
union all select 'r1', k('2'), 'batch', timestamptz '2024-09-01 12:00Z'
union all select 'r1', k('3'), 'realtime', timestamptz '2024-09-01 12:00Z';
-- expect batch_savings
select 'r1' as run_id, 2::bigint as n_calls, sum(usd) filter (mode = 'batch') as usd,
    2 * sum(usd) filter (mode = 'realtime') as usd_realtime, sum(usd) filter (mode = 'batch') as usd_saved
from call_costs
