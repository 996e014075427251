-- case: each grader of a suite has its row, the newest grade of each counting
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into calls by name select 'r1' as run_id, k(sample_id) as call_key, sample_id from samples;
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(sample_id) as call_key, sample_id, 'numeric' as grader, true as is_score,
    sample_id = '1' as passed, (sample_id = '1')::int as score from samples
union all select 'r1', 'r1', k(sample_id), sample_id, 'json_only', false, true, 1 from samples;
-- expect leaderboard_by_grader
select 'sums' as suite, 'a' as variant, 'numeric' as grader, true as is_score, 2::bigint as n, 5e-1 as accuracy,
    wilson_low(1, 2) as ci_low, 5e-1 as mean_score, 'r1' as run_id
union all select 'sums', 'a', 'json_only', false, 2, 1, wilson_low(2, 2), 1, 'r1'
