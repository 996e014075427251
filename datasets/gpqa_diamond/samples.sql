-- The questions of the archive's CSV, which is the table `source` (every column text).
-- Grain:      one row a question
-- sample_id   varchar    the source's Record ID
-- input       varchar    the question as it is
-- choices     varchar[]  the right answer and the three wrong ones, in the order of sha256("ID:N"), N 0 to 3
-- target      varchar    A to D: where the right answer (N = 0) came to stand
-- category    varchar    Biology, Physics or Chemistry
with numbered as (
    select
        "Record ID" as sample_id,
        "Question" as input,
        "High-level domain" as category,
        ["Correct Answer", "Incorrect Answer 1", "Incorrect Answer 2", "Incorrect Answer 3"] as answers,
        list_sort([sha256("Record ID" || ':' || n) for n in [0, 1, 2, 3]]) as sorted,
        [sha256("Record ID" || ':' || n) for n in [0, 1, 2, 3]] as hashes
    from source
)
select
    sample_id,
    input,
    [answers[list_position(hashes, hash)] for hash in sorted] as choices,
    'ABCD'[list_position(sorted, hashes[1])] as target,
    category
from numbered
