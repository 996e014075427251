-- The samples of multiple_choice, as bench/make_multiple_choice.py wrote them.
-- Grain:      one row a question
-- Reads:      samples.jsonl; every column is named with its type, so that nothing is re-typed
-- sample_id   varchar    mc-001 ...
-- input       varchar    the question; prompt.jinja adds the choices and how the answer is to be given
-- choices     varchar[]  four, in the order of their letters
-- target      varchar    A to D
-- category    varchar    what it is about
-- metadata    struct     difficulty: easy | medium | hard
--                        found_by: the program that found the right choice: sql | session | python |
--                        computed | chosen (bench/multiple_choice/case.py)
select
    sample_id,
    input,
    choices,
    target,
    category,
    struct_pack(difficulty := difficulty, found_by := found_by) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        choices: 'varchar[]',
        target: 'varchar',
        category: 'varchar',
        difficulty: 'varchar',
        found_by: 'varchar'
    }
)
order by sample_id
