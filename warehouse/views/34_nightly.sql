-- Each night, suite and variant in a row: what a trend is drawn from.
-- Grain:    one row a run_date, suite, suite_version, variant, simulated
-- Reads:    run_variants, results_of, scored_totals
-- A night is the newest complete evaluation or import of a UTC day. A change to the night before says nothing by
-- itself: `regressions` says what is shown.
-- run_date         date            the UTC day on which the run started
-- suite            varchar         the suite
-- suite_version    varchar         its full version
-- variant          varchar         the competitor
-- variant_version  varchar         8 hex of model, params, system and prompt
-- model            varchar         provider/name
-- simulated        boolean         the answers come from the loopback server
-- run_id           varchar         the run
-- n                bigint          graded samples
-- n_failed         bigint          calls that failed for the provider's or our reasons
-- accuracy         double          passed / n, 0 to 1
-- ci_low           double          lower end of its 95 % interval
-- ci_high          double          upper end of the same
-- usd              decimal(18,12)  of the answers; null where a price is not known
-- latency_p50      double          median seconds of the last attempt, without queueing
-- latency_p95      double          95th percentile of the same
-- served_model     varchar         what the provider said it served
-- fingerprint      varchar         its system fingerprint
-- change           double          accuracy less that of the night before of the same versions; null: none
-- served_changed   boolean         served model or fingerprint are others than the night before; null: none
with nights as (
    select *
    from run_variants
    where status = 'complete' and kind in ('evaluate', 'import')
    qualify row_number() over (
        partition by run_date, suite, suite_version, variant, simulated
        order by started_at desc, run_id desc
    ) = 1
)
select
    results.run_date,
    results.suite,
    results.suite_version,
    results.variant,
    results.variant_version,
    results.model,
    results.simulated,
    results.run_id,
    results.n,
    results.n_failed,
    results.accuracy,
    results.ci_low,
    results.ci_high,
    results.usd,
    results.latency_p50,
    results.latency_p95,
    totals.served_model,
    totals.fingerprint,
    results.accuracy - lag(results.accuracy) over before as change,
    case
        when lag(results.run_id) over before is not null
            then totals.served_model is distinct from lag(totals.served_model) over before
            or totals.fingerprint is distinct from lag(totals.fingerprint) over before
    end as served_changed
from results_of('nights') as results
inner join scored_totals as totals
    on totals.run_id = results.run_id
    and totals.suite = results.suite
    and totals.suite_version = results.suite_version
    and totals.variant = results.variant
window before as (
    partition by
        results.suite,
        results.suite_version,
        results.variant,
        results.variant_version,
        results.simulated
    order by results.run_date
)
order by results.run_date desc, results.suite, results.variant, results.simulated
