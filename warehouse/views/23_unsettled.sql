-- Attempts that may have been billed although nobody saw their answer: cut, timed out, or in flight at a kill.
-- Grain:    one row a run_id, call_key, n
-- Reads:    attempts, calls
-- A budget counts each at its worst case: input bounded by the request's bytes, output by its max_tokens.
-- run_id        varchar         the run
-- call_key      uuid            the call
-- n             integer         the attempt's number
-- started_at    timestamptz     when it was sent
-- outcome       varchar         failed or unseen
-- error_kind    varchar         how it failed; null where nobody saw its end
-- reserved_usd  decimal(18,12)  the most that it can have cost
-- suite         varchar         its suite; null, as the next two, where a file from before schema 3 does not say
-- variant       varchar         the competitor
-- model         varchar         provider/name
select
    attempts.run_id,
    attempts.call_key,
    attempts.n,
    attempts.started_at,
    attempts.outcome,
    attempts.error_kind,
    attempts.reserved_usd,
    coalesce(attempts.for_suite, calls.suite) as suite,
    coalesce(attempts.for_variant, calls.variant) as variant,
    coalesce(attempts.for_model, calls.model) as model
from attempts
left join calls
    on calls.run_id = attempts.run_id
    and calls.call_key = attempts.call_key
where attempts.outcome <> 'answered' and attempts.reserved_usd > 0
