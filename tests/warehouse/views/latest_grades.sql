-- case: a single grading is taken as it is
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, 'numeric' as grader, true as is_score
union all select 'r1', 'r1', k('a'), 'json_only', false;
-- expect latest_grades
select 'numeric' as grader, true as is_score union all select 'json_only', false

-- case: of two gradings by one grader the newest counts
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, false as passed
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', true
union all select 'r2', 'r2', k('a'), timestamptz '2026-03-01 00:00+00', false;
-- expect latest_grades
select 'r1' as run_id, 'g2' as grading_id, true as passed, true as is_score
union all select 'r2', 'r2', false, true

-- case: a person's grade is the score, and the one it overrules is not
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, 'numeric' as grader, true as is_score, true as passed
union all select 'r1', 'r1', k('b'), 'numeric', true, true
union all select 'r1', 'h1', k('a'), 'human', false, false;
-- expect latest_grades
select k('a') as call_key, 'numeric' as grader, false as is_score
union all select k('a'), 'human', true
union all select k('b'), 'numeric', true

-- case: of two scores by different graders the newest is the score
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, 'exact' as grader
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', 'numeric';
-- expect latest_grades
select 'exact' as grader, false as is_score union all select 'numeric', true
