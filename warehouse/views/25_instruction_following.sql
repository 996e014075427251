-- How many instructions were followed, by prompt and by instruction, strictly and loosely, and by kind.
-- Grain:    one row a run_id, suite, suite_version, variant, model, simulated, kind
-- Reads:    latest_grades, samples
-- Of the graders `instructions` (strict) and `instructions_loose`, whose explanation names the kinds followed.
-- A spoiled answer (refused, cut, empty) follows none of what metadata.kinds of its sample asks for.
-- Intervals are Wilson's at 95 % with prompts as n, because the instructions of a prompt stand or fall together:
-- by instruction they are on the wide side. Epochs are counted as answers, not as prompts.
-- run_id                varchar  the run
-- suite                 varchar  the suite
-- suite_version         varchar  its version
-- variant               varchar  the competitor
-- model                 varchar  provider/name
-- simulated             boolean  made up: says nothing of a real model
-- kind                  varchar  a kind of instruction, or all
-- loose                 boolean  judged loosely
-- n_prompts             bigint   samples
-- n_instructions        bigint   instructions asked, every answer's
-- n_followed            bigint   instructions followed
-- prompt_accuracy       double   share of answers that follow all of their instructions; null for a kind
-- prompt_low            double   lower end of its interval
-- prompt_high           double   upper end
-- instruction_accuracy  double   n_followed / n_instructions
-- instruction_low       double   lower end of its interval
-- instruction_high      double   upper end
with answers as (
    select
        grades.*,
        grades.grader = 'instructions_loose' as loose,
        from_json(json_extract(samples.metadata, '$.kinds'), '["VARCHAR"]') as kinds,
        case
            when coalesce(grades.reason, 'wrong') = 'wrong'
                then from_json(json_extract(grades.explanation, '$.followed'), '["VARCHAR"]')
            else []
        end as kinds_followed
    from latest_grades as grades
    inner join samples
        on samples.suite = grades.suite
        and samples.suite_version = grades.suite_version
        and samples.sample_id = grades.sample_id
    where grades.grader in ('instructions', 'instructions_loose')
),
instructions as (
    select *, unnest(kinds) as kind from answers
),
by_kind as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        model,
        simulated,
        kind,
        loose,
        count(distinct sample_id) as n_prompts,
        count(*) as n_instructions,
        count(*) filter (list_contains(kinds_followed, kind)) as n_followed,
        cast(null as double) as prompt_accuracy
    from instructions
    group by run_id, suite, suite_version, variant, model, simulated, kind, loose
),
of_all as (
    select
        run_id,
        suite,
        suite_version,
        variant,
        model,
        simulated,
        'all' as kind,
        loose,
        count(distinct sample_id) as n_prompts,
        cast(sum(len(kinds)) as bigint) as n_instructions,
        cast(sum(len(list_intersect(kinds, kinds_followed))) as bigint) as n_followed,
        avg(cast(passed as integer)) as prompt_accuracy
    from answers
    where len(kinds) > 0
    group by run_id, suite, suite_version, variant, model, simulated, loose
)
select
    run_id,
    suite,
    suite_version,
    variant,
    model,
    simulated,
    kind,
    loose,
    n_prompts,
    n_instructions,
    n_followed,
    prompt_accuracy,
    wilson_low(prompt_accuracy * n_prompts, n_prompts) as prompt_low,
    wilson_high(prompt_accuracy * n_prompts, n_prompts) as prompt_high,
    n_followed / n_instructions as instruction_accuracy,
    wilson_low(n_followed / n_instructions * n_prompts, n_prompts) as instruction_low,
    wilson_high(n_followed / n_instructions * n_prompts, n_prompts) as instruction_high
from (select * from by_kind union all by name select * from of_all)
order by run_id, suite, variant, loose, kind
