-- Everything that was sent, plain, cached and written to a cache: what decides the long-prompt tier.
create or replace macro whole_input(plain, cached, written, written_1h) as
    cast(plain as hugeint) + coalesce(cached, 0) + coalesce(written, 0) + coalesce(written_1h, 0)
