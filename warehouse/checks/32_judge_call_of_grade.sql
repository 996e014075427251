-- Grades name a judge's call that is not there.
-- Kind:     reference
-- Table:    grades
-- Key:      judge_call_key
-- Returns:  run_id, n (how many), example
select
    grades.grading_id as run_id,
    count(*) as n,
    min(cast(grades.judge_call_key as varchar)) as example
from grades
inner join asked on asked.run_id = grades.grading_id
left join calls
    on calls.run_id = grades.grading_id
    and calls.call_key = grades.judge_call_key
where calls.call_key is null and grades.judge_call_key is not null
group by grades.grading_id
