-- The recorded answer is the number behind "# ".
select
    id as sample_id,
    question as input,
    ltrim(answer, '# ') as target
from read_json(
    'gsm.gpt-4o-2024-05-13.json',
    format = 'array',
    columns = {id: 'varchar', question: 'varchar', answer: 'varchar'}
)
