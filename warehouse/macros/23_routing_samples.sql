-- What each sample came to and what was paid for it, for the entries that the relation `chosen` names by run_id,
-- suite, suite_version and variant (once each): what routing is fitted on. Samples without a grade are left out.
-- Columns: run_id, suite, suite_version, variant, sample_id, category, cluster (text; a sample without one is by
-- itself), passed (share of the graded epochs, 0 to 1), score (their mean), n_calls (answered), usd (mean a call,
-- at the prices of its day, double; NULL: one of them has no price or no count of tokens), input_tokens and
-- output_tokens (mean a call, cached and written input among them; NULL: one was not counted), input_chars,
-- output_chars (characters of the prompt's JSON and of the response, mean a call; NULL: text is not kept),
-- messages (JSON), system (the prompt as sent), priced_as.
create or replace macro routing_samples(chosen) as table
with entries as (
    select * from query_table(chosen)
),
results as (
    select * from sample_results_of('entries') where n_graded > 0
),
paid as (
    select
        call_costs.run_id,
        call_costs.suite,
        call_costs.suite_version,
        call_costs.variant,
        call_costs.sample_id,
        count(*) as n_calls,
        case when count(*) = count(usd) then cast(sum(usd) as double) / count(*) end as usd,
        case
            when count(*) = count(input_tokens)
                then sum(
                    input_tokens + coalesce(cached_input_tokens, 0) + coalesce(cache_write_tokens, 0)
                    + coalesce(cache_write_1h_tokens, 0)
                ) / count(*)
        end as input_tokens,
        case when count(*) = count(output_tokens) then sum(output_tokens) / count(*) end as output_tokens,
        avg(length(response) + coalesce(length(reasoning), 0)) as output_chars,
        min(prompt_hash) as prompt_hash,
        min(priced_as) as priced_as
    from call_costs
    where call_costs.role = 'answer'
        and call_costs.status = 'answered'
        and call_costs.run_id in (select entries.run_id from entries)
    group by
        call_costs.run_id,
        call_costs.suite,
        call_costs.suite_version,
        call_costs.variant,
        call_costs.sample_id
)
select
    results.run_id,
    results.suite,
    results.suite_version,
    results.variant,
    results.sample_id,
    results.category,
    case when results.cluster is null then 's' || results.sample_id else 'c' || results.cluster end as cluster,
    results.passed,
    results.score,
    paid.n_calls,
    paid.usd,
    paid.input_tokens,
    paid.output_tokens,
    length(cast(prompts.messages as varchar)) + coalesce(length(prompts.system), 0) as input_chars,
    paid.output_chars,
    cast(prompts.messages as varchar) as messages,
    prompts.system,
    paid.priced_as
from results
inner join paid
    on paid.run_id = results.run_id
    and paid.suite = results.suite
    and paid.suite_version = results.suite_version
    and paid.variant = results.variant
    and paid.sample_id = results.sample_id
left join prompts
    on prompts.prompt_hash = paid.prompt_hash
