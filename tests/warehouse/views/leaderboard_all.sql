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

-- case: a regrade is no run of its own, and its grades change the results of the run that it graded
-- given
insert into runs by name select 'r1' as run_id, 'evaluate' as kind union all select 'g2', 'regrade';
insert into samples by name select 's1' as sample_id union all select 's2';
insert into calls by name select 'r1' as run_id, k('a') as call_key, 's1' as sample_id union all select 'r1', k('b'), 's2';
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, 's1' as sample_id, timestamptz '2026-03-01 00:00+00' as graded_at, 0.0 as score, false as passed, 'refusal' as reason
union all select 'r1', 'g2', k('a'), 's1', timestamptz '2026-03-02 00:00+00', 1.0, true, null
union all select 'r1', 'g2', k('b'), 's2', timestamptz '2026-03-02 00:00+00', 0.0, false, 'cut';
-- expect leaderboard_all
select 'r1' as run_id, 2 as n, 0.5 as accuracy, 0.5 as mean_score, 0 as n_refused, 1 as n_cut, 0 as n_ungraded
-- expect leaderboard
select 'r1' as run_id, 2 as n, 0.5 as accuracy, 0 as n_refused, 1 as n_cut

-- case: a person's verdicts are counted in place of the grader's, whatever graded later
-- given
insert into runs by name select 'r1' as run_id, 'evaluate' as kind union all select 'h1', 'regrade' union all select 'g2', 'regrade';
insert into samples by name select 's1' as sample_id union all select 's2';
insert into calls by name select 'r1' as run_id, k('a') as call_key, 's1' as sample_id union all select 'r1', k('b'), 's2';
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, 's1' as sample_id, timestamptz '2026-03-01 00:00+00' as graded_at, 'numeric' as grader, 0.0 as score, false as passed, 'cut' as reason
union all select 'r1', 'r1', k('b'), 's2', timestamptz '2026-03-01 00:00+00', 'numeric', 1.0, true, null
union all select 'r1', 'h1', k('a'), 's1', timestamptz '2026-03-02 00:00+00', 'human', 1.0, true, null
union all select 'r1', 'g2', k('a'), 's1', timestamptz '2026-03-03 00:00+00', 'numeric', 0.0, false, 'cut';
-- expect leaderboard_all
select 'r1' as run_id, 2 as n, 1.0::double as accuracy, 1.0::double as mean_score, 0 as n_cut
-- expect leaderboard
select 'r1' as run_id, 2 as n, 1.0::double as accuracy
