-- Grades are of calls that were not answered.
-- Kind:     reference
-- Table:    grades
-- Key:      call_key
-- Returns:  run_id, n (how many), example
select
    grades.grading_id as run_id,
    count(*) as n,
    min(cast(grades.call_key as varchar)) as example
from grades
inner join asked on asked.run_id = grades.grading_id
inner join calls
    on calls.run_id = grades.run_id
    and calls.call_key = grades.call_key
where calls.status <> 'answered'
group by grades.grading_id
