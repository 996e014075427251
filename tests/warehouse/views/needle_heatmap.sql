-- case: a cell is a length and a depth, and epochs of a sample are averaged first
-- given
insert into samples by name
select 's' as suite, '1' as suite_version, 'a' as sample_id, '{"length_tokens": 1000, "depth_percent": 0}' as metadata
union all select 's', '1', 'b', '{"length_tokens": 1000, "depth_percent": 0, "kind": "pair"}'
union all select 's', '1', 'c', '{"length_tokens": 1000, "depth_percent": 12.5}'
union all select 's', '1', 'd', '{"length_tokens": 2000, "depth_percent": 0}';
insert into grades by name
select 'r1' as run_id, k('a1') as call_key, 's' as suite, '1' as suite_version, 'a' as sample_id, 1 as epoch, 'exact' as grader, true as is_score, true as passed
union all select 'r1', k('a2'), 's', '1', 'a', 2, 'exact', true, false
union all select 'r1', k('b1'), 's', '1', 'b', 1, 'exact', true, true
union all select 'r1', k('c1'), 's', '1', 'c', 1, 'exact', true, false
union all select 'r1', k('d1'), 's', '1', 'd', 1, 'exact', true, true;
-- expect needle_heatmap
select 's' as suite, 1000::bigint as length_tokens, 0::double as depth_percent, 2::bigint as n, 0.75::double as accuracy, wilson_low(1.5, 2) as ci_low, wilson_high(1.5, 2) as ci_high
union all select 's', 1000, 12.5, 1, 0, wilson_low(0, 1), wilson_high(0, 1)
union all select 's', 2000, 0, 1, 1, wilson_low(1, 1), wilson_high(1, 1)
-- case: a sample without length or depth, one that is not scored, and a grade that is no score, are in no cell
-- given
insert into samples by name
select 's' as suite, '1' as suite_version, 'a' as sample_id, '{"length_tokens": 1000}' as metadata, true as scored
union all select 's', '1', 'b', '{"depth_percent": 50}', true
union all select 's', '1', 'c', null, true
union all select 's', '1', 'd', '{"length_tokens": 1000, "depth_percent": 50}', false
union all select 's', '1', 'e', '{"length_tokens": 1000, "depth_percent": 50}', true;
insert into grades by name
select 'r1' as run_id, k(sample_id) as call_key, 's' as suite, '1' as suite_version, sample_id, 'exact' as grader, sample_id <> 'e' as is_score, true as passed
from (values ('a'), ('b'), ('c'), ('d'), ('e')) as t(sample_id);
-- expect needle_heatmap
select 's' as suite, 1::bigint as n where false
-- case: runs and variants have maps of their own
-- given
insert into samples by name
select 's' as suite, '1' as suite_version, 'a' as sample_id, '{"length_tokens": 1000, "depth_percent": 50}' as metadata;
insert into grades by name
select run_id, k(run_id || variant) as call_key, 's' as suite, '1' as suite_version, 'a' as sample_id, variant, 'exact' as grader, true as is_score, variant = 'x' as passed
from (values ('r1', 'x'), ('r1', 'y'), ('r2', 'x')) as t(run_id, variant);
-- expect needle_heatmap
select 'r1' as run_id, 'x' as variant, 1::bigint as n, 1::double as accuracy
union all select 'r1', 'y', 1, 0
union all select 'r2', 'x', 1, 1
