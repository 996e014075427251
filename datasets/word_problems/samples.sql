-- The samples of word_problems, as bench/make_word_problems.py wrote them.
-- Grain:      one row a problem
-- Reads:      samples.jsonl; every column is named with its type, so that nothing is re-typed
-- sample_id   varchar  wp-001 ...
-- input       varchar  the problem; prompt.jinja adds how the answer is to be given
-- target      varchar  the answer: an integer or an exact decimal, without unit
-- category    varchar  what kind of problem it is
-- difficulty  varchar  easy | medium | hard
-- metadata    struct   difficulty, and the template that made the problem
select
    sample_id,
    input,
    target,
    category,
    difficulty,
    struct_pack(difficulty := difficulty, template := template) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        category: 'varchar',
        difficulty: 'varchar',
        template: 'varchar'
    }
)
order by sample_id
