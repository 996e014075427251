-- The 250 problems in 11 languages.
-- Grain:      one row a problem and language
-- Reads:      11 TSV files without header or quoting: the question and an integer
-- sample_id   varchar  LANGUAGE-N: the source has no ids; N is the line's place in its file, from 0
-- input       varchar  the question
-- target      varchar  the number
-- category    varchar  the language, as ISO 639-1 has it
-- language    varchar  the same, for the prompt
-- cluster     varchar  problem-N: line N of every file is the same problem
with lines as (
    select *, row_number() over () as n
    from read_csv(
        [
            'mgsm_bn.tsv',
            'mgsm_de.tsv',
            'mgsm_en.tsv',
            'mgsm_es.tsv',
            'mgsm_fr.tsv',
            'mgsm_ja.tsv',
            'mgsm_ru.tsv',
            'mgsm_sw.tsv',
            'mgsm_te.tsv',
            'mgsm_th.tsv',
            'mgsm_zh.tsv'
        ],
        delim = '\t',
        quote = '',
        escape = '',
        header = false,
        auto_detect = false,
        columns = {question: 'varchar', answer: 'varchar'},
        filename = true,
        parallel = false
    )
),
placed as (
    select
        regexp_extract(filename, 'mgsm_(\w+)\.tsv$', 1) as language,
        n - min(n) over (partition by filename) as place,
        trim(question) as input,
        trim(answer) as target
    from lines
)
select
    language || '-' || place as sample_id,
    input,
    target,
    language as category,
    language,
    'problem-' || place as cluster
from placed
order by language, place
