-- case: the newest complete simulated run counts, full-length or not, and no question
-- given
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into runs by name
select 'long' as run_id, 'complete' as status, timestamptz '2026-03-01 00:00+00' as started_at,
    'evaluate' as kind
union all select 'short', 'complete', timestamptz '2026-03-02 00:00+00', 'evaluate'
union all select 'stopped', 'cancelled', timestamptz '2026-03-03 00:00+00', 'evaluate'
union all select 'real', 'complete', timestamptz '2026-03-04 00:00+00', 'evaluate'
union all select 'question', 'complete', timestamptz '2026-03-05 00:00+00', 'ask';
insert into calls by name
select run_id, '1' as sample_id, run_id <> 'real' as simulated from runs
union all select 'long', '2', true;
-- expect current_simulated
select 'short' as run_id, false as full_length
