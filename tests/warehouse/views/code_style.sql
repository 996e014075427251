-- case: epochs of a sample are averaged first, and the interval is Student's
-- given
insert into metrics by name
select 'r1' as run_id, 'qa' as suite, '1' as suite_version, 'a' as variant, 'v' as variant_version, 'openai/a' as model, false as simulated, 'lines' as metric, sample_id, epoch, value
from (values ('s1', 1, 10.0), ('s1', 2, 30.0), ('s2', 1, 20.0), ('s3', 1, 20.0), ('s4', 1, 20.0), ('s5', 1, 40.0)) as t(sample_id, epoch, value);
-- expect code_style
select 'lines' as metric, 5::bigint as n, avg(v) as mean, median(v) as median, avg(v) - student_t(4) * stddev_samp(v) / sqrt(5) as ci_low
from (values (20.0::double), (20.0), (20.0), (20.0), (40.0)) as t(v)

-- case: a share lies between 0 and 1, and so does its interval
-- given
insert into metrics by name
select 'r1' as run_id, 'qa' as suite, '1' as suite_version, variant, 'v' as variant_version, 'openai/a' as model, false as simulated, 'typed_share' as metric, sample_id, 1 as epoch, value
from (values ('low', 's1', 0.0), ('low', 's2', 0.0), ('low', 's3', 0.0), ('low', 's4', 0.0), ('low', 's5', 0.5),
    ('high', 's1', 1.0), ('high', 's2', 1.0), ('high', 's3', 1.0), ('high', 's4', 1.0), ('high', 's5', 0.5),
    ('few', 's1', 0.0), ('few', 's2', 1.0)) as t(variant, sample_id, value);
-- expect code_style
select 'low' as variant, 5::bigint as n, 0.1::double as mean, 0::double as ci_low, 0.1 + student_t(4) * sqrt(0.05) / sqrt(5) as ci_high
union all select 'high', 5, 0.9, 0.9 - student_t(4) * sqrt(0.05) / sqrt(5), 1
union all select 'few', 2, 0.5, 0, 1
