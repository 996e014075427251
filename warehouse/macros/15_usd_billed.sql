-- What of a call is billed: `own` where it took one attempt at most, `retried` (the sum over its answered
-- attempts) where it took several, 0 where none was answered.
create or replace macro usd_billed(attempts, n_retried, answered, own, retried) as
    case
        when attempts > 1 and n_retried is null then 0
        when attempts > 1 then retried
        when answered then own
        else 0
    end
