-- The samples of json_only, as bench/make_json_only.py wrote them.
-- Grain:      one row a prompt
-- Reads:      samples.jsonl; every column is named with its type, so that no JSON text is parsed
-- sample_id   varchar  json-001 ...
-- input       varchar  the prompt, sent as it is
-- target      varchar  one right answer, as JSON text
-- schema      varchar  the JSON Schema (2020-12) that a right answer meets, as JSON text
-- category    varchar  what is hard about it
-- metadata    struct   pinned: the schema allows no other document than the target
select
    sample_id,
    input,
    target,
    "schema",
    category,
    struct_pack(pinned := pinned) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        "schema": 'varchar',
        category: 'varchar',
        pinned: 'boolean'
    }
)
order by sample_id
