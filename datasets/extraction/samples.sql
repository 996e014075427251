-- The samples of extraction, as bench/make_extraction.py wrote them.
-- Grain:      one row a document
-- Reads:      samples.jsonl; every column is named with its type, so that no JSON text is parsed
-- sample_id   varchar    ext-001 ...
-- input       varchar    what is asked, and the document; prompt.jinja adds how values are to be written
-- target      varchar    the answer, as JSON text
-- wrong       varchar[]  answers that fall into a trap of the document, as JSON text
-- schema      varchar    the JSON Schema (2020-12) that only the answer meets, as JSON text
-- category    varchar    what is to be found
-- metadata    struct     difficulty: easy | medium | hard
--                        template: the one that made the document
select
    sample_id,
    input,
    target,
    wrong,
    "schema",
    category,
    struct_pack(difficulty := difficulty, template := template) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        wrong: 'varchar[]',
        "schema": 'varchar',
        category: 'varchar',
        difficulty: 'varchar',
        template: 'varchar'
    }
)
order by sample_id
