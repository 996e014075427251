-- The samples of code_review, as bench/make_code_review.py wrote them.
-- Grain:          one row a change
-- Reads:          samples.jsonl; every column is named with its type, so that no JSON text is parsed
-- sample_id       varchar    review-001 ...
-- input           varchar    what the change is for, and its numbered diff; prompt.jinja adds what is asked
-- target          varchar    the right finding, as JSON text; line 0 and kind none for a clean change
-- wrong           varchar[]  findings that are not right
-- schema          varchar    the JSON Schema of right findings: the line (or one as good) and the kind
-- line_schema     varchar    that of findings in the right place
-- verdict_schema  varchar    that of findings that are right about there being a defect
-- category        varchar    the kind of the planted defect, or none
-- metadata        struct     difficulty; the kind that a clean change resembles, else its own
select
    sample_id,
    input,
    target,
    wrong,
    "schema",
    line_schema,
    verdict_schema,
    category,
    struct_pack(difficulty := difficulty, resembles := resembles) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        wrong: 'varchar[]',
        "schema": 'varchar',
        line_schema: 'varchar',
        verdict_schema: 'varchar',
        category: 'varchar',
        difficulty: 'varchar',
        resembles: 'varchar'
    }
)
order by sample_id
