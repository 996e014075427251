-- case: a grading that says the same changed nothing
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, 1.0 as score, true as passed
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', 1.0, true;
-- expect grading_changes
select k('a') as call_key where false

-- case: a grade of another version is set beside the one before; other calls have no row
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, 's1' as sample_id, timestamptz '2026-03-01 00:00+00' as graded_at, '1' as grader_version, 0.0 as score, false as passed, 'wrong' as reason, '4' as answer
union all select 'r1', 'r1', k('b'), 's2', timestamptz '2026-03-01 00:00+00', '1', 1.0, true, null, '5'
union all select 'r1', 'g2', k('a'), 's1', timestamptz '2026-03-02 00:00+00', '2', 1.0, true, null, '40'
union all select 'r1', 'g2', k('b'), 's2', timestamptz '2026-03-02 00:00+00', '2', 1.0, true, null, '5';
-- expect grading_changes
select 'r1' as run_id, k('a') as call_key, 's1' as sample_id, 'numeric' as grader, 'g2' as grading_id,
    'the grader has another version' as why, 'r1' as old_grading_id, '1' as old_grader_version, '2' as new_grader_version,
    0.0::double as old_score, 1.0::double as new_score, false as old_passed, true as new_passed,
    'wrong' as old_reason, null as new_reason, '4' as old_answer, '40' as new_answer

-- case: each grading is compared with the one just before it
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, false as passed
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', true
union all select 'r1', 'g3', k('a'), timestamptz '2026-03-03 00:00+00', false;
-- expect grading_changes
select 'g2' as grading_id, 'r1' as old_grading_id, true as new_passed
union all select 'g3', 'g2', false

-- case: one version that reads another answer, or judges the same one otherwise
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, false as passed, '4' as answer
union all select 'r1', 'r1', k('b'), timestamptz '2026-03-01 00:00+00', false, '4'
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', true, '5'
union all select 'r1', 'g2', k('b'), timestamptz '2026-03-02 00:00+00', true, '4';
-- expect grading_changes
select k('a') as call_key, 'another answer is read out of the response' as why
union all select k('b'), 'the grader''s options or the sample''s data changed'

-- case: a person is compared with the score, and then with what persons said before
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, 'numeric' as grader, true as is_score, false as passed, 'refusal' as reason, null as explanation
union all select 'r1', 'r1', k('a'), timestamptz '2026-03-01 00:00+00', 'json_only', false, true, null, null
union all select 'r1', 'h1', k('a'), timestamptz '2026-03-02 00:00+00', 'human', true, true, null, 'Ann: as asked'
union all select 'r1', 'h2', k('a'), timestamptz '2026-03-03 00:00+00', 'human', true, false, 'wrong', 'Bob: not so';
-- expect grading_changes
select 'h1' as grading_id, 'a person graded it otherwise' as why, 'numeric' as old_grader, false as old_passed, true as new_passed, 'refusal' as old_reason, 'Ann: as asked' as explanation
union all select 'h2', 'a person graded it otherwise', 'human', true, false, null, 'Bob: not so'

-- case: another grader that brings the score is compared with the score before, also where it graded before
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, 'exact' as grader, true as is_score, false as passed
union all select 'r1', 'r1', k('a'), timestamptz '2026-03-01 00:00+00', 'includes', false, true
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', 'includes', true, true
union all select 'r2', 'r2', k('a'), timestamptz '2026-03-01 00:00+00', 'exact', true, false
union all select 'r2', 'g3', k('a'), timestamptz '2026-03-02 00:00+00', 'regex', true, true;
-- expect grading_changes
select 'r1' as run_id, 'includes' as grader, 'another grader is the score' as why, 'exact' as old_grader, false as old_passed, true as new_passed
union all select 'r2', 'regex', 'another grader is the score', 'exact', false, true

-- case: a grader without the score that is new has nothing before it
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('a') as call_key, timestamptz '2026-03-01 00:00+00' as graded_at, 'exact' as grader, true as is_score, false as passed
union all select 'r1', 'g2', k('a'), timestamptz '2026-03-02 00:00+00', 'includes', false, true;
-- expect grading_changes
select k('a') as call_key where false
