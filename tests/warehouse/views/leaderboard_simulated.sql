-- case: it shows what leaderboard never does
-- given
insert into samples by name select '1' as sample_id;
insert into runs by name select unnest(['real', 'made-up']) as run_id;
insert into calls by name
select run_id, k(run_id) as call_key, '1' as sample_id, run_id = 'made-up' as simulated,
    case when run_id = 'made-up' then 'simulated/gpt-4o-2024-05-13' else 'openai/gpt-4o-2024-05-13' end as model
from runs;
-- expect leaderboard_simulated
select 'made-up' as run_id, 'simulated/gpt-4o-2024-05-13' as model, true as full_length
-- expect leaderboard
select 'real' as run_id
