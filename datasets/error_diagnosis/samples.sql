-- The samples of error_diagnosis, as bench/make_error_diagnosis.py wrote them.
-- Grain:      one row a message in its situation
-- Reads:      samples.jsonl; every column is named with its type, so that nothing is re-typed
-- sample_id   varchar    error-001 ...
-- input       varchar    the situation and the message; prompt.jinja adds what is asked
-- target      varchar    one right answer
-- wrong       varchar[]  answers that mistake the cause or advise a forbidden remedy
-- facts       varchar[]  phrases (tasks/grade/facts.py) that a right answer holds, each
-- forbidden   varchar[]  phrases of remedies that it does not advise
-- category    varchar    the tool that the message is from
-- metadata    struct     difficulty: easy | medium | hard
select
    sample_id,
    input,
    target,
    wrong,
    facts,
    forbidden,
    category,
    struct_pack(difficulty := difficulty) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        wrong: 'varchar[]',
        facts: 'varchar[]',
        forbidden: 'varchar[]',
        category: 'varchar',
        difficulty: 'varchar'
    }
)
order by sample_id
