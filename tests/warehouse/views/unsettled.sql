-- case: what was cut, timed out or unseen may have been billed; an error status or an answer settles it
-- given
insert into calls by name select 'r1' as run_id, k('fine') as call_key, 'qa' as suite, 'a' as variant, 'openai/a' as model;
insert into attempts by name
select 'r1' as run_id, k('fine') as call_key, 1 as n, 'failed' as outcome, 'timeout' as error_kind, 0.5 as reserved_usd, null as for_variant
union all select 'r1', k('fine'), 2, 'failed', 'rate_limited', null, null
union all select 'r1', k('fine'), 3, 'answered', null, null, null
union all select 'r1', k('open'), 1, 'unseen', null, 0.25, 'b';
-- expect unsettled
select k('fine') as call_key, 1::integer as n, 'failed' as outcome, 'timeout' as error_kind, 0.5::decimal(18,12) as reserved_usd, 'a' as variant
union all select k('open'), 1, 'unseen', null, 0.25, 'b'
