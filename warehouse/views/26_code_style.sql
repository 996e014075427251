-- How code was written: each measure's mean over the samples of a run, suite and variant.
-- Grain:    one row a run_id, suite, suite_version, variant, variant_version, model, metric
-- Reads:    metrics
-- Epochs of a sample are averaged first. Measures are no score: more of one is not better.
-- run_id           varchar  the run
-- suite            varchar  the suite
-- suite_version    varchar  its version
-- variant          varchar  the competitor
-- variant_version  varchar  its version
-- model            varchar  provider/name
-- simulated        boolean  the answers come from the loopback server
-- metric           varchar  as tasks/grade/code_style.py names it
-- n                bigint   samples with the measure
-- mean             double   over samples
-- ci_low           double   95 %, Student's t, not below 0; null below 2 samples, as the next
-- ci_high          double   its upper end; of a share not above 1
-- median           double   over samples
with by_sample as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        variant_version,
        model,
        simulated,
        metric,
        sample_id,
        avg(value) as value
    from metrics
    group by all
),
spread as (
    select
        * exclude (sample_id, value),
        count(*) as n,
        avg(value) as mean,
        student_t(count(*) - 1) * stddev_samp(value) / sqrt(count(*)) as half,
        median(value) as median
    from by_sample
    group by all
)
select
    run_id,
    suite,
    suite_version,
    variant,
    variant_version,
    model,
    simulated,
    metric,
    n,
    mean,
    case when half is not null then greatest(0, mean - half) end as ci_low,
    case when metric like '%share' and mean + half > 1 then 1 else mean + half end as ci_high,
    median
from spread
