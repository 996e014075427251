-- case: the same tokens at the prices of another day; a day before any price has none
-- given
delete from prices;
insert into prices by name
select 'm' as model, 'realtime' as mode, unnest(['input', 'output', 'input', 'output']) as token_kind, 0 as from_input_tokens,
    unnest([5, 15, 2.5, 10]) as usd_per_mtok,
    unnest([date '2024-05-13', date '2024-05-13', date '2024-10-02', date '2024-10-02']) as valid_from,
    unnest([date '2024-10-02', date '2024-10-02', null, null]) as valid_to;
insert into runs by name select 'r1' as run_id;
insert into calls by name
select 'r1' as run_id, k('1') as call_key, 'm' as priced_as, timestamptz '2024-06-01 12:00Z' as started_at;
-- expect cost_at('2024-11-01')
select 1::bigint as n_calls, 0::bigint as n_unpriced, 0.00035::decimal(18, 12) as usd, 0.00065::decimal(18, 12) as usd_then,
    -0.0003::decimal(18, 12) as usd_change, 'evaluate' as kind, 'answer' as role
-- expect cost_at(date '2024-06-30')
select 0.00065::decimal(18, 12) as usd, 0::decimal(18, 12) as usd_change
-- expect cost_at('2020-01-01')
select 1::bigint as n_unpriced, null::decimal(18, 12) as usd, 0::decimal(18, 12) as usd_priced, null::decimal(18, 12) as usd_change
