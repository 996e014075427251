-- Whether a variant has become worse (or better) than it was: its newest nights against the fourteen before.
-- Grain:    one row a suite, variant, simulated, category, nights
-- Reads:    run_variants, drift_of, scored_totals
-- Kept:     answered, when the catalog is made: it reads every grade of the newest nights
-- In a hundred quiet nights at most one has a false alarm, whatever the number of suites and variants
-- (drift_of says how). A pinned baseline: select * from drift_of('run_variants', 14, 'RUN_ID').
-- suite                  varchar  the suite
-- suite_version          varchar  its full version
-- variant                varchar  the competitor
-- variant_version        varchar  8 hex of model, params, system and prompt: nights of one are compared
-- simulated              boolean  the answers come from the loopback server
-- category               varchar  null: the whole suite; a category's row tells where it changed
-- nights                 integer  the newest nights taken together: 1, 3 or 7
-- baseline_nights        bigint   nights that they are compared with: up to 14
-- run_id                 varchar  the newest night's run
-- run_date               date     its UTC day
-- n                      bigint   samples of both
-- accuracy               double   of the newest nights, 0 to 1
-- baseline_accuracy      double   of the baseline
-- difference             double   accuracy - baseline_accuracy, on the same samples
-- ci_low                 double   lower end of its 95 % interval: of change on these samples from night to night
-- ci_high                double   upper end of the same
-- p                      double   two-sided p-value of no change on these samples
-- p_holm                 double   corrected over all suites, variants and windows; of categories among themselves
-- alarm                  boolean  a drop that is shown; in rows of a category false
-- served_model           varchar  what the provider said it served in the newest run
-- baseline_served_model  varchar  and in the newest run of the baseline
-- fingerprint            varchar  the system fingerprint of the newest run
-- baseline_fingerprint   varchar  and of the newest run of the baseline
-- served_changed         boolean  served model or fingerprint are others than they were
select
    drift.suite,
    drift.suite_version,
    drift.variant,
    drift.variant_version,
    drift.simulated,
    drift.category,
    drift.nights,
    drift.baseline_nights,
    drift.run_id,
    drift.run_date,
    drift.n,
    drift.accuracy_b as accuracy,
    drift.accuracy_a as baseline_accuracy,
    drift.difference,
    drift.ci_low,
    drift.ci_high,
    drift.p,
    drift.p_holm,
    drift.alarm,
    now.served_model,
    before.served_model as baseline_served_model,
    now.fingerprint,
    before.fingerprint as baseline_fingerprint,
    now.served_model is distinct from before.served_model
    or now.fingerprint is distinct from before.fingerprint as served_changed
from drift_of('run_variants', 14, null) as drift
left join scored_totals as now
    on now.run_id = drift.run_id
    and now.suite = drift.suite
    and now.suite_version = drift.suite_version
    and now.variant = drift.variant
left join scored_totals as before
    on before.run_id = drift.baseline_run_id
    and before.suite = drift.suite
    and before.suite_version = drift.suite_version
    and before.variant = drift.variant
order by drift.alarm desc, drift.category is not null, drift.p_holm, drift.suite, drift.variant, drift.nights
