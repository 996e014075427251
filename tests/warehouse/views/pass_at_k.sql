-- case: pass@k and pass^k of four answers a sample, and where the variance lies
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select unnest(['1', '2', '3']) as sample_id;
insert into calls by name
select 'r1' as run_id, k(sample_id || ' ' || epoch) as call_key, sample_id, epoch
from samples, (select unnest([1, 2, 3, 4]) as epoch);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, epoch,
    sample_id = '1' or (sample_id = '2' and epoch < 3) as passed, 1 as score from calls;
-- expect pass_at_k
select 1::bigint as k, 3::bigint as n, 1.5e0 / 3 as pass_at_k, 1.5e0 / 3 as pass_hat_k,
    (0 + 2 * 0.5 + 0) / 9 as variance_within, 0.25 - (1e0 / 9) / 4 as variance_between
union all select 2, 3, (1 + (1 - 1e0 / 6)) / 3, (1 + 1e0 / 6) / 3, 1e0 / 9, 0.25 - (1e0 / 9) / 4
union all select 4, 3, 2e0 / 3, 1e0 / 3, 1e0 / 9, 0.25 - (1e0 / 9) / 4

-- case: a run that asked each sample once has nothing to say here
-- given
insert into runs by name select 'r1' as run_id;
insert into calls by name select 'r1' as run_id, k('1') as call_key, '1' as sample_id;
insert into grades by name select 'r1' as run_id, 'r1' as grading_id, k('1') as call_key, '1' as sample_id, true as passed;
-- expect pass_at_k
select 1 as k where false
