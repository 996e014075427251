-- The samples on which the two sides of a contest differ, with what each of them said: `contests` is as for
-- samples_paired. Of several epochs the answer of the first that failed, else of the first, is shown.
-- Columns: contest, suite, suite_version, sample_id, category, variant_a, variant_b, passed_a, passed_b (shares
-- of the epochs), difference (b - a), others_passed (share of the suite's other current variants that passed
-- it; NULL: there are none), input, target, answer_a, answer_b, reason_a, reason_b, response_a, response_b.
create or replace macro disagreements_in(contests) as table
with matches as (
    select * from query_table(contests)
),
pairs as (
    select * from samples_paired('matches') where difference <> 0
),
others as (
    select
        current_runs.run_id,
        current_runs.suite,
        current_runs.suite_version,
        current_runs.variant
    from current_runs
    where (current_runs.suite, current_runs.suite_version)
        in (select (matches.suite_b, matches.version_b) from matches)
),
passed_by as (
    select * from sample_results_of('others') where n_graded > 0
),
consensus as (
    select
        pairs.contest,
        pairs.sample_id,
        avg(passed_by.passed) as others_passed
    from pairs
    inner join matches on matches.contest = pairs.contest
    inner join passed_by
        on passed_by.suite = matches.suite_b
        and passed_by.suite_version = matches.version_b
        and passed_by.sample_id = pairs.sample_id
        and passed_by.variant not in (matches.variant_a, matches.variant_b)
    group by pairs.contest, pairs.sample_id
),
sides as (
    select run_a as run_id, suite_a as suite, version_a as suite_version, variant_a as variant from matches
    union
    select run_b, suite_b, version_b, variant_b from matches
),
answers as (
    select
        calls.run_id,
        calls.suite,
        calls.suite_version,
        calls.variant,
        calls.sample_id,
        calls.call_key,
        calls.epoch,
        calls.response
    from calls
    where calls.role = 'answer'
        and calls.run_id in (select sides.run_id from sides)
        and calls.sample_id in (select pairs.sample_id from pairs)
),
given as (
    select * from grades where run_id in (select sides.run_id from sides)
),
scores as (
    select * from latest_of('given') where is_score
),
said as (
    select
        answers.run_id,
        answers.suite,
        answers.suite_version,
        answers.variant,
        answers.sample_id,
        first(answers.response order by scores.passed, answers.epoch) as response,
        first(scores.answer order by scores.passed, answers.epoch) as answer,
        first(scores.reason order by scores.passed, answers.epoch) as reason
    from answers
    inner join scores
        on scores.run_id = answers.run_id
        and scores.call_key = answers.call_key
    group by answers.run_id, answers.suite, answers.suite_version, answers.variant, answers.sample_id
)
select
    pairs.contest,
    matches.suite_b as suite,
    matches.version_b as suite_version,
    pairs.sample_id,
    pairs.category,
    matches.variant_a,
    matches.variant_b,
    pairs.passed_a,
    pairs.passed_b,
    pairs.difference,
    consensus.others_passed,
    samples.input,
    coalesce(samples.target, array_to_string(samples.targets, ' | ')) as target,
    one.answer as answer_a,
    other.answer as answer_b,
    one.reason as reason_a,
    other.reason as reason_b,
    one.response as response_a,
    other.response as response_b
from pairs
inner join matches on matches.contest = pairs.contest
inner join said as one
    on one.run_id = matches.run_a
    and one.suite = matches.suite_a
    and one.suite_version = matches.version_a
    and one.variant = matches.variant_a
    and one.sample_id = pairs.sample_id
inner join said as other
    on other.run_id = matches.run_b
    and other.suite = matches.suite_b
    and other.suite_version = matches.version_b
    and other.variant = matches.variant_b
    and other.sample_id = pairs.sample_id
left join samples
    on samples.suite = matches.suite_b
    and samples.suite_version = matches.version_b
    and samples.sample_id = pairs.sample_id
left join consensus
    on consensus.contest = pairs.contest
    and consensus.sample_id = pairs.sample_id
