-- The 164 tasks, under the source's own ids.
-- Grain:       one row a task
-- input        varchar  imports, signature and docstring
-- target       varchar  the whole reference solution: the prompt and the body after it
-- prelude      varchar  the prompt once more: an answer may leave out its imports
-- entry_point  varchar  the function's name
-- test         varchar  Python that defines check(candidate)
-- metadata     struct   entry_point
select
    task_id as sample_id,
    prompt as input,
    prompt || canonical_solution as target,
    prompt as prelude,
    entry_point,
    test,
    struct_pack(entry_point := entry_point) as metadata
from read_json(
    'HumanEval.jsonl',
    format = 'newline_delimited',
    columns = {
        task_id: 'varchar',
        prompt: 'varchar',
        entry_point: 'varchar',
        canonical_solution: 'varchar',
        test: 'varchar'
    }
)
