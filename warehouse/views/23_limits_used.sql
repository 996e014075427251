-- How much of its limits a model's calls used, minute by minute: what to ask the provider for, and where a run
-- could have been faster.
-- Grain:    one row a run_id, model, minute
-- Reads:    attempts, calls, runs
-- Requests are attempts, counted in the minute in which they were sent; tokens are those that the answers reported,
-- counted there too. Limits are those that the run's spec set: what a provider's headers told is not kept, and
-- several runs of one minute share a provider's limit. Batches are under limits of their own and left out.
-- run_id             varchar      the run
-- model              varchar      provider/name
-- minute             timestamptz  its first instant (UTC)
-- n_requests         bigint       attempts that were sent
-- n_rate_limited     bigint       of them, those that a 429 refused
-- input_tokens       bigint       sent, those read from a cache apart (most providers do not count these)
-- output_tokens      bigint       received
-- max_requests       bigint       requests a minute in the spec; null: not set
-- max_input_tokens   bigint       input tokens a minute in the spec; null: not set
-- max_output_tokens  bigint       output tokens a minute in the spec; null: not set
-- requests_share     double       n_requests / max_requests; null: no limit in the spec
-- input_share        double       input_tokens / max_input_tokens; likewise
-- output_share       double       output_tokens / max_output_tokens; likewise
-- tightest           varchar      which of the three was used most: requests, input or output; null: no limit
with sent as (
    select
        attempts.run_id,
        coalesce(attempts.for_model, calls.model) as model,
        time_bucket(interval 1 minute, attempts.started_at) as minute,
        attempts.http_status,
        coalesce(attempts.input_tokens, 0)
        + coalesce(attempts.cache_write_tokens, 0)
        + coalesce(attempts.cache_write_1h_tokens, 0) as input_tokens,
        coalesce(attempts.output_tokens, 0) as output_tokens
    from attempts
    left join calls
        on calls.run_id = attempts.run_id
        and calls.call_key = attempts.call_key
    where coalesce(calls.mode, 'realtime') <> 'batch'
),
minutes as (
    select
        run_id,
        model,
        minute,
        count(*) as n_requests,
        count(*) filter (http_status = 429) as n_rate_limited,
        cast(sum(input_tokens) as bigint) as input_tokens,
        cast(sum(output_tokens) as bigint) as output_tokens
    from sent
    group by run_id, model, minute
),
entries as (
    select
        run_id,
        unnest(cast(spec -> '$.models' as json[])) as entry
    from runs
    where case when json_valid(spec) then json_type(spec, '$.models') = 'ARRAY' else false end
),
limits as (
    select
        run_id,
        entry ->> '$.model' as model,
        max(try_cast(entry ->> '$.limits.requests_per_minute' as bigint)) as max_requests,
        max(try_cast(entry ->> '$.limits.input_tokens_per_minute' as bigint)) as max_input_tokens,
        max(try_cast(entry ->> '$.limits.output_tokens_per_minute' as bigint)) as max_output_tokens
    from entries
    where json_type(entry) = 'OBJECT'
    group by run_id, entry ->> '$.model'
),
shares as (
    select
        minutes.*,
        limits.max_requests,
        limits.max_input_tokens,
        limits.max_output_tokens,
        case when limits.max_requests > 0 then minutes.n_requests / limits.max_requests end as requests_share,
        case when limits.max_input_tokens > 0 then minutes.input_tokens / limits.max_input_tokens end as input_share,
        case when limits.max_output_tokens > 0 then minutes.output_tokens / limits.max_output_tokens end
            as output_share
    from minutes
    left join limits
        on limits.run_id = minutes.run_id
        and limits.model = minutes.model
)
select
    *,
    case greatest(requests_share, input_share, output_share)
        when requests_share then 'requests'
        when input_share then 'input'
        when output_share then 'output'
    end as tightest
from shares
order by run_id, model, minute
