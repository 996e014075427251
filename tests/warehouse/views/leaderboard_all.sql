-- case: every run is there with its status, limit and length
-- given
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into runs by name
select 'whole' as run_id, 'complete' as status, '{"suites": ["sums"]}' as spec
union all select 'short', 'complete', '{"suites": ["sums"], "limit": 1}'
union all select 'stopped', 'budget_stopped', '{"suites": ["sums"]}';
insert into calls by name
select run_id, k(run_id) as call_key, '1' as sample_id, run_id = 'short' as simulated from runs
union all select 'whole', k('2'), '2', false;
insert into grades by name
select run_id, run_id as grading_id, call_key, true as passed, 1 as score from calls;
-- expect leaderboard_all
select 'whole' as run_id, 'complete' as status, null as "limit", true as full_length, false as simulated, 2::bigint as n
union all select 'short', 'complete', 1, false, true, 1
union all select 'stopped', 'budget_stopped', null, false, false, 1
