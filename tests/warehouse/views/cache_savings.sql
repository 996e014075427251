-- case: reading saves nine tenths of the price, writing costs a quarter more
-- given
insert into calls by name
select 'r1' as run_id, k('1') as call_key, 'anthropic/claude-3-5-sonnet-20240620' as priced_as, 0 as input_tokens,
    1000000 as cache_write_tokens, 0 as cached_input_tokens, timestamptz '2024-09-01 12:00Z' as started_at
union all select 'r1', k('2'), 'anthropic/claude-3-5-sonnet-20240620', 0, 0, 1000000, timestamptz '2024-09-01 12:00Z'
union all select 'r2', k('3'), 'anthropic/claude-3-5-sonnet-20240620', 100, 0, 0, timestamptz '2024-09-01 12:00Z';
-- expect cache_savings
select 'r1' as run_id, 2::bigint as n_calls, 1000000::bigint as cached_input_tokens, 1000000::bigint as cache_write_tokens,
    0.5e0 as cached_share, 4.05::decimal(18, 12) as usd_cache, 6::decimal(18, 12) as usd_plain, 1.95::decimal(18, 12) as usd_saved
