-- Of the grades in a relation (columns of `grades`, whole runs), those that count: the newest of each grader,
-- and one score a call. Where a grader named `human` judged a call, its grade is the score and the one it
-- overrules is not; where a later grading brought another score, the newest is the score.
create or replace macro latest_of(some_grades) as table
with given as (
    select * from query_table(some_grades)
),
reopened as (  -- runs whose calls were graded more than once, or by a person
    select run_id
    from given
    group by run_id
    having min(grading_id) <> max(grading_id) or bool_or(grader = 'human')
),
newest as (
    select *
    from given
    where run_id in (select run_id from reopened)
    qualify row_number() over (
        partition by run_id, call_key, grader
        order by graded_at desc, grading_id desc
    ) = 1
),
ranked as (
    select
        *,
        row_number() over (
            partition by run_id, call_key
            order by grader = 'human' desc, is_score desc, graded_at desc, grading_id desc, grader
        ) as rank
    from newest
)
select *
from given
where run_id not in (select run_id from reopened)
union all
select * exclude (rank) replace (rank = 1 and (is_score or grader = 'human') as is_score)
from ranked
