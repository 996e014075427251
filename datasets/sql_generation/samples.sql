-- The samples of sql_generation, as bench/make_sql_generation.py wrote them.
-- Grain:      one row a question
-- Reads:      samples.jsonl
-- sample_id   varchar    sql-001 ...
-- input       varchar    the schema, the first rows of each table, the question, the columns to return
-- target      varchar    one right query
-- wrong       varchar[]  queries that run and return other rows
-- dialect     varchar    the language asked for, and that of target and wrong: duckdb or tsql
-- language    varchar    the same, as the prompt says it
-- schema_sql  varchar    DDL and INSERT statements that make the tables and fill them
-- ordered     boolean    the order of the rows counts
-- category    varchar    what kind of query is asked for
-- metadata    struct     difficulty: easy, medium, hard; columns: of the result, in order;
--                        expected: the right rows, as JSON text (decimals as numbers, dates as text)
select
    sample_id,
    input,
    target,
    wrong,
    dialect,
    if(dialect = 'tsql', 'Azure Synapse (T-SQL)', 'DuckDB') as language,
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
        wrong: 'varchar[]',
        dialect: 'varchar',
        schema_sql: 'varchar',
        ordered: 'boolean',
        expected: 'varchar',
        "columns": 'varchar[]',
        category: 'varchar',
        difficulty: 'varchar'
    }
)
order by sample_id
