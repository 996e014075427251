-- case: what each said where they differ, with the share of the others that passed it
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select unnest(['1', '2']) as sample_id, 'sky' as category, 'What?' as input, 'blue' as target;
insert into calls by name
select 'r1' as run_id, k(v || sample_id) as call_key, sample_id, v as variant, v || ' says ' || sample_id as response
from samples, (select unnest(['a', 'b', 'c']) as v);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, variant, variant || sample_id as answer,
    sample_id = '1' or variant = 'b' as passed, (sample_id = '1' or variant = 'b')::int as score,
    case when sample_id = '2' and variant <> 'b' then 'wrong' end as reason
from calls;
-- expect disagreements
select 'sums' as suite, '2' as sample_id, 'sky' as category, 'a' as variant_a, 'b' as variant_b, 0e0 as passed_a,
    1e0 as passed_b, 1e0 as difference, 0e0 as others_passed, 'What?' as input, 'blue' as target, 'a2' as answer_a,
    'b2' as answer_b, 'wrong' as reason_a, null as reason_b, 'a says 2' as response_a, 'b says 2' as response_b,
    'r1' as run_a, 'r1' as run_b
union all
select 'sums', '2', 'sky', 'b', 'c', 1, 0, -1, 0, 'What?', 'blue', 'b2', 'c2', null, 'wrong', 'b says 2', 'c says 2', 'r1', 'r1'
