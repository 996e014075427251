-- case: the difference is b - a on the samples both had graded, with McNemar's exact p
-- given
insert into runs by name select 'r1' as run_id union all select 'r2';
insert into samples by name select i::varchar as sample_id from range(20) as t(i);
insert into calls by name
select 'r1' as run_id, k('a' || sample_id) as call_key, sample_id, 'a' as variant from samples
union all select 'r2', k('b' || sample_id), sample_id, 'b' from samples;
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, variant,
    case when variant = 'a' then sample_id::int < 8 else sample_id::int < 14 end as passed,
    case when variant = 'a' then sample_id::int < 8 else sample_id::int < 14 end::int as score
from calls where sample_id <> '19' or variant = 'a';
-- expect compare('sums', 'a', 'b')
select 'sums' as suite, 'a' as a, 'b' as b, 'r1' as run_a, 'r2' as run_b, 19::bigint as n, 19::bigint as n_clusters,
    8 / 19 as accuracy_a, 14 / 19 as accuracy_b, 6 / 19 as difference, 0.03125 as p, 0.03125 as p_holm,
    'McNemar' as test, 0::bigint as only_a, 6::bigint as only_b
-- expect compare(null, 'b', 'a')
select 'sums' as suite, -6 / 19 as difference, 0.03125 as p, 6::bigint as only_a
-- expect compare('other', 'a', 'b')
select 'sums' as suite where false

-- case: the interval of samples in clusters is that of the clusters, and the test a paired t test
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select i::varchar as sample_id, (i // 5)::varchar as cluster from range(20) as t(i);
insert into calls by name
select 'r1' as run_id, k(v || sample_id) as call_key, sample_id, v as variant from samples, (select unnest(['a', 'b']) as v);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, variant,
    variant = 'b' and sample_id::int < 10 as passed, (variant = 'b' and sample_id::int < 10)::int as score
from calls;
-- expect compare('sums', 'a', 'b')
select 20::bigint as n, 4::bigint as n_clusters, 0.5 as difference, 'paired t' as test, 0.2886751346 as se, 0.1817 as p
    where false
union all select 20, 4, 0.5, 'paired t', sqrt(4 * pow(2.5, 2) / 400 * 4 / 3), student_p(0.5 / sqrt(1 / 12), 3)

-- case: of two versions of a suite the newest that both have is compared
-- given
insert into runs by name
select unnest(['r1', 'r2', 'r3']) as run_id, unnest([timestamptz '2026-03-01 00:00Z', timestamptz '2026-03-02 00:00Z', timestamptz '2026-03-03 00:00Z']) as started_at;
insert into samples by name select '1' as sample_id, '1+a' as suite_version union all select '1', '2+b' union all select '1', '3+c';
insert into calls by name
select 'r1' as run_id, k('1' || v) as call_key, '1' as sample_id, '1+a' as suite_version, v as variant from (select unnest(['a', 'b']) as v)
union all select 'r2', k('2' || v), '1', '2+b', v from (select unnest(['a', 'b']) as v)
union all select 'r3', k('3'), '1', '3+c', 'a';
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, suite_version, variant, true as passed, 1.0 as score from calls;
-- expect compare('sums', 'a', 'b')
select '2+b' as suite_version, 'r2' as run_a, 1::bigint as n
