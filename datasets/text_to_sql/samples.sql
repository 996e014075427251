-- The questions whose database is one of the seven.
-- Grain:         one row a question
-- Reads:         3 CSV files of questions, 7 scripts that make the databases and fill them
-- sample_id      varchar    FILE-N: the source has no ids; N is the row's place in its file, from 1
-- input          varchar    the question
-- target         varchar    the first gold query
-- right_queries  varchar[]  every gold query; they stand in one field, with semicolons between
-- ordered        boolean    the question asks for an order, and every gold query has one
-- schema_sql     varchar    the database's script, in PostgreSQL's dialect
-- tables         varchar    its create statements, for the prompt
-- instructions   varchar    what the question takes for granted; NULL where there is nothing
-- category       varchar    the source's query_category
-- cluster        varchar    the database
with files as (
    select *
    from read_csv(
        ['questions_gen_sqlite.csv', 'instruct_advanced_sqlite.csv'],
        delim = ',',
        quote = '"',
        escape = '"',
        header = true,
        auto_detect = false,
        null_padding = true,
        strict_mode = false,  -- a question holds quotes that are not doubled
        columns = {
            db_name: 'varchar',
            db_type: 'varchar',
            query_category: 'varchar',
            query: 'varchar',
            question: 'varchar',
            instructions: 'varchar',
            full_instructions: 'varchar'
        },
        filename = true,
        parallel = false
    )
    union all by name
    select *
    from read_csv(
        'instruct_basic_sqlite.csv',
        delim = ',',
        quote = '"',
        escape = '"',
        header = true,
        auto_detect = false,
        columns = {
            db_name: 'varchar',
            db_type: 'varchar',
            query_category: 'varchar',
            query: 'varchar',
            question: 'varchar'
        },
        filename = true,
        parallel = false
    )
),
questions as (
    select
        *,
        regexp_extract(filename, '(\w+)_sqlite\.csv$', 1) as file,
        row_number() over (partition by filename order by place) as n,
        list_filter(string_split(query, ';'), lambda part: trim(part) <> '') as golds
    from (select *, row_number() over () as place from files)
),
databases as (
    select
        regexp_extract(filename, '(\w+)\.sql$', 1) as db_name,
        content as schema_sql,
        array_to_string(
            regexp_extract_all(content, '(?s)create table .*?\n\);'::varchar, 0, 'i'),
            E'\n\n'
        ) as tables
    from read_text(
        [
            'academic.sql',
            'broker.sql',
            'car_dealership.sql',
            'derm_treatment.sql',
            'ewallet.sql',
            'geography.sql',
            'restaurants.sql'
        ]
    )
)
select
    file || '-' || n as sample_id,
    trim(question) as input,
    trim(golds[1]) as target,
    golds as right_queries,
    regexp_matches(question, '(?i)\border(?:ed)?\b.*\b(?:by|from|alphabetical\w*|in)\b|\bsort|scending')
        and len(list_filter(golds, lambda gold: not regexp_matches(gold, '(?is)\border by\b[^)]*$'))) = 0
        as ordered,
    schema_sql,
    replace(tables, 'public.', '') as tables,
    nullif(trim(instructions), '') as instructions,
    query_category as category,
    db_name as cluster
from questions
join databases using (db_name)
order by file, n
