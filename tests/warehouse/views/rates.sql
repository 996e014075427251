-- case: the kinds of a model's prices lie side by side, for each period and tier
-- given
delete from prices;
insert into prices by name
select 'm' as model, 'realtime' as mode, unnest(['input', 'output', 'input', 'output', 'input']) as token_kind,
    unnest([0, 0, 0, 0, 200000]) as from_input_tokens, unnest([5, 15, 2.5, 10, 4]) as usd_per_mtok,
    unnest([date '2024-05-13', date '2024-05-13', date '2024-10-02', date '2024-10-02', date '2024-10-02']) as valid_from,
    unnest([date '2024-10-02', date '2024-10-02', null, null, null]) as valid_to;
-- expect rates
select 'm' as model, date '2024-05-13' as valid_from, date '2024-10-02' as valid_to, 0::bigint as from_input_tokens,
    9223372036854775807 as below_input_tokens, 5::decimal(18, 12) as input, 15::decimal(18, 12) as output,
    null::decimal(18, 12) as cached_input
union all select 'm', date '2024-10-02', date '9999-12-31', 0, 200000, 2.5, 10, null
union all select 'm', date '2024-10-02', date '9999-12-31', 200000, 9223372036854775807, 4, 10, null
