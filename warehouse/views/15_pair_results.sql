-- Who won of two answers to one sample, by one judge, over both orders.
-- Grain:    one row a run_id, call_key_a, call_key_b, judge
-- Reads:    pairs, calls
-- Of several gradings of a pair by a judge, the newest. Verdicts that agree count; where the orders contradict
-- each other the pair is a tie. A pair that was judged in one order alone (the other verdict failed) keeps what
-- that verdict says, with whatever the place of an answer did to it: n_orders tells. A spoiled answer (refused,
-- cut, empty) loses without a judge's having been asked; that counts for each judge of the suite in that run.
-- run_id         varchar      the run whose answers were compared
-- suite          varchar      the suite
-- suite_version  varchar      its full version
-- sample_id      varchar      the sample
-- epoch          integer      which repetition of it
-- variant_a      varchar      the competitor that is a
-- variant_b      varchar      the competitor that is b
-- call_key_a     uuid         a's answer
-- call_key_b     uuid         b's answer
-- judge          varchar      the judge's model, provider/name, or the name that the run gave it, so that two
--                             judges of one model stay apart; null where the verdicts name no call of a judge
-- winner         varchar      a, b or tie
-- consistent     boolean      both orders say the same; null where n_orders = 1
-- n_orders       bigint       orders in which the pair was judged, 1 or 2
-- grading_id     varchar      the run that judged
-- graded_at      timestamptz  when that was
-- simulated      boolean      an answer or the judge is made up: says nothing of a real model
with judges as (
    select
        run_id,
        call_key,
        case when starts_with(variant, 'judge ') then substr(variant, 7) else model end as judge
    from calls
    where role = 'judge'
),
judges_of as (
    select distinct
        pairs.grading_id,
        pairs.suite,
        judges.judge
    from pairs
    inner join judges
        on judges.run_id = pairs.grading_id
        and judges.call_key = pairs.judge_call_key
),
all_said as (
    select
        pairs.*,
        judges.judge
    from pairs
    left join judges
        on judges.run_id = pairs.grading_id
        and judges.call_key = pairs.judge_call_key
),
by_judge as (
    select all_said.* replace (coalesce(all_said.judge, judges_of.judge) as judge)
    from all_said
    left join judges_of
        on all_said.judge_call_key is null
        and judges_of.grading_id = all_said.grading_id
        and judges_of.suite = all_said.suite
),
told as (
    select
        *,
        max(graded_at) over (
            partition by run_id, call_key_a, call_key_b, judge, grading_id
        ) as ended_at
    from by_judge
),
newest as (
    select *
    from told
    qualify dense_rank() over (
        partition by run_id, call_key_a, call_key_b, judge
        order by ended_at desc, grading_id desc
    ) = 1
)
select
    run_id,
    first(suite) as suite,
    first(suite_version) as suite_version,
    first(sample_id) as sample_id,
    first(epoch) as epoch,
    first(variant_a) as variant_a,
    first(variant_b) as variant_b,
    call_key_a,
    call_key_b,
    judge,
    case when count(distinct winner) = 1 then first(winner) else 'tie' end as winner,
    case when count(distinct swapped) > 1 then count(distinct winner) = 1 end as consistent,
    count(distinct swapped) as n_orders,
    first(grading_id) as grading_id,
    max(graded_at) as graded_at,
    bool_or(simulated) as simulated
from newest
group by run_id, call_key_a, call_key_b, judge
