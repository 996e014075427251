-- case: what gave neither a grade nor a pair is no verdict; a calibration's calls are not counted
-- given
insert into runs by name
select unnest(['r1', 'c1']) as run_id, unnest(['evaluate', 'calibrate']) as kind;
insert into calls by name
select 'r1' as run_id, k('j' || i) as call_key, 'qa' as suite, '1' as suite_version, 'judge' as role, 'judge openai/j' as variant, 'openai/j' as model, case when i = 3 then 'failed' else 'answered' end as status, false as simulated
from range(4) as r(i)
union all select 'c1', k('c'), 'qa', '1', 'judge', 'judge openai/j', 'openai/j', 'answered', false
union all select 'r1', k('a'), 'qa', '1', 'answer', 'openai/a', 'openai/a', 'answered', false;
insert into grades by name
select 'r0' as run_id, 'r1' as grading_id, 'judge.x' as grader, k('j0') as judge_call_key
union all select 'r0', 'r1', 'judge.y', k('j0');
insert into pairs by name
select 'r1' as run_id, 'r1' as grading_id, k('j1') as judge_call_key;
-- expect judge_verdicts
select 'r1' as run_id, 'qa' as suite, 'judge openai/j' as judge, 4::bigint as n, 1::bigint as n_failed, 1::bigint as n_no_verdict
