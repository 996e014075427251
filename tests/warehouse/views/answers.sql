-- case: one row an answer, with its score grade alone, its sample and its cost; a judge's call is none
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select 's1' as sample_id, 'easy' as category, 'p1' as cluster, '4' as target;
insert into calls by name
select 'r1' as run_id, k('a') as call_key, 's1' as sample_id, 'answer' as role, 1000000 as input_tokens, 0 as output_tokens
union all select 'r1', k('b'), 's2', 'answer', 0, 1000000
union all select 'r1', k('j'), 's1', 'judge', 5, 5;
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, 's1' as sample_id, 'numeric' as grader, true as is_score, 1.0 as score, true as passed
union all select 'r1', 'r1', k('a'), 's1', 'includes', false, 0.0, false;
-- expect answers
select 'r1' as run_id, date '2026-03-01' as run_date, 's1' as sample_id, 'easy' as category, 'p1' as cluster, 'numeric' as grader, true as passed, 5::decimal(18,12) as usd
union all select 'r1', date '2026-03-01', 's2', null, null, null, null, 15
