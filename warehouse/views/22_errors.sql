-- What went wrong, by kind of error: calls that failed for good, and attempts that were tried again.
-- Grain:    one row a run_id, suite, variant, model, role, error_kind
-- Reads:    runs, calls, attempts
-- The calls behind a row: select * from calls where run_id = ... and error_kind = ...
-- run_id      varchar      the run
-- run_date    date         the UTC day on which the run started
-- suite       varchar      the suite
-- variant     varchar      the competitor
-- model       varchar      provider/name
-- role        varchar      answer or judge
-- error_kind  varchar      rate_limited, timeout, connection, server_error, bad_body, context_overflow, ...
-- n_failed    bigint       calls that failed for good with this error
-- n_answered  bigint       calls whose answer was this error (prompt too long, content filter): graded 0
-- n_attempts  bigint       attempts that ended with this error, retried ones among them
-- n_unseen    bigint       attempts whose end is unknown
-- first_at    timestamptz  start of the first such attempt or call
-- last_at     timestamptz  start of the last one
-- example     varchar      the message of one such call; null where every call was answered in the end
with of_calls as (
    select
        run_id,
        suite,
        variant,
        model,
        role,
        coalesce(error_kind, 'unknown') as error_kind,
        count(*) filter (status = 'failed') as n_failed,
        count(*) filter (status = 'answered') as n_answered,
        min(started_at) as first_at,
        max(started_at) as last_at,
        min(error) as example
    from calls
    where status = 'failed' or error_kind is not null
    group by run_id, suite, variant, model, role, coalesce(error_kind, 'unknown')
),
bad_attempts as (
    select
        run_id,
        call_key,
        coalesce(error_kind, case when outcome = 'unseen' then 'unseen' else 'unknown' end)
            as error_kind,
        outcome,
        started_at
    from attempts
    where outcome <> 'answered' or error_kind is not null
),
of_attempts as (
    select
        calls.run_id,
        calls.suite,
        calls.variant,
        calls.model,
        calls.role,
        bad_attempts.error_kind,
        count(*) filter (bad_attempts.outcome <> 'unseen') as n_attempts,
        count(*) filter (bad_attempts.outcome = 'unseen') as n_unseen,
        min(bad_attempts.started_at) as first_at,
        max(bad_attempts.started_at) as last_at
    from bad_attempts
    inner join calls
        on calls.run_id = bad_attempts.run_id
        and calls.call_key = bad_attempts.call_key
    group by calls.run_id, calls.suite, calls.variant, calls.model, calls.role, bad_attempts.error_kind
),
both_sides as (
    select *, 0 as n_attempts, 0 as n_unseen from of_calls
    union all by name
    select *, 0 as n_failed, 0 as n_answered, cast(null as varchar) as example from of_attempts
)
select
    both_sides.run_id,
    cast(first(runs.started_at) at time zone 'UTC' as date) as run_date,
    both_sides.suite,
    both_sides.variant,
    both_sides.model,
    both_sides.role,
    both_sides.error_kind,
    cast(sum(n_failed) as bigint) as n_failed,
    cast(sum(n_answered) as bigint) as n_answered,
    cast(sum(n_attempts) as bigint) as n_attempts,
    cast(sum(n_unseen) as bigint) as n_unseen,
    min(both_sides.first_at) as first_at,
    max(both_sides.last_at) as last_at,
    min(both_sides.example) as example
from both_sides
inner join runs on runs.run_id = both_sides.run_id
group by
    both_sides.run_id,
    both_sides.suite,
    both_sides.variant,
    both_sides.model,
    both_sides.role,
    both_sides.error_kind
order by run_date desc, both_sides.run_id, both_sides.suite, both_sides.variant, both_sides.error_kind
