-- case: equal verdicts count, contradicting ones and ties are ties, one order keeps its verdict
-- given
insert into calls by name
select 'r1' as run_id, k('j' || i) as call_key, 'judge' as role, 'openai/j' as model from range(7) as r(i);
insert into pairs by name
select 's1' as sample_id, k('a1') as call_key_a, k('b1') as call_key_b, false as swapped, 'a' as winner, k('j0') as judge_call_key
union all select 's1', k('a1'), k('b1'), true, 'a', k('j1')
union all select 's2', k('a2'), k('b2'), false, 'a', k('j2')
union all select 's2', k('a2'), k('b2'), true, 'b', k('j3')
union all select 's3', k('a3'), k('b3'), false, 'tie', k('j4')
union all select 's3', k('a3'), k('b3'), true, 'b', k('j5')
union all select 's4', k('a4'), k('b4'), true, 'b', k('j6');
-- expect pair_results
select 's1' as sample_id, k('a1') as call_key_a, k('b1') as call_key_b, 'openai/j' as judge, 'a' as winner, true as consistent, 2::bigint as n_orders
union all select 's2', k('a2'), k('b2'), 'openai/j', 'tie', false, 2
union all select 's3', k('a3'), k('b3'), 'openai/j', 'tie', false, 2
union all select 's4', k('a4'), k('b4'), 'openai/j', 'b', null, 1

-- case: a judge is known by the call of the run that graded, and each judge has a row
-- given
insert into calls by name
select 'r1' as run_id, k('j') as call_key, 'judge' as role, 'openai/j' as model
union all select 'g2', k('j'), 'judge', 'anthropic/k'
union all select 'g2', k('x'), 'answer', 'openai/no_judge';
insert into pairs by name
select 'r1' as grading_id, k('a') as call_key_a, k('b') as call_key_b, false as swapped, 'a' as winner, k('j') as judge_call_key
union all select 'g2', k('a'), k('b'), false, 'b', k('j')
union all select 'g2', k('a'), k('b'), true, 'b', k('j')
union all select 'g2', k('c'), k('d'), true, 'b', k('x');
-- expect pair_results
select 'r1' as grading_id, 'openai/j' as judge, 'a' as winner, 1::bigint as n_orders
union all select 'g2', 'anthropic/k', 'b', 2
union all select 'g2', null, 'b', 1

-- case: of several gradings by one judge the newest counts, whole
-- given
insert into calls by name
select unnest(['r1', 'g2']) as run_id, k('j') as call_key, 'judge' as role, 'openai/j' as model;
insert into pairs by name
select 'r1' as grading_id, timestamptz '2026-03-01 00:00+00' as graded_at, k('a') as call_key_a, k('b') as call_key_b, false as swapped, 'a' as winner, k('j') as judge_call_key
union all select 'r1', timestamptz '2026-03-01 00:00+00', k('a'), k('b'), true, 'a', k('j')
union all select 'g2', timestamptz '2026-03-02 00:00+00', k('a'), k('b'), false, 'b', k('j');
-- expect pair_results
select 'g2' as grading_id, timestamptz '2026-03-02 00:00+00' as graded_at, 'b' as winner, null::boolean as consistent, 1::bigint as n_orders

-- case: a spoiled answer loses for each judge of the suite, though none was asked
-- given
insert into calls by name
select 'r1' as run_id, k('j') as call_key, 'judge' as role, 'openai/j' as model
union all select 'r1', k('l'), 'judge', 'anthropic/l';
insert into pairs by name
select 's' as suite, k('a') as call_key_a, k('b') as call_key_b, false as swapped, 'a' as winner, k('j') as judge_call_key
union all select 's', k('a'), k('b'), false, 'tie', k('l')
union all select 's', k('c'), k('d'), false, 'b', null
union all select 's', k('c'), k('d'), true, 'b', null
union all select 't', k('e'), k('f'), false, 'b', null;
-- expect pair_results
select k('a') as call_key_a, 'openai/j' as judge, 'a' as winner, 1::bigint as n_orders
union all select k('a'), 'anthropic/l', 'tie', 1
union all select k('c'), 'openai/j', 'b', 2
union all select k('c'), 'anthropic/l', 'b', 2
union all select k('e'), null, 'b', 1

-- case: two judges of one model are told apart by the names that the run gave them
-- given
insert into calls by name
select 'r1' as run_id, k('j') as call_key, 'judge' as role, 'openai/j' as model, 'judge strict' as variant
union all select 'r1', k('l'), 'judge', 'openai/j', 'judge openai/j';
insert into pairs by name
select k('a') as call_key_a, k('b') as call_key_b, unnest([false, true]) as swapped, 'a' as winner, k('j') as judge_call_key
union all select k('a'), k('b'), unnest([false, true]), 'b', k('l');
-- expect pair_results
select 'strict' as judge, 'a' as winner, true as consistent
union all select 'openai/j', 'b', true
