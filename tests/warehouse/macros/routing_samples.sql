-- case: epochs are averaged, cost is the mean of a call, and what has no grade is left out
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name
select '1' as sample_id, 'sums' as category, null as cluster union all select '2', null, 'p' union all select '3', null, null;
insert into prompts by name
select k('p') as prompt_hash, '[{"role": "user", "content": "2 + 2?"}]' as messages, 'Be brief.' as system;
insert into calls by name
select 'r1' as run_id, k(s || e) as call_key, s as sample_id, e as epoch, k('p') as prompt_hash,
    100000 * e as input_tokens, 0 as output_tokens, '4444' as response
from (select unnest(['1', '2', '3']) as s), (select unnest([1, 2]) as e);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, call_key, sample_id, epoch, epoch = 1 as passed, (epoch = 1)::int as score
from calls where sample_id <> '3';
create table chosen as select 'r1' as run_id, 'sums' as suite, '1+0a1b2c3d' as suite_version, 'a' as variant;
-- expect routing_samples('chosen')
select '1' as sample_id, 'sums' as category, 's1' as cluster, 0.5 as passed, 0.5 as score, 2::bigint as n_calls,
    0.75 as usd, 150000.0 as input_tokens, 0.0 as output_tokens, 48::bigint as input_chars, 4.0 as output_chars,
    'Be brief.' as system, 'openai/gpt-4o-2024-05-13' as priced_as
union all
select '2', null, 'cp', 0.5, 0.5, 2, 0.75, 150000.0, 0.0, 48, 4.0, 'Be brief.', 'openai/gpt-4o-2024-05-13'

-- case: one call without a count of tokens makes the cost of its sample unknown, not smaller
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select '1' as sample_id;
insert into calls by name
select 'r1' as run_id, k('c' || e) as call_key, '1' as sample_id, e as epoch,
    case when e = 1 then 10 end as input_tokens
from (select unnest([1, 2]) as e);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, call_key, sample_id, epoch, true as passed, 1 as score from calls;
create table chosen as select 'r1' as run_id, 'sums' as suite, '1+0a1b2c3d' as suite_version, 'a' as variant;
-- expect routing_samples('chosen')
select '1' as sample_id, 1.0 as passed, null::double as usd, null::double as input_tokens,
    null::bigint as input_chars, null::varchar as messages
