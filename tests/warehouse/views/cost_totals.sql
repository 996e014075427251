-- case: the sums cost what the calls cost, to the last digit
-- given
insert into calls by name
select 'r1' as run_id, k(i::varchar) as call_key, i * 7 as input_tokens, i * 3 as cached_input_tokens,
    date '2024-09-30' + i::integer + interval 12 hour as started_at, case when i % 3 = 0 then 'batch' else 'realtime' end as mode,
    case when i = 5 then null else 'openai/gpt-4o' end as priced_as
from range(1, 9) as t(i);
-- expect cost_totals
select sum(usd) as usd, count(*) filter (usd is null) as n_unpriced from call_costs group by day, mode, priced_as

-- case: a call of which one attempt has no count of tokens has no cost, and is one
-- given
insert into calls by name select 'r1' as run_id, k('1') as call_key, 2 as attempts;
insert into attempts by name
select 'r1' as run_id, k('1') as call_key, 1 as n, 100 as input_tokens, 10 as output_tokens
union all select 'r1', k('1'), 2, null, null;
-- expect cost_totals
select null::decimal(18, 12) as usd, 1::bigint as n_unpriced union all select null, 0
