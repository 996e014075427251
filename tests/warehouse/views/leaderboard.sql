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
    wilson_low(1.25, 2) as ci_low, wilson_high(1.25, 2) as ci_high, 0.0052 as usd,
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
