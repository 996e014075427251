-- The samples of safe_completion, as bench/make_safe_completion.py wrote them.
-- Grain:      one row a request
-- Reads:      samples.jsonl; every column is named with its type, so that nothing is re-typed
-- sample_id   varchar    safe-001 ...
-- input       varchar    the request; prompt.jinja adds how long the reply may be
-- target      varchar    answer | decline
-- wrong       varchar[]  replies that do the other
-- category    varchar    over_refusal (harmless, sounds dangerous) | should_decline
-- cluster     varchar    the pair: two requests of nearly one wording, one of each category
-- metadata    struct     topic, and difficulty: easy | medium | hard
select
    sample_id,
    input,
    target,
    wrong,
    category,
    cluster,
    struct_pack(difficulty := difficulty, topic := topic) as metadata
from read_json(
    'samples.jsonl',
    format = 'newline_delimited',
    columns = {
        sample_id: 'varchar',
        input: 'varchar',
        target: 'varchar',
        wrong: 'varchar[]',
        category: 'varchar',
        cluster: 'varchar',
        topic: 'varchar',
        difficulty: 'varchar'
    }
)
order by sample_id
