-- case: each kind of token has its own price, to the last digit
-- given
insert into calls by name
select k('a') as call_key, 'anthropic/claude-3-5-sonnet-20240620' as priced_as,
    7 as input_tokens, 11 as cached_input_tokens, 13 as cache_write_tokens, 17 as cache_write_1h_tokens,
    19 as output_tokens;
-- expect call_costs
select 1::bigint as n_billed, 0.000021000000 as usd_input, 0.000003300000 as usd_cached_input,
    0.000048750000 as usd_cache_write, 0.000102000000 as usd_cache_write_1h, 0.000285000000 as usd_output,
    0.000460050000 as usd

-- case: a call without a price, or without a count of tokens, costs NULL
-- given
insert into calls by name
select k('a') as call_key, null as priced_as
union all select k('b'), 'openai/no-such-model';
insert into calls by name select k('c') as call_key, null as output_tokens;
-- expect call_costs
select k('a') as call_key, null as usd union all select k('b'), null union all select k('c'), null

-- case: no tokens cost nothing even where there is no price for them
-- given
insert into calls by name
select k('a') as call_key, null as priced_as, 0 as input_tokens, 0 as output_tokens;
-- expect call_costs
select 0.0 as usd

-- case: a failed or reused call costs nothing, an imported one what its tokens cost
-- given
insert into calls by name
select k('failed') as call_key, 'failed' as status, null as input_tokens, null as output_tokens, 1 as attempts,
    null as reused_from
union all select k('reused'), 'answered', 100, 10, 0, 'r0'
union all select k('imported'), 'answered', 100, 10, 0, null;
-- expect call_costs
select k('failed') as call_key, 0::bigint as n_billed, 0.0 as usd
union all select k('reused'), 0, 0.0
union all select k('imported'), 1, 0.00065

-- case: every attempt that was answered is billed, others are not
-- given
insert into calls by name
select k('twice') as call_key, 3 as attempts
union all select k('once'), 2
union all select k('never'), 2;
update calls set status = 'failed' where call_key = k('never');
insert into attempts by name
select k('twice') as call_key, 1 as n, 'answered' as outcome, 100 as input_tokens, 10 as output_tokens
union all select k('twice'), 2, 'unseen', null, null
union all select k('twice'), 3, 'answered', 100, 20
union all select k('once'), 1, 'failed', null, null
union all select k('once'), 2, 'answered', 100, 10
union all select k('never'), 1, 'failed', null, null
union all select k('never'), 2, 'failed', null, null;
update attempts set run_id = 'r1';
update calls set run_id = 'r1';
-- expect call_costs
select k('twice') as call_key, 2::bigint as n_billed, 0.00145 as usd
union all select k('once'), 1, 0.00065
union all select k('never'), 0, 0.0

-- case: one answered attempt of unknown tokens makes the whole call unknown
-- given
insert into calls by name select 'r1' as run_id, k('a') as call_key, 2 as attempts;
insert into attempts by name
select 'r1' as run_id, k('a') as call_key, 1 as n, 100 as input_tokens, 10 as output_tokens
union all select 'r1', k('a'), 2, null, null;
-- expect call_costs
select 2::bigint as n_billed, null as usd

-- case: an answer that was an error and has no count of tokens costs nothing
-- given
insert into calls by name
select k('a') as call_key, 'context_overflow' as error_kind, null as input_tokens, null as output_tokens;
-- expect call_costs
select 1::bigint as n_billed, 0.0 as usd

-- case: the price is that of the call's own UTC day, the last of one month or the first of the next
-- given
insert into calls by name
select k('before') as call_key, timestamptz '2024-10-01 23:59:59.999999+00' as started_at, 'openai/gpt-4o' as priced_as
union all select k('after'), timestamptz '2024-10-02 00:00:00+00', 'openai/gpt-4o';
-- expect call_costs
select k('before') as call_key, date '2024-10-01' as day, 0.00065 as usd
union all select k('after'), date '2024-10-02', 0.00035

-- case: a batch has its own price
-- given
insert into calls by name select k('a') as call_key, 'batch' as mode;
-- expect call_costs
select 0.000325 as usd

-- case: the whole input, cached and written too, decides the long-prompt tier of every token
-- given
insert into calls by name
select k('below') as call_key, 'anthropic/claude-sonnet-4-5' as priced_as,
    100000 as input_tokens, 50000 as cached_input_tokens, 50000 as cache_write_tokens, 1000 as output_tokens
union all select k('above'), 'anthropic/claude-sonnet-4-5', 100000, 50000, 50001, 1000;
-- expect call_costs
select k('below') as call_key, 0.5175 as usd
union all select k('above'), 1.0275075

-- case: counts that cannot be true cost NULL and break nothing
-- given
insert into calls by name
select k('a') as call_key, 9223372036854775807 as input_tokens, 9223372036854775807 as cached_input_tokens, 1 as attempts
union all select k('b'), -1, 0, 1
union all select k('c'), 9223372036854775807, 9223372036854775807, 2;
update calls set run_id = 'r1';
insert into runs by name select 'r1' as run_id;
insert into attempts by name
select 'r1' as run_id, k('c') as call_key, 9223372036854775807 as input_tokens, 9223372036854775807 as cached_input_tokens, 10 as output_tokens;
-- expect call_costs
select k('a') as call_key, null as usd union all select k('b'), null union all select k('c'), null
-- expect cost_by_day
select 3::bigint as n_unpriced, null as usd
-- expect leaderboard_all
select 3::bigint as n_unpriced, null as usd
