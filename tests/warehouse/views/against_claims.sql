-- case: a claim within the interval of what was measured agrees; one that is not comparable is neither
-- given
insert into claims by name
select 'openai/gpt-4o-2024-05-13' as model, unnest(['Sums', 'Sums', 'Others', 'Sums of old']) as benchmark,
    unnest(['sums', 'sums', 'others', 'sums']) as suite, unnest([0.8, 0.2, 0.5, 0.75]) as score,
    unnest([true, true, true, false]) as comparable, unnest(['s1', 's2', 's3', 's4']) as source;
insert into runs by name select 'r1' as run_id, 'import' as kind;
insert into samples by name select i::varchar as sample_id from range(100) as t(i);
insert into calls by name
select 'r1' as run_id, k(sample_id) as call_key, sample_id, 'recorded/gpt-4o-2024-05-13' as model from samples;
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(sample_id) as call_key, sample_id, sample_id::int < 75 as passed,
    (sample_id::int < 75)::int as score from samples;
-- expect against_claims
select 's1' as source, 8e-1 as claimed, 75e-2 as measured, true as agrees, -5e-2 as difference, 100::bigint as n, 'a' as variant
union all select 's2', 0.2, 0.75, false, 0.55, 100, 'a'
union all select 's3', 0.5, null, null, null, null, null
union all select 's4', 0.75, 0.75, null, 0, 100, 'a'
