-- The questions of 57 CSV files, as dirty as they are, made into one form.
-- Grain:      one row a question, 100 a subject
-- Reads:      48 files separated by commas and 9 by semicolons; the order of the columns differs from file to
--             file, so they go by their names, and every one stays text
-- sample_id   varchar    SUBJECT-N: the source has no ids; N is the row's place in its file, from 0
-- input       varchar    the question, without white space around it, line ends as \n
-- choices     varchar[]  four; a Python list of strings in the source
-- target      varchar    A to D: the corrected label where there is one, else the original one
-- category    varchar    the subject
-- scored      boolean    sound, or sound with the corrected label
-- metadata    struct     error_type in one spelling (the source has 27), label (the original one),
--                        correct_answer, potential_reason and source as the annotators wrote them
with comma_separated as (
    select *, row_number() over () as n
    from read_csv(
        [
            'mmlu_abstract_algebra.csv',
            'mmlu_clinical_knowledge.csv',
            'mmlu_college_biology.csv',
            'mmlu_college_chemistry.csv',
            'mmlu_college_computer_science.csv',
            'mmlu_college_mathematics.csv',
            'mmlu_college_medicine.csv',
            'mmlu_college_physics.csv',
            'mmlu_computer_security.csv',
            'mmlu_conceptual_physics.csv',
            'mmlu_econometrics.csv',
            'mmlu_electrical_engineering.csv',
            'mmlu_elementary_mathematics.csv',
            'mmlu_formal_logic.csv',
            'mmlu_global_facts.csv',
            'mmlu_high_school_biology.csv',
            'mmlu_high_school_chemistry.csv',
            'mmlu_high_school_computer_science.csv',
            'mmlu_high_school_european_history.csv',
            'mmlu_high_school_geography.csv',
            'mmlu_high_school_government_and_politics.csv',
            'mmlu_high_school_mathematics.csv',
            'mmlu_high_school_physics.csv',
            'mmlu_high_school_psychology.csv',
            'mmlu_high_school_statistics.csv',
            'mmlu_high_school_us_history.csv',
            'mmlu_high_school_world_history.csv',
            'mmlu_human_aging.csv',
            'mmlu_human_sexuality.csv',
            'mmlu_international_law.csv',
            'mmlu_jurisprudence.csv',
            'mmlu_logical_fallacies.csv',
            'mmlu_machine_learning.csv',
            'mmlu_marketing.csv',
            'mmlu_medical_genetics.csv',
            'mmlu_miscellaneous.csv',
            'mmlu_moral_disputes.csv',
            'mmlu_moral_scenarios.csv',
            'mmlu_professional_accounting.csv',
            'mmlu_professional_law.csv',
            'mmlu_professional_medicine.csv',
            'mmlu_professional_psychology.csv',
            'mmlu_public_relations.csv',
            'mmlu_security_studies.csv',
            'mmlu_sociology.csv',
            'mmlu_us_foreign_policy.csv',
            'mmlu_virology.csv',
            'mmlu_world_religions.csv'
        ],
        delim = ',',
        quote = '"',
        escape = '"',
        header = true,
        all_varchar = true,
        union_by_name = true,
        filename = true,
        parallel = false
    )
),
semicolon_separated as (
    select *, row_number() over () as n
    from read_csv(
        [
            'mmlu_anatomy.csv',
            'mmlu_astronomy.csv',
            'mmlu_business_ethics.csv',
            'mmlu_high_school_macroeconomics.csv',
            'mmlu_high_school_microeconomics.csv',
            'mmlu_management.csv',
            'mmlu_nutrition.csv',
            'mmlu_philosophy.csv',
            'mmlu_prehistory.csv'
        ],
        delim = ';',
        quote = '"',
        escape = '"',
        header = true,
        all_varchar = true,
        union_by_name = true,
        filename = true,
        parallel = false
    )
),
questions as (
    select
        regexp_extract(filename, 'mmlu_(\w+)\.csv$', 1) as subject,
        n - min(n) over (partition by filename) as place,
        replace(trim(question, e' \t\r\n'), e'\r\n', e'\n') as question,
        choices,
        chr(ascii('A') + cast(answer as integer)) as label,
        replace(lower(trim(error_type)), ' ', '_') as error_type,
        correct_answer,
        potential_reason,
        source
    from (
        select question, choices, answer, error_type, correct_answer, potential_reason, source, filename, n
        from comma_separated
        union all
        select question, choices, answer, error_type, correct_answer, potential_reason, source, filename, n
        from semicolon_separated
    )
),
with_choices as (
    select
        *,
        -- Each string with its quotes; then Python's escapes, as far as these files use them. An escaped
        -- backslash is set aside, so that what follows it is not taken for an escape.
        [
            trim(
                replace(replace(replace(replace(replace(replace(replace(replace(
                    text[2:-2],
                    '\\', chr(1)),
                    '\n', e'\n'),
                    '\''', ''''),
                    '\"', '"'),
                    '\xa0', chr(160)),
                    '\x80', chr(128)),
                    '\x93', chr(147)),
                    chr(1), '\'),
                e' \t\r\n'
            )
            for text in regexp_extract_all(choices, $$'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"$$)
        ] as options
    from questions
),
corrected as (
    -- An index from 0, or in two files a letter; anything else names no single option.
    select
        *,
        case
            when error_type <> 'wrong_groundtruth' then null
            when regexp_full_match(trim(correct_answer), '[0-3]')
                then chr(ascii('A') + cast(trim(correct_answer) as integer))
            when regexp_full_match(trim(correct_answer), '[A-D]') then trim(correct_answer)
        end as corrected_label
    from with_choices
)
select
    subject || '-' || place as sample_id,
    question as input,
    options as choices,
    coalesce(corrected_label, label) as target,
    subject as category,
    error_type = 'ok' or corrected_label is not null as scored,
    struct_pack(
        error_type := error_type,
        label := label,
        correct_answer := correct_answer,
        potential_reason := potential_reason,
        source := source
    ) as metadata
from corrected
order by subject, place
