-- case: the calls that were not needed are priced at the mean of those that were
-- given
insert into runs by name
select 'r1' as run_id, '{"epochs": 1}' as spec,
    '[{"suite": "sums", "variant_a": "a", "variant_b": "b", "verdict": "b is better", "n_samples": 2, "n_planned": 10, "difference": 0.5, "low": 0.1, "high": 0.9, "words": "b it is"}]' as decisions
union all select 'r2', '{}', null;
insert into calls by name
select 'r1' as run_id, k(v || i) as call_key, v as variant, i::varchar as sample_id
from (select unnest(['a', 'b']) as v), range(3) as t(i);
-- expect decisions
select 'r1' as run_id, 'sums' as suite, 'b is better' as verdict, 2::bigint as n_compared, 10::bigint as n_planned,
    5e-1 as difference, 'b it is' as words, 14 * 0.00065::decimal(18, 12) as usd_saved
