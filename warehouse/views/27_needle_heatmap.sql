-- How often a fact was found, by the length of the context and the depth at which it lies.
-- Grain:    one row a run_id, suite, suite_version, variant, model, simulated, length_tokens, depth_percent
-- Reads:    latest_grades, samples
-- Of every suite whose samples have length_tokens and depth_percent in their metadata, whatever its name.
-- Epochs of a sample are averaged first; samples that are not scored, and calls that failed, are left out.
-- The interval is Wilson's at 95 % and takes the samples of a cell as independent; those of one row of the map,
-- which ask of one context, are not.
-- run_id          varchar  the run
-- suite           varchar  the suite
-- suite_version   varchar  its version
-- variant         varchar  the competitor
-- model           varchar  provider/name
-- simulated       boolean  made up: says nothing of a real model
-- length_tokens   bigint   of the context, as it was aimed at: an estimate
-- depth_percent   double   where in it the fact lies; 0 is the beginning
-- n               bigint   graded samples
-- accuracy        double   share that passed, 0 to 1
-- ci_low          double   lower end of its interval
-- ci_high         double   upper end
with by_sample as (
    select
        grades.run_id,
        grades.suite,
        grades.suite_version,
        grades.variant,
        grades.model,
        grades.simulated,
        try_cast(json_extract_string(samples.metadata, '$.length_tokens') as bigint) as length_tokens,
        try_cast(json_extract_string(samples.metadata, '$.depth_percent') as double) as depth_percent,
        grades.sample_id,
        avg(cast(grades.passed as integer)) as passed
    from latest_grades as grades
    inner join samples
        on samples.suite = grades.suite
        and samples.suite_version = grades.suite_version
        and samples.sample_id = grades.sample_id
    where grades.is_score and samples.scored
    group by all
)
select
    run_id,
    suite,
    suite_version,
    variant,
    model,
    simulated,
    length_tokens,
    depth_percent,
    count(*) as n,
    avg(passed) as accuracy,
    wilson_low(sum(passed), count(*)) as ci_low,
    wilson_high(sum(passed), count(*)) as ci_high
from by_sample
where length_tokens is not null and depth_percent is not null
group by all
order by run_id, suite, variant, length_tokens, depth_percent
