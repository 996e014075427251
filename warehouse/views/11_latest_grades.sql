-- The grades that count: the newest of each grader, and one score a call.
-- Grain:    one row a run_id, call_key, grader
-- Reads:    grades, latest_of
-- Where a grader named `human` judged a call, its grade is the score and the one it overrules is not.
-- Where a later grading brought another score, the newest is the score.
-- All columns of grades, with is_score settled.
select * from latest_of('grades')
