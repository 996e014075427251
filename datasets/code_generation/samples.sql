-- The samples of code_generation, as bench/make_code_generation.py wrote them.
-- Grain:      one row a task
-- Reads:      samples.jsonl
-- sample_id   varchar    code-001 ...
-- input       varchar    the interface and the rules of its behaviour
-- target      varchar    a module that passes the tests
-- tests       varchar    Python with asserts, to be run after the module, in its namespace; ends well or raises
-- wrong       varchar[]  modules with one slip each: the tests fail on every one
-- category    varchar    what the task is about
-- metadata    struct     name: of the task; difficulty: easy, medium, hard
select
    sample_id,
    input,
    target,
    tests,
    wrong,
    category,
    struct_pack("name" := "name", difficulty := difficulty) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        tests: 'varchar',
        wrong: 'varchar[]',
        category: 'varchar',
        "name": 'varchar',
        difficulty: 'varchar'
    }
)
order by sample_id
