-- case: the newest complete full-length run that was not simulated counts
-- given
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into runs by name
select 'old' as run_id, 'complete' as status, 'evaluate' as kind, timestamptz '2026-03-01 00:00+00' as started_at
union all select 'good', 'complete', 'evaluate', timestamptz '2026-03-02 00:00+00'
union all select 'limited', 'complete', 'evaluate', timestamptz '2026-03-03 00:00+00'
union all select 'partial', 'partial', 'evaluate', timestamptz '2026-03-04 00:00+00'
union all select 'simulated', 'complete', 'evaluate', timestamptz '2026-03-05 00:00+00'
union all select 'rehearsal', 'complete', 'rehearsal', timestamptz '2026-03-06 00:00+00';
insert into calls by name
select run_id, unnest(['1', '2']) as sample_id, run_id = 'simulated' as simulated from runs where run_id <> 'limited'
union all select 'limited', '1', false;
-- expect current_runs
select 'good' as run_id

-- case: each suite version and variant has its own, imports too
-- given
insert into samples by name select '1' as sample_id, unnest(['1', '2']) as suite_version;
insert into runs by name
select 'r1' as run_id, timestamptz '2026-03-01 00:00+00' as started_at, 'evaluate' as kind
union all select 'r2', timestamptz '2026-03-02 00:00+00', 'import';
insert into calls by name
select 'r1' as run_id, '1' as sample_id, '1' as suite_version, 'a' as variant
union all select 'r1', '1', '1', 'b'
union all select 'r2', '1', '1', 'b'
union all select 'r2', '1', '2', 'a';
-- expect current_runs
select '1' as suite_version, 'a' as variant, 'r1' as run_id
union all select '1', 'b', 'r2'
union all select '2', 'a', 'r2'
