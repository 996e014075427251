-- The recorded answer is a Python literal; it stays text.
select
    id as sample_id,
    question as input,
    answer as target
from read_json(
    'crux.gpt-4o-2024-05-13.json',
    format = 'array',
    columns = {id: 'varchar', question: 'varchar', answer: 'varchar'}
)
