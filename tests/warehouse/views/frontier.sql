-- case: the dear and slow one that is no better is dominated; one of unknown cost neither dominates nor is it
-- given
insert into runs by name select 'r1' as run_id;
insert into samples by name select unnest(['1', '2']) as sample_id;
insert into calls by name
select 'r1' as run_id, k(v || sample_id) as call_key, sample_id, v as variant,
    case v when 'cheap' then 10 when 'good' then 100 when 'bad' then 200 else 10 end as output_tokens,
    case when v = 'unpriced' then null else 'openai/gpt-4o-2024-05-13' end as priced_as,
    case when v = 'bad' then 3 else 1 end as latency_s
from samples, (select unnest(['cheap', 'good', 'bad', 'unpriced']) as v);
insert into grades by name
select run_id, run_id as grading_id, call_key, sample_id, variant, sample_id = '1' or variant = 'good' as passed, 1 as score
from calls;
-- expect frontier
select 'cheap' as variant, true as on_frontier, null as dominated_by, 0.5 as accuracy, 0.00065::decimal(18, 12) as usd_per_answer
union all select 'good', true, null, 1, 0.002
union all select 'bad', false, 'good', 0.5, 0.0035
union all select 'unpriced', true, null, 0.5, null
