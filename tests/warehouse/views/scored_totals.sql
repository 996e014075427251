-- case: samples of one cluster agree, so that the variance is that of the clusters
-- given
insert into samples by name
select i::varchar as sample_id, (i // 2)::varchar as cluster from range(8) as t(i);
insert into calls by name select 'r1' as run_id, k(sample_id) as call_key, sample_id from samples;
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(sample_id) as call_key, sample_id::int < 4 as passed,
    (sample_id::int < 4)::int as score
from samples;
-- expect scored_totals
select 8::bigint as n, 4::bigint as n_clusters, 4e0 as passed, 4e0 as score, false as pass_or_fail,
    4 * pow(1e0, 2) / pow(8, 2) * 4 / 3 as accuracy_var

-- case: epochs are averaged, and a sample that was not graded is left out
-- given
insert into samples by name select unnest(['1', '2', '3']) as sample_id;
insert into calls by name
select 'r1' as run_id, k(sample_id || epoch) as call_key, sample_id, epoch
from samples, (select unnest([1, 2]) as epoch);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, call_key, epoch = 1 as passed, (epoch = 1)::int as score
from calls where sample_id <> '3';
-- expect scored_totals
select 2::bigint as n, 1::bigint as n_ungraded, 4::bigint as n_answers, 2::bigint as n_passed,
    2::bigint as n_epochs, 1e0 as passed, false as pass_or_fail, 3::bigint as n_asked, 2::bigint as n_clusters
