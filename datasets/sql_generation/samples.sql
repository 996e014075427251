-- The samples of sql_generation, as bench/make_sql_generation.py wrote them.
-- Grain:      one row a question
-- Reads:      samples.jsonl
-- sample_id   varchar    sql-001 ...
-- input       varchar    the schema, the first rows of each table, the question, the columns to return
-- target      varchar    one right query
-- targets     varchar[]  patterns of constructs that no right query can do without
-- wrong       varchar[]  queries that run, return other rows, and lack a construct
-- schema_sql  varchar    DDL and INSERT statements that make the tables and fill them
-- ordered     boolean    the order of the rows counts
-- category    varchar    what kind of query is asked for
-- metadata    struct     difficulty: easy, medium, hard; columns: of the result, in order;
--                        expected: the right rows, as JSON text (decimals as numbers, dates as text)
select
    sample_id,
    input,
    target,
    targets,
    wrong,
    schema_sql,
    ordered,
    category,
    struct_pack(difficulty := difficulty, "columns" := "columns", expected := expected) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        targets: 'varchar[]',
        wrong: 'varchar[]',
        schema_sql: 'varchar',
        ordered: 'boolean',
        expected: 'varchar',
        "columns": 'varchar[]',
        category: 'varchar',
        difficulty: 'varchar'
    }
)
order by sample_id
