-- How far a judge can be trusted: its newest calibration against labels of persons.
-- Grain:    one row a judge, labels_hash
-- Reads:    calibrations, runs
-- Each measure is followed by the ends of its 95 % interval, name_low and name_high. A measure that the labels
-- cannot tell is null: pairs tell of orders and length, single answers of sensitivity and specificity.
-- judge                  varchar      the judge's model, provider/name
-- labels_hash            varchar      of the labels: rows with one hash compare
-- run_id                 varchar      the calibration
-- calibrated_at          timestamptz  when it began
-- simulated              boolean      the judge is made up: says nothing of a real one
-- n                      bigint       labels that accuracy stands on
-- accuracy               double       share of verdicts that say what the person says; of pairs, over both orders
-- accuracy_low           double       lower end
-- accuracy_high          double       upper end
-- accuracy_first         double       the same with the answers in their order
-- accuracy_first_low     double       lower end
-- accuracy_first_high    double       upper end
-- accuracy_swapped       double       the same with the answers in the other order
-- accuracy_swapped_low   double       lower end
-- accuracy_swapped_high  double       upper end
-- accuracy_both          double       share of pairs that are judged rightly in both orders
-- accuracy_both_low      double       lower end
-- accuracy_both_high     double       upper end
-- consistency            double       share of pairs with the same verdict in both orders
-- consistency_low        double       lower end
-- consistency_high       double       upper end
-- kappa_orders           double       Cohen's kappa between the orders
-- kappa_orders_low       double       lower end
-- kappa_orders_high      double       upper end
-- kappa                  double       Cohen's kappa between judge and person; of pairs, mean of both orders
-- kappa_low              double       lower end
-- kappa_high             double       upper end
-- position_bias          double       share of verdicts for the answer shown first, minus a half
-- position_bias_low      double       lower end
-- position_bias_high     double       upper end
-- length_bias            double       share of verdicts for the longer answer, minus the persons' share
-- length_bias_low        double       lower end
-- length_bias_high       double       upper end
-- self_consistency       double       share of repeated verdicts that are the same; null where none was repeated
-- self_consistency_low   double       lower end
-- self_consistency_high  double       upper end
-- sensitivity            double       share of right answers that the judge passes
-- sensitivity_low        double       lower end
-- sensitivity_high       double       upper end
-- n_sensitivity          bigint       answers that persons found right
-- specificity            double       share of wrong answers that the judge fails
-- specificity_low        double       lower end
-- specificity_high       double       upper end
-- n_specificity          bigint       answers that persons found wrong
with dated as (
    select
        calibrations.*,
        runs.started_at,
        runs.simulated
    from calibrations
    inner join runs on runs.run_id = calibrations.run_id
),
newest as (
    select *
    from dated
    qualify dense_rank() over (
        partition by judge, labels_hash
        order by started_at desc, run_id desc
    ) = 1
)
select
    judge,
    labels_hash,
    first(run_id) as run_id,
    first(started_at) as calibrated_at,
    first(simulated) as simulated,
    max(n) filter (measure = 'accuracy') as n,
    max(value) filter (measure = 'accuracy') as accuracy,
    max(ci_low) filter (measure = 'accuracy') as accuracy_low,
    max(ci_high) filter (measure = 'accuracy') as accuracy_high,
    max(value) filter (measure = 'accuracy_first') as accuracy_first,
    max(ci_low) filter (measure = 'accuracy_first') as accuracy_first_low,
    max(ci_high) filter (measure = 'accuracy_first') as accuracy_first_high,
    max(value) filter (measure = 'accuracy_swapped') as accuracy_swapped,
    max(ci_low) filter (measure = 'accuracy_swapped') as accuracy_swapped_low,
    max(ci_high) filter (measure = 'accuracy_swapped') as accuracy_swapped_high,
    max(value) filter (measure = 'accuracy_both') as accuracy_both,
    max(ci_low) filter (measure = 'accuracy_both') as accuracy_both_low,
    max(ci_high) filter (measure = 'accuracy_both') as accuracy_both_high,
    max(value) filter (measure = 'consistency') as consistency,
    max(ci_low) filter (measure = 'consistency') as consistency_low,
    max(ci_high) filter (measure = 'consistency') as consistency_high,
    max(value) filter (measure = 'kappa_orders') as kappa_orders,
    max(ci_low) filter (measure = 'kappa_orders') as kappa_orders_low,
    max(ci_high) filter (measure = 'kappa_orders') as kappa_orders_high,
    max(value) filter (measure = 'kappa') as kappa,
    max(ci_low) filter (measure = 'kappa') as kappa_low,
    max(ci_high) filter (measure = 'kappa') as kappa_high,
    max(value) filter (measure = 'position_bias') as position_bias,
    max(ci_low) filter (measure = 'position_bias') as position_bias_low,
    max(ci_high) filter (measure = 'position_bias') as position_bias_high,
    max(value) filter (measure = 'length_bias') as length_bias,
    max(ci_low) filter (measure = 'length_bias') as length_bias_low,
    max(ci_high) filter (measure = 'length_bias') as length_bias_high,
    max(value) filter (measure = 'self_consistency') as self_consistency,
    max(ci_low) filter (measure = 'self_consistency') as self_consistency_low,
    max(ci_high) filter (measure = 'self_consistency') as self_consistency_high,
    max(value) filter (measure = 'sensitivity') as sensitivity,
    max(ci_low) filter (measure = 'sensitivity') as sensitivity_low,
    max(ci_high) filter (measure = 'sensitivity') as sensitivity_high,
    max(n) filter (measure = 'sensitivity') as n_sensitivity,
    max(value) filter (measure = 'specificity') as specificity,
    max(ci_low) filter (measure = 'specificity') as specificity_low,
    max(ci_high) filter (measure = 'specificity') as specificity_high,
    max(n) filter (measure = 'specificity') as n_specificity
from newest
group by judge, labels_hash
order by judge, calibrated_at desc, labels_hash
