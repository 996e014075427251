-- case: calls of one price are one row; a failed call is counted and not billed
-- given
insert into calls by name
select 'r1' as run_id, k('1') as call_key union all select 'r1', k('2') union all select 'r1', k('3');
update calls set status = 'failed', input_tokens = null, output_tokens = null where call_key = k('3');
-- expect billed_totals
select 'r1' as run_id, 0::bigint as from_input_tokens, 17 as kinds, true as known, 2::bigint as n_calls,
    2::bigint as n_billed, 200::hugeint as input_tokens, 200::hugeint as billed_input_tokens,
    20::hugeint as billed_output_tokens
union all select 'r1', null, null, true, 1, 0, null, null, null

-- case: an answer that came twice is billed twice, in rows of its own, and counted once
-- given
insert into calls by name select 'r1' as run_id, k('1') as call_key, 2 as attempts;
insert into attempts by name
select 'r1' as run_id, k('1') as call_key, 1 as n, 100 as input_tokens, 10 as output_tokens
union all select 'r1', k('1'), 2, 100, 30;
-- expect billed_totals
select k('1') as call_key, 1::bigint as n_calls, 2::bigint as n_billed, 10::hugeint as output_tokens,
    200::hugeint as billed_input_tokens, 40::hugeint as billed_output_tokens

-- case: a prompt that reaches a tier of some price is apart
-- given
delete from prices where from_input_tokens > 0;
insert into prices by name select 'other' as model, 'realtime' as mode, 'input' as token_kind, 200000 as from_input_tokens;
insert into calls by name
select 'r1' as run_id, k(i::varchar) as call_key, i as input_tokens from unnest([100, 199999, 200000]) as t(i);
-- expect billed_totals
select 0::bigint as from_input_tokens, 2::bigint as n_calls, 200099::hugeint as billed_input_tokens
union all select 200000, 1, 200000
