-- case: the newest run of a day counts, and the change is that to the night before
-- given
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into runs by name
select unnest(['n1', 'n1b', 'n2']) as run_id,
    unnest([timestamptz '2026-03-01 02:00Z', timestamptz '2026-03-01 05:00Z', timestamptz '2026-03-03 02:00Z']) as started_at;
insert into calls by name
select run_id, k(run_id || sample_id) as call_key, sample_id, case when run_id = 'n2' then 'f2' else 'f1' end as fingerprint,
    'gpt-4o' as served_model
from samples, runs;
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, sample_id = '1' or run_id = 'n1b' as passed,
    (sample_id = '1' or run_id = 'n1b')::int as score from calls;
-- expect nightly
select date '2026-03-01' as run_date, 'n1b' as run_id, 1e0 as accuracy, null as change, null as served_changed, 'f1' as fingerprint
union all select date '2026-03-03', 'n2', 0.5, -0.5, true, 'f2'
