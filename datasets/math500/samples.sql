-- The source's prompt is the problem and one line of instruction, which prompt.jinja adds again.
-- It has no ids: sample_id is test-N, N the line's place in the file, from 0.
select
    'test-' || (row_number() over () - 1) as sample_id,
    regexp_replace(prompt, '\nPlease reason step by step, [^\n]*$', '') as input,
    answer as target
from read_json(
    'math500.jsonl',
    format = 'newline_delimited',
    columns = {prompt: 'varchar', answer: 'varchar'}
)
