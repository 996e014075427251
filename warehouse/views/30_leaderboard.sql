-- Which model does which suite how well, at what cost: the newest complete full-length runs.
-- Grain:    one row a suite, model, variant
-- Reads:    current_runs, results_of
-- Simulated runs are in leaderboard_simulated, other runs in leaderboard_all. Of several versions of a suite,
-- the newest that the variant was put to; suite_version says which.
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
    n_ungraded,
    judge,
    judge_accuracy,
    accuracy_corrected,
    corrected_low,
    corrected_high,
    n_clusters,
    score_low,
    score_high
from results_of('current_runs')
qualify row_number() over (
    partition by suite, model, variant
    order by started_at desc, run_id desc
) = 1
order by suite, accuracy desc nulls last, variant
