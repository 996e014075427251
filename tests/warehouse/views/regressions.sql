-- case: a drop on the last night is an alarm, located by category; another served model stands beside it
-- given
insert into samples by name
select i::varchar as sample_id, case when i < 30 then 'hard' else 'easy' end as category from range(100) as t(i);
insert into runs by name
select 'n' || night as run_id, timestamptz '2026-03-01 02:00Z' + night * interval 1 day as started_at
from range(9) as t(night);
insert into calls by name
select 'n' || night as run_id, k(night || ' ' || sample_id) as call_key, sample_id,
    case when night = 8 then 'gpt-4o-new' else 'gpt-4o-old' end as served_model
from samples, range(9) as t(night);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id,
    not (run_id = 'n8' and sample_id::int < 25) as passed, (not (run_id = 'n8' and sample_id::int < 25))::int as score
from calls;
-- expect regressions
select 'sums' as suite, null as category, 1 as nights, 8::bigint as baseline_nights, 'n8' as run_id,
    date '2026-03-09' as run_date, 100::bigint as n, 0.75 as accuracy, 1e0 as baseline_accuracy, -0.25 as difference,
    true as alarm, 'gpt-4o-new' as served_model, 'gpt-4o-old' as baseline_served_model, true as served_changed
union all select 'sums', null, 3, 6, 'n8', date '2026-03-09', 100, 2.75 / 3, 1, -0.25 / 3, true, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', 'hard', 1, 8, 'n8', date '2026-03-09', 30, 5 / 30, 1, -25 / 30, false, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', 'hard', 3, 6, 'n8', date '2026-03-09', 30, 65 / 90, 1, -25 / 90, false, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', 'easy', 1, 8, 'n8', date '2026-03-09', 70, 1, 1, 0, false, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', 'easy', 3, 6, 'n8', date '2026-03-09', 70, 1, 1, 0, false, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', null, 7, 2, 'n8', date '2026-03-09', 100, 6.75 / 7, 1, -0.25 / 7, false, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', 'hard', 7, 2, 'n8', date '2026-03-09', 30, (30 * 6 + 5) / 210, 1, -25 / 210, false, 'gpt-4o-new', 'gpt-4o-old', true
union all select 'sums', 'easy', 7, 2, 'n8', date '2026-03-09', 70, 1, 1, 0, false, 'gpt-4o-new', 'gpt-4o-old', true

-- case: a changed variant has no baseline yet, and what came before is not its own
-- given
insert into samples by name select i::varchar as sample_id from range(50) as t(i);
insert into runs by name
select 'n' || night as run_id, timestamptz '2026-03-01 02:00Z' + night * interval 1 day as started_at
from range(5) as t(night);
insert into calls by name
select 'n' || night as run_id, k(night || ' ' || sample_id) as call_key, sample_id,
    case when night = 4 then '22222222' else '11111111' end as variant_version
from samples, range(5) as t(night);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, run_id <> 'n4' as passed, (run_id <> 'n4')::int as score
from calls;
-- expect regressions
select 'sums' as suite where false

-- case: a quiet night raises no alarm
-- given
insert into samples by name select i::varchar as sample_id from range(50) as t(i);
insert into runs by name
select 'n' || night as run_id, timestamptz '2026-03-01 02:00Z' + night * interval 1 day as started_at
from range(3) as t(night);
insert into calls by name
select 'n' || night as run_id, k(night || ' ' || sample_id) as call_key, sample_id from samples, range(3) as t(night);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, sample_id::int > 5 as passed, 1 as score from calls;
-- expect regressions
select 1 as nights, 2::bigint as baseline_nights, 0e0 as difference, false as alarm, false as served_changed
