-- The samples of grounded_answers, as bench/make_grounded_answers.py wrote them.
-- Grain:      one row a question
-- Reads:      samples.jsonl; every column is named with its type, so that no date or number is re-typed
-- sample_id   varchar    grounded-001 ...
-- input       varchar    the question; prompt.jinja adds the passages and the form of the answer
-- passages    varchar[]  five passages in the order in which they are shown
-- target      varchar    the answer, or NOT IN THE PASSAGES
-- targets     varchar[]  every spelling of it that is right
-- wrong       varchar[]  answers of a careless reader
-- category    varchar    what it takes to answer, or why there is no answer
-- cluster     varchar    the set of passages
-- metadata    struct     answerable; difficulty: easy | medium | hard; place of the first evidence, 1 to 5
select
    sample_id,
    input,
    passages,
    target,
    targets,
    wrong,
    category,
    cluster,
    struct_pack(answerable := answerable, difficulty := difficulty, place := place) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        passages: 'varchar[]',
        target: 'varchar',
        targets: 'varchar[]',
        wrong: 'varchar[]',
        category: 'varchar',
        cluster: 'varchar',
        answerable: 'boolean',
        difficulty: 'varchar',
        place: 'integer'
    }
)
order by sample_id
