-- The samples of instructions, as bench/make_instructions.py wrote them.
-- Grain:        one row a prompt
-- Reads:        samples.jsonl; every column is named with its type, so that no JSON text is parsed
-- sample_id     varchar    ins-001 ...
-- input         varchar    the task and the instructions
-- instructions  varchar    the instructions, as JSON text: kinds with their options
-- target        varchar    an answer that follows all of them
-- wrong         varchar[]  for each instruction, in order, an answer that misses it alone
-- category      varchar    the family of the first kind: length, wording, layout, whole or language
-- metadata      struct     kinds: those of the instructions
select
    sample_id,
    input,
    instructions,
    target,
    wrong,
    category,
    struct_pack(kinds := kinds) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        instructions: 'varchar',
        target: 'varchar',
        wrong: 'varchar[]',
        category: 'varchar',
        kinds: 'varchar[]'
    }
)
order by sample_id
