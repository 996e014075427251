-- What came of asking judges: how many calls, how many gave no verdict, at what cost.
-- Grain:    one row a run_id, suite, suite_version, judge, model
-- Reads:    call_costs, grades, pairs, runs
-- No verdict: the call was answered, and the answer is none (cut, refused, not in its shape, or off the scale), so
-- that it gave neither a grade nor a pair. Nothing is guessed of it; its words are in calls.response. Calibrations
-- are left out: what they ask is in judge_reliability.
-- run_id         varchar         the run that asked
-- suite          varchar         the suite
-- suite_version  varchar         its version
-- judge          varchar         how the run calls it: "judge provider/name"
-- model          varchar         provider/name
-- simulated      boolean         made up: says nothing of a real judge
-- n              bigint          calls
-- n_failed       bigint          of them finally failed
-- n_no_verdict   bigint          answered, and the answer is no verdict
-- n_unpriced     bigint          calls whose cost is not known
-- usd            decimal(18,12)  what all of them cost; null when n_unpriced > 0
with told as (
    select
        grading_id,
        judge_call_key
    from grades
    where judge_call_key is not null
    union
    select
        grading_id,
        judge_call_key
    from pairs
    where judge_call_key is not null
)
select
    calls.run_id,
    calls.suite,
    calls.suite_version,
    calls.variant as judge,
    calls.model,
    calls.simulated,
    count(*) as n,
    count(*) filter (calls.status = 'failed') as n_failed,
    count(*) filter (calls.status = 'answered' and told.judge_call_key is null) as n_no_verdict,
    count(*) filter (calls.usd is null) as n_unpriced,
    case when count(*) = count(calls.usd) then try_cast(sum(calls.usd) as decimal(18, 12)) end as usd
from call_costs as calls
inner join runs
    on runs.run_id = calls.run_id
    and runs.kind <> 'calibrate'
left join told
    on told.grading_id = calls.run_id
    and told.judge_call_key = calls.call_key
where calls.role = 'judge'
group by calls.run_id, calls.suite, calls.suite_version, calls.variant, calls.model, calls.simulated
order by calls.run_id, calls.suite, calls.variant
