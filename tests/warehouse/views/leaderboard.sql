-- case: accuracy is passed / n over scored samples; failed calls have no grade and are counted apart
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name
select unnest(['1', '2', '3', '4', '5']) as sample_id, unnest([true, true, true, true, false]) as scored;
insert into calls by name
select 'r1' as run_id, k(sample_id) as call_key, sample_id, sample_id::int as latency_s from samples;
update calls set status = 'failed', input_tokens = null, output_tokens = null where sample_id = '4';
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('1') as call_key, true as passed, 1.0 as score, null as reason
union all select 'r1', 'r1', k('2'), false, 0.5, 'cut'
union all select 'r1', 'r1', k('3'), false, 0.0, 'content_filter'
union all select 'r1', 'r1', k('5'), false, 0.0, 'refusal';
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('2') as call_key, 'json_only' as grader, false as is_score, true as passed, 1.0 as score;
-- expect leaderboard
select 'sums' as suite, 'a' as variant, 3::bigint as n, 1::bigint as n_failed, 1::bigint as n_refused,
    1::bigint as n_cut, 1 / 3 as accuracy, 5e-1 as mean_score, wilson_low(1, 3) as ci_low,
    wilson_high(1, 3) as ci_high, 0.0026 as usd, 0::bigint as n_unpriced, 0.0026 as usd_per_correct,
    2.5e0 as latency_p50, 4.7e0 as latency_p95, 400::bigint as input_tokens, 40::bigint as output_tokens,
    date '2026-03-01' as run_date

-- case: a sample's epochs are averaged first
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into calls by name
select 'r1' as run_id, k(sample_id || epoch) as call_key, sample_id, epoch
from samples, (select unnest([1, 2, 3, 4]) as epoch);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, call_key, sample_id = '1' or epoch = 1 as passed,
    (sample_id = '1' or epoch = 1)::int as score
from calls where sample_id = '2' or epoch < 3;
-- expect leaderboard
select 2::bigint as n, 0.625 as accuracy, 0.625 as mean_score,
    share_low(1.25, 2, 0.140625, 2) as ci_low, share_high(1.25, 2, 0.140625, 2) as ci_high, 0.0052 as usd,
    usd_divided(0.0052, 3) as usd_per_correct

-- case: a sum over a call without a price is unknown, and so is the cost of a right answer
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into calls by name
select 'r1' as run_id, k(sample_id) as call_key, sample_id,
    case when sample_id = '1' then 'openai/gpt-4o-2024-05-13' end as priced_as
from samples;
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, call_key, true as passed, 1 as score from calls;
-- expect leaderboard
select null as usd, 1::bigint as n_unpriced, null as usd_per_correct, 0.00065 as usd_priced

-- case: of several versions of a suite the newest that the variant was put to is shown, once
-- given
insert into samples by name select '1' as sample_id, unnest(['1', '2']) as suite_version;
insert into runs by name
select 'r1' as run_id, timestamptz '2026-03-01 00:00+00' as started_at
union all select 'r2', timestamptz '2026-03-02 00:00+00';
insert into calls by name
select 'r1' as run_id, '1' as sample_id, '1' as suite_version, 'a' as variant
union all select 'r1', '1', '1', 'b'
union all select 'r2', '1', '2', 'a';
-- expect leaderboard
select 'a' as variant, 'r2' as run_id, '2' as suite_version, date '2026-03-02' as run_date, 0::bigint as n,
    null as accuracy, null as ci_low, null as ci_high
union all select 'b', 'r1', '1', date '2026-03-01', 0, null, null, null

-- case: judges' calls cost nothing here
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select '1' as sample_id;
insert into calls by name
select 'r1' as run_id, k('a') as call_key, '1' as sample_id, 'answer' as role
union all select 'r1', k('b'), '1', 'judge';
-- expect leaderboard
select 0.00065 as usd

-- case: answers without a score are counted apart, and their accuracy is unknown
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name
select unnest(['1', '2', '3', '4']) as sample_id, unnest([true, true, true, false]) as scored;
insert into calls by name select 'r1' as run_id, k(sample_id) as call_key, sample_id from samples;
update calls set status = 'failed', input_tokens = null, output_tokens = null where sample_id = '3';
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('1') as call_key, 'second' as grader, false as is_score,
    true as passed, 1.0 as score;
-- expect leaderboard
select 0::bigint as n, 2::bigint as n_ungraded, 1::bigint as n_failed, null::double as accuracy,
    null::double as ci_low, null::double as ci_high, null::double as mean_score, 0.00195 as usd,
    null::decimal(18, 12) as usd_per_correct

-- case: a sample with one graded epoch is graded
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select '1' as sample_id;
insert into calls by name
select 'r1' as run_id, k('1' || epoch) as call_key, '1' as sample_id, epoch
from (select unnest([1, 2]) as epoch);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k('11') as call_key, true as passed, 1.0 as score;
-- expect leaderboard
select 1::bigint as n, 0::bigint as n_ungraded, 1.0::double as accuracy

-- case: what a judge scored has its measured reliability beside it, and accuracy corrected for its errors
-- given
insert into runs by name
select 'r1' as run_id, timestamptz '2026-03-01 00:00+00' as started_at, 'evaluate' as kind
union all select 'c1', timestamptz '2026-03-02 00:00+00', 'calibrate'
union all select 'c2', timestamptz '2026-03-03 00:00+00', 'calibrate';
insert into samples by name select unnest(range(10))::varchar as sample_id;
insert into calls by name
select 'r1' as run_id, k(v || sample_id) as call_key, sample_id, v as variant from samples, (values ('a'), ('b'), ('c'), ('d')) as t(v);
insert into calls by name
select 'r1' as run_id, k('j' || variant || sample_id) as call_key, sample_id, variant, 'judge' as role,
    case when variant = 'b' then 'openai/unknown' when variant = 'd' and sample_id < '5' then 'openai/k' else 'openai/j' end as model
from calls;
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, call_key, variant, sample_id, 'judge' as grader, sample_id < '7' as passed,
    (sample_id < '7')::int as score, case when variant <> 'c' then k('j' || variant || sample_id) end as judge_call_key
from calls where role = 'answer';
insert into calibrations by name
select 'c1' as run_id, 'accuracy' as measure, 0.85 as value, 60 as n
union all select 'c1', 'sensitivity', 0.9, 40
union all select 'c1', 'specificity', 0.8, 20;
insert into calibrations by name select 'c2' as run_id, 'pairs' as labels_hash, 'accuracy' as measure, 0.7 as value, 50 as n;
-- expect leaderboard
select 'a' as variant, 0.7e0 as accuracy, 'openai/j' as judge, 0.85e0 as judge_accuracy, (0.7e0 + 0.8e0 - 1) / (0.9e0 + 0.8e0 - 1) as accuracy_corrected,
    corrected_low(0.7, 10, 0.9, 40, 0.8, 20) as corrected_low, corrected_high(0.7, 10, 0.9, 40, 0.8, 20) as corrected_high
union all select 'b', 0.7e0, 'openai/unknown', null, null, null, null
union all select 'c', 0.7e0, null, null, null, null, null
union all select 'd', 0.7e0, null, null, null, null, null

-- case: a judge that was calibrated on pairs alone has an accuracy and corrects nothing; the newest grading's judge counts
-- given
insert into runs by name
select 'r1' as run_id, timestamptz '2026-03-01 00:00+00' as started_at, 'evaluate' as kind
union all select 'g2', timestamptz '2026-03-02 00:00+00', 'regrade'
union all select 'c1', timestamptz '2026-03-02 00:00+00', 'calibrate';
insert into samples by name select '1' as sample_id;
insert into calls by name
select 'r1' as run_id, k('1') as call_key, '1' as sample_id, 'answer' as role, 'openai/x' as model
union all select 'r1', k('j'), '1', 'judge', 'openai/old'
union all select 'g2', k('j'), '1', 'judge', 'openai/j';
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, timestamptz '2026-03-01 00:00+00' as graded_at, k('1') as call_key, 'judge' as grader, false as passed, 0 as score, k('j') as judge_call_key
union all select 'r1', 'g2', timestamptz '2026-03-02 00:00+00', k('1'), 'judge', true, 1, k('j');
insert into calibrations by name select 'c1' as run_id, 'accuracy' as measure, 0.7 as value, 50 as n;
-- expect leaderboard
select 1e0 as accuracy, 'openai/j' as judge, 0.7e0 as judge_accuracy, null::double as accuracy_corrected, null::double as corrected_low
-- expect leaderboard_all
select 'r1' as run_id, 'openai/j' as judge, 0.7e0 as judge_accuracy, null::double as corrected_high
