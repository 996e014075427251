-- case: ties are half a win, inconsistent pairs are ties, and the interval is Wilson's
-- given
insert into pairs by name
select s as sample_id, k('a' || s) as call_key_a, k('b' || s) as call_key_b, swapped, w as winner
from (values ('1', 'a', 'a'), ('2', 'a', 'a'), ('3', 'a', 'a'), ('4', 'b', 'b'), ('5', 'a', 'b'), ('6', 'tie', 'tie')) as t(s, w1, w2),
    lateral (select unnest([false, true]) as swapped, unnest([w1, w2]) as w);
insert into pairs by name
select '7' as sample_id, k('a7') as call_key_a, k('b7') as call_key_b, true as swapped, 'b' as winner;
-- expect win_rates
select 'r1' as run_id, 'sums' as suite, 'a' as variant_a, 'b' as variant_b, null::varchar as judge, 7::bigint as n,
    3::bigint as wins, 2::bigint as losses, 2::bigint as ties, 1::bigint as n_inconsistent, 1::bigint as n_one_order,
    4 / 7 as win_rate, wilson_low(4, 7) as ci_low, wilson_high(4, 7) as ci_high, false as simulated

-- case: epochs of a sample are averaged first; judges and pairs of competitors have rows of their own
-- given
insert into calls by name
select 'r1' as run_id, k(j) as call_key, 'judge' as role, j as model from (values ('openai/j'), ('openai/k')) as t(j);
insert into pairs by name
select s as sample_id, e as epoch, b as variant_b, k(concat('a', s, e, b)) as call_key_a, k(concat('b', s, e, b)) as call_key_b,
    w as winner, k(j) as judge_call_key
from (values ('1', 1, 'b', 'a', 'openai/j'), ('1', 2, 'b', 'b', 'openai/j'), ('2', 1, 'b', 'a', 'openai/j'),
    ('1', 1, 'b', 'b', 'openai/k'), ('1', 1, 'c', 'a', 'openai/j')) as t(s, e, b, w, j);
-- expect win_rates
select 'b' as variant_b, 'openai/j' as judge, 2::bigint as n, 2::bigint as wins, 1::bigint as losses, 0.75 as win_rate
union all select 'b', 'openai/k', 1, 0, 1, 0.0
union all select 'c', 'openai/j', 1, 1, 0, 1.0
