-- case: a run is full-length when it asked every sample of the suite version
-- given
insert into runs by name select 'full' as run_id union all select 'part';
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into calls by name
select 'full' as run_id, unnest(['1', '2', '2']) as sample_id
union all select 'part', '1';
-- expect run_variants
select 'full' as run_id, 2::bigint as n_asked, 2::bigint as n_samples, true as full_length, null as "limit"
union all select 'part', 1, 2, false, null

-- case: a suite's own limit wins over the run's
-- given
insert into runs by name
select 'r1' as run_id, '{"limit": 50, "suites": ["a", {"name": "b", "limit": 20}, {"name": "c", "limit": null}]}' as spec;
insert into calls by name
select 'r1' as run_id, unnest(['a', 'b', 'c']) as suite, '1' as sample_id;
-- expect run_variants
select 'a' as suite, 50 as "limit" union all select 'b', 20 union all select 'c', 50

-- case: a spec that is no JSON, or has no suites, limits nothing
-- given
insert into runs by name select 'r1' as run_id, 'what' as spec union all select 'r2', null union all select 'r3', '{"suites": 1}';
insert into calls by name select unnest(['r1', 'r2', 'r3']) as run_id, '1' as sample_id;
-- expect run_variants
select unnest(['r1', 'r2', 'r3']) as run_id, null as "limit", false as full_length

-- case: the day of a run is the UTC day, and judges' calls are no variants
-- given
insert into runs by name select 'r1' as run_id, timestamptz '2026-03-01 23:30+00' as started_at;
insert into calls by name
select 'r1' as run_id, 'a' as variant, 'answer' as role union all select 'r1', 'b', 'judge';
-- expect run_variants
select date '2026-03-01' as run_date, 'a' as variant
