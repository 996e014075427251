-- case: a criterion of one judge, and all of them together; epochs of a sample are averaged first
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, 'qa' as suite, '1' as suite_version, 'a' as variant, 'v' as variant_version, 'openai/a' as model, false as simulated, grader, sample_id, epoch, score, score >= 0.5 as passed, k(sample_id || epoch) as call_key, k('j') as judge_call_key
from (values ('s1', 1, 0.0), ('s1', 2, 1.0), ('s2', 1, 0.5), ('s3', 1, 0.5), ('s4', 1, 0.5), ('s5', 1, 1.0)) as t(sample_id, epoch, score),
    (values ('judge'), ('judge.accuracy')) as g(grader);
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, 'qa' as suite, 'exact' as grader, 's1' as sample_id, 1.0 as score, true as passed, k('s11') as call_key;
-- expect judge_scores
select 'judge' as grader, null::varchar as criterion, null::varchar as judge, 5::bigint as n, 0.6::double as mean_score, 0.9::double as passed, 0.6 - student_t(4) * sqrt(0.05) / sqrt(5) as ci_low
union all select 'judge', 'accuracy', null, 5, 0.6, 0.9, 0.6 - student_t(4) * sqrt(0.05) / sqrt(5)

-- case: a panel has a row a judge and its own; a spoiled answer counts with the panel
-- given
insert into grades by name
select 'r1' as run_id, 'r1' as grading_id, 'qa' as suite, grader, sample_id, score, score >= 0.5 as passed, k(sample_id) as call_key, key as judge_call_key
from (values
    ('tone.brevity@openai/j', 's1', 1.0, k('j')), ('tone.brevity@x/k.2', 's1', 0.0, k('l')), ('tone.brevity', 's1', 0.5, null),
    ('tone.brevity', 's2', 0.0, null)) as t(grader, sample_id, score, key);
-- expect judge_scores
select 'tone' as grader, 'brevity' as criterion, null::varchar as judge, 2::bigint as n, 0.25::double as mean_score, 0.5::double as passed
union all select 'tone', 'brevity', 'openai/j', 1, 1, 1
union all select 'tone', 'brevity', 'x/k.2', 1, 0, 0
