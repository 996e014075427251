-- Samples on which two variants differ, in their runs that count: what to read after a comparison.
-- Grain:    one row a suite, suite_version, sample_id, variant_a, variant_b (in the order of their names)
-- Reads:    current_runs, disagreements_in
-- suite          varchar  the suite
-- suite_version  varchar  its full version
-- sample_id      varchar  the sample
-- category       varchar  its category, or null
-- variant_a      varchar  one competitor
-- variant_b      varchar  the other
-- passed_a       double   share of a's answers that passed
-- passed_b       double   share of b's answers that passed
-- difference     double   passed_b - passed_a
-- others_passed  double   share of the suite's other variants that passed it; null: there are none
-- input          varchar  the question; null where the suite makes its prompts otherwise
-- target         varchar  what was expected
-- answer_a       varchar  what the grader took from a's answer
-- answer_b       varchar  what the grader took from b's answer
-- reason_a       varchar  why a's answer did not pass; null: it did
-- reason_b       varchar  why b's answer did not pass; null: it did
-- response_a     varchar  a's whole answer
-- response_b     varchar  b's whole answer
-- run_a          varchar  a's run
-- run_b          varchar  b's run
with contests as (
    select
        one.suite || ' ' || one.suite_version || ' ' || one.variant || ' ' || other.variant as contest,
        one.run_id as run_a,
        one.suite as suite_a,
        one.suite_version as version_a,
        one.variant as variant_a,
        other.run_id as run_b,
        other.suite as suite_b,
        other.suite_version as version_b,
        other.variant as variant_b
    from current_runs as one
    inner join current_runs as other
        on other.suite = one.suite
        and other.suite_version = one.suite_version
        and other.variant > one.variant
)
select
    found.suite,
    found.suite_version,
    found.sample_id,
    found.category,
    found.variant_a,
    found.variant_b,
    found.passed_a,
    found.passed_b,
    found.difference,
    found.others_passed,
    found.input,
    found.target,
    found.answer_a,
    found.answer_b,
    found.reason_a,
    found.reason_b,
    found.response_a,
    found.response_b,
    contests.run_a,
    contests.run_b
from disagreements_in('contests') as found
inner join contests on contests.contest = found.contest
