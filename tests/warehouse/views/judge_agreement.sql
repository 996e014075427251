-- case: two judges of a panel, fifty answers: the worked example of Cohen's kappa
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(i::varchar) as call_key, false as is_score,
    'judge.clarity@openai/' || j as grader,
    case when j = 'a' then i < 25 else i < 20 or i between 25 and 34 end as passed,
    (case when j = 'a' then i < 25 else i < 20 or i between 25 and 34 end)::int as score
from range(50) as r(i), (values ('a'), ('b')) as t(j);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(i::varchar) as call_key, 'judge.clarity' as grader, true as passed
from range(50) as r(i);
-- expect judge_agreement
select 'clarity' as criterion, 'openai/a' as judge_a, 'openai/b' as judge_b, 50::bigint as n, 0.7e0 as agreement, 0.4e0 as kappa,
    2::bigint as n_judges, 50::bigint as n_panel

-- case: a panel of three with a missing score, as the packages krippendorff and statsmodels have it
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(i::varchar) as call_key, false as is_score, 'judge.style@m/' || j as grader,
    s > 2 as passed, s as score
from (values (1, 'a', 1), (1, 'b', 1), (1, 'c', 2), (2, 'a', 3), (2, 'b', 4), (2, 'c', 3), (3, 'a', 2), (3, 'b', 2),
    (4, 'a', 5), (4, 'b', 1), (4, 'c', 4), (5, 'c', 5)) as t(i, j, s);
-- expect judge_agreement
select 'm/a' as judge_a, 'm/b' as judge_b, 4::bigint as n, 0.75e0 as agreement, 0.5e0 as kappa, 3::bigint as n_judges, 4::bigint as n_panel, 0.27184466019417464e0 as alpha, 0.55e0 as fleiss_kappa
union all select 'm/a', 'm/c', 3, 1.0e0, 1.0e0, 3, 4, 0.27184466019417464e0, 0.55e0
union all select 'm/b', 'm/c', 3, 2 / 3, 0.4e0, 3, 4, 0.27184466019417464e0, 0.55e0

-- case: judges who all said one and the same have no kappa
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, k(i::varchar) as call_key, false as is_score, 'judge.style@m/' || j as grader, true as passed, 1 as score
from range(3) as r(i), (values ('a'), ('b')) as t(j);
-- expect judge_agreement
select 1.0::double as agreement, null::double as kappa, null::double as fleiss_kappa, null::double as alpha

-- case: judges who compared the same pairs are a panel too
-- given
insert into calls by name
select 'r1' as run_id, k(j) as call_key, 'judge' as role, j as model from (values ('m/j'), ('m/k')) as t(j);
insert into pairs by name
select s as sample_id, k('a' || s) as call_key_a, k('b' || s) as call_key_b, w as winner, k(j) as judge_call_key
from (values ('1', 'm/j', 'a'), ('1', 'm/k', 'a'), ('2', 'm/j', 'b'), ('2', 'm/k', 'tie'), ('3', 'm/j', 'b'), ('3', 'm/k', 'b')) as t(s, j, w);
-- expect judge_agreement
select 'pairwise' as criterion, 'm/j' as judge_a, 'm/k' as judge_b, 3::bigint as n, 2 / 3 as agreement, 0.5e0 as kappa
