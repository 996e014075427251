-- Which grades a later grading changed, and why: the grade before and the grade after, side by side.
-- Grain:    one row a run_id, call_key, grader, grading_id whose grade is another than the one before
-- Reads:    grades
-- The one before is the same grader's; where that was not the score and the new one is, it is the score until
-- then, by whatever grader. A grade that says the same as before has no row here.
-- run_id              varchar      the run whose answer was graded
-- call_key            uuid         the answer's call
-- suite               varchar      the suite
-- suite_version       varchar      its version, as it was asked
-- sample_id           varchar      the sample
-- epoch               integer      which repetition of it
-- variant             varchar      the competitor
-- model               varchar      provider/name
-- grader              varchar      who graded again; human: a person
-- grading_id          varchar      the run that graded again
-- graded_at           timestamptz  when that was
-- why                 varchar      what can be told of the cause, in words
-- is_score            boolean      the new grade is, or was meant as, the score
-- old_grading_id      varchar      the run that graded before
-- old_grader          varchar      who graded before
-- old_grader_version  varchar      in which version
-- new_grader_version  varchar      the version now
-- old_score           double       0 to 1
-- new_score           double       0 to 1
-- old_passed          boolean      whether the answer passed
-- new_passed          boolean      whether it passes now
-- old_reason          varchar      why it did not; null where it passed
-- new_reason          varchar      why it does not; null where it passes
-- old_answer          varchar      what was read out of the response
-- new_answer          varchar      what is read out of it now
-- explanation         varchar      what the new grade says of itself; of a person: who, and why
with reopened as (  -- runs whose calls were graded more than once
    select run_id
    from grades
    group by run_id
    having count(distinct grading_id) > 1
),
told as (
    select
        *,
        struct_pack(
            grading_id := grading_id,
            grader := grader,
            grader_version := grader_version,
            is_score := is_score,
            score := score,
            passed := passed,
            reason := reason,
            answer := answer
        ) as verdict
    from grades
    where run_id in (select run_id from reopened)
),
followed as (
    select
        *,
        lag(verdict) over (
            partition by run_id, call_key, grader
            order by graded_at, grading_id
        ) as own,
        last_value(case when is_score and grader <> 'human' then verdict end ignore nulls) over (
            partition by run_id, call_key
            order by graded_at, grading_id
            rows between unbounded preceding and 1 preceding
        ) as score_before
    from told
),
paired as (
    select
        *,
        coalesce(case when is_score and not coalesce(own.is_score, false) then score_before end, own) as old
    from followed
)
select
    run_id,
    call_key,
    suite,
    suite_version,
    sample_id,
    epoch,
    variant,
    model,
    grader,
    grading_id,
    graded_at,
    case
        when grader = 'human' then 'a person graded it otherwise'
        when old.grader <> grader then 'another grader is the score'
        when old.grader_version <> grader_version then 'the grader has another version'
        when old.answer is distinct from answer then 'another answer is read out of the response'
        else 'the grader''s options or the sample''s data changed'
    end as why,
    is_score,
    old.grading_id as old_grading_id,
    old.grader as old_grader,
    old.grader_version as old_grader_version,
    grader_version as new_grader_version,
    old.score as old_score,
    score as new_score,
    old.passed as old_passed,
    passed as new_passed,
    old.reason as old_reason,
    reason as new_reason,
    old.answer as old_answer,
    answer as new_answer,
    explanation
from paired
where old is not null
    and (
        old.score is distinct from score
        or old.passed is distinct from passed
        or old.reason is distinct from reason
        or (old.answer is distinct from answer and grader <> 'human')
    )
order by run_id, graded_at, suite, variant, sample_id, epoch, grader
