-- case: attempts and tokens of a minute against the limits of the spec; a model without limits has no share
-- given
insert into runs by name
select 'r1' as run_id, '{"models": [{"model": "openai/a", "limits": {"requests_per_minute": 10, "input_tokens_per_minute": 1000}}, {"model": "openai/b"}]}' as spec;
insert into calls by name
select 'r1' as run_id, k(v || i) as call_key, 'openai/' || v as model from (select unnest(['a', 'b']) as v), range(4) as t(i);
insert into attempts by name
select 'r1' as run_id, call_key, 1 as n, timestamptz '2026-03-01 02:00:30Z' as started_at, model as for_model, 200 as http_status,
    100 as input_tokens, 5 as output_tokens from calls;
insert into attempts by name
select 'r1' as run_id, k('a1') as call_key, 2 as n, timestamptz '2026-03-01 02:01:10Z' as started_at, 'openai/a' as for_model,
    429 as http_status, 'failed' as outcome;
-- expect limits_used
select 'openai/a' as model, timestamptz '2026-03-01 02:00Z' as minute, 4::bigint as n_requests, 0::bigint as n_rate_limited,
    400::bigint as input_tokens, 20::bigint as output_tokens, 4e-1 as requests_share, 4e-1 as input_share,
    null::double as output_share, 'requests' as tightest
union all select 'openai/a', timestamptz '2026-03-01 02:01Z', 1, 1, 0, 0, 0.1, 0, null, 'requests'
union all select 'openai/b', timestamptz '2026-03-01 02:00Z', 4, 0, 400, 20, null, null, null, null
