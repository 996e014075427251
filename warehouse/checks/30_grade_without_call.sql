-- Grades are of calls that are not there.
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
left join calls
    on calls.run_id = grades.run_id
    and calls.call_key = grades.call_key
where calls.call_key is null
group by grades.grading_id
