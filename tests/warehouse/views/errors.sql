-- case: failed calls, answers that were errors and retried attempts are counted by kind
-- given
insert into runs by name select 'r1' as run_id;
insert into calls by name
select 'r1' as run_id, k('lost') as call_key, 'failed' as status, 'timeout' as error_kind, 'no answer in 60 s' as error, 2 as attempts
union all select 'r1', k('long'), 'answered', 'context_overflow', 'too long', 1
union all select 'r1', k('fine'), 'answered', null, null, 3;
insert into attempts by name
select 'r1' as run_id, k('lost') as call_key, 1 as n, 'failed' as outcome, 'rate_limited' as error_kind
union all select 'r1', k('lost'), 2, 'failed', 'timeout'
union all select 'r1', k('long'), 1, 'answered', 'context_overflow'
union all select 'r1', k('fine'), 1, 'failed', 'rate_limited'
union all select 'r1', k('fine'), 2, 'unseen', null
union all select 'r1', k('fine'), 3, 'answered', null;
-- expect errors
select 'timeout' as error_kind, 1::bigint as n_failed, 0::bigint as n_answered, 1::bigint as n_attempts, 0::bigint as n_unseen, 'no answer in 60 s' as example
union all select 'context_overflow', 0, 1, 1, 0, 'too long'
union all select 'rate_limited', 0, 0, 2, 0, null
union all select 'unseen', 0, 0, 0, 1, null
