-- case: instructions and prompts are counted, and an empty answer follows none
-- given
insert into samples by name
select 's' as suite, '1' as suite_version, 'a' as sample_id, '{"kinds": ["words", "title"]}' as metadata
union all select 's', '1', 'b', '{"kinds": ["words"]}';
insert into grades by name
select 'r1' as run_id, k('a') as call_key, 's' as suite, '1' as suite_version, 'a' as sample_id, 'instructions' as grader, false as passed, 'wrong' as reason, '{"followed": ["words"], "missed": ["title"], "why": ["x"]}' as explanation
union all select 'r1', k('b'), 's', '1', 'b', 'instructions', false, 'empty', 'the response holds no text'
union all select 'r1', k('a'), 's', '1', 'a', 'instructions_loose', true, null, '{"followed": ["words", "title"], "missed": [], "why": []}';
-- expect instruction_following
select 'all' as kind, false as loose, 2::bigint as n_prompts, 3::bigint as n_instructions, 1::bigint as n_followed, 0::double as prompt_accuracy, 1 / 3 as instruction_accuracy
union all select 'words', false, 2, 2, 1, null, 0.5
union all select 'title', false, 1, 1, 0, null, 0
union all select 'all', true, 1, 2, 2, 1, 1
union all select 'words', true, 1, 1, 1, null, 1
union all select 'title', true, 1, 1, 1, null, 1
