-- The results of every run, whatever its status and length, simulated or not.
-- Grain:    one row a run_id, suite, suite_version, variant
-- Reads:    run_variants, results_of
-- suite               varchar         the suite
-- model               varchar         provider/name
-- variant             varchar         the competitor: a model with its params and prompt
-- n                   bigint          graded samples, but for scored = false; failed calls are in n_failed
-- n_failed            bigint          calls that failed for the provider's or our reasons
-- n_refused           bigint          answers graded 0 because the model or its service's filter refused
-- n_cut               bigint          answers graded 0 because they were cut at max_tokens
-- accuracy            double          passed / n, 0 to 1, epochs averaged first; null when n = 0
-- ci_low              double          lower end of the 95 % interval of accuracy: Wilson's, and with epochs or
--                                     clusters the cluster-robust one
-- ci_high             double          upper end of the same
-- mean_score          double          mean score over samples, 0 to 1
-- usd                 decimal(18,12)  of the answers, not of judges; null when n_unpriced > 0
-- n_unpriced          bigint          calls whose cost is not known
-- usd_per_correct     decimal(18,12)  usd / answers that passed; null when there is none
-- latency_p50         double          median seconds of the last attempt, without queueing
-- latency_p95         double          95th percentile of the same
-- input_tokens        bigint          tokens sent, those read from or written to a cache apart
-- output_tokens       bigint          tokens received
-- run_id              varchar         the run
-- run_date            date            the UTC day on which the run started
-- suite_version       varchar         full version of the suite; only equal ones compare
-- variant_version     varchar         8 hex of model, params, system and prompt
-- usd_priced          decimal(18,12)  cost of the calls whose cost is known
-- kind                varchar         evaluate, import, regrade, rehearsal, calibrate or ask
-- status              varchar         complete, partial, budget_stopped, cancelled or failed
-- limit               bigint          samples the spec allowed; null: all; to be written "limit"
-- full_length         boolean         every sample of the suite was asked
-- simulated           boolean         the answers come from the loopback server
-- n_ungraded          bigint          answered samples without a score: no grader yet, or it cannot tell
-- judge               varchar         the model that judged the score; null: a program did, a panel, or several
-- judge_accuracy      double          share of its verdicts that were right in its calibration; null: none
-- accuracy_corrected  double          accuracy corrected for the judge's errors (Rogan-Gladen); null: not known
-- corrected_low       double          lower end of its 95 % interval
-- corrected_high      double          upper end of its 95 % interval
-- n_clusters          bigint          independent groups of samples: the interval stands on so many
-- score_low           double          lower end of the 95 % interval of mean_score (Student's t, by cluster)
-- score_high          double          upper end of the same
select
    suite,
    model,
    variant,
    n,
    n_failed,
    n_refused,
    n_cut,
    accuracy,
    ci_low,
    ci_high,
    mean_score,
    usd,
    n_unpriced,
    usd_per_correct,
    latency_p50,
    latency_p95,
    input_tokens,
    output_tokens,
    run_id,
    run_date,
    suite_version,
    variant_version,
    usd_priced,
    kind,
    status,
    "limit",
    full_length,
    simulated,
    n_ungraded,
    judge,
    judge_accuracy,
    accuracy_corrected,
    corrected_low,
    corrected_high,
    n_clusters,
    score_low,
    score_high
from results_of('run_variants')
order by run_date desc, run_id, suite, accuracy desc nulls last, variant
