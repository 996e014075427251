-- The source has no ids: sample_id is test-N, N the line's place in the file, from 0.
-- The reference solution ends with "#### " and the number, which is the target.
select
    'test-' || (row_number() over () - 1) as sample_id,
    question as input,
    trim(split_part(answer, '####', 2)) as target,
    trim(split_part(answer, '####', 1)) as solution
from read_json(
    'gsm8k_test.jsonl',
    format = 'newline_delimited',
    columns = {question: 'varchar', answer: 'varchar'}
)
