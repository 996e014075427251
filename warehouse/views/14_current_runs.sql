-- Which run counts: the newest complete, not simulated, full-length one. Nights are never pooled.
-- Grain:    one row a suite, suite_version, variant
-- Reads:    run_variants
-- All columns of run_variants. Evaluations and imports count; a rehearsal, a calibration, a question do not.
select *
from run_variants
where status = 'complete'
    and kind in ('evaluate', 'import')
    and full_length
    and not simulated
qualify row_number() over (
    partition by suite, suite_version, variant
    order by started_at desc, run_id desc
) = 1
