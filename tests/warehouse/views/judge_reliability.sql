-- case: the newest calibration of a judge on the same labels, its measures side by side
-- given
insert into runs by name
select 'c1' as run_id, 'calibrate' as kind, timestamptz '2026-03-01 00:00+00' as started_at
union all select 'c2', 'calibrate', timestamptz '2026-03-02 00:00+00';
insert into calibrations by name
select 'c1' as run_id, 'accuracy' as measure, 0.8e0 as value, 0.7e0 as ci_low, 0.9e0 as ci_high, 100 as n
union all select 'c1', 'length_bias', 0.1e0, 0.0e0, 0.2e0, 90
union all select 'c2', 'accuracy', 0.9e0, 0.85e0, 0.95e0, 60
union all select 'c2', 'sensitivity', 0.95e0, 0.9e0, 1.0e0, 40
union all select 'c2', 'specificity', 0.75e0, 0.6e0, 0.9e0, 20
union all select 'c2', 'kappa', 0.6e0, 0.5e0, 0.7e0, 60;
insert into calibrations by name
select 'c1' as run_id, 'other labels' as labels_hash, 'consistency' as measure, 0.7e0 as value, 0.6e0 as ci_low, 0.8e0 as ci_high, 100 as n
union all select 'c1', 'other labels', 'position_bias', -0.1e0, -0.2e0, 0.0e0, 100;
-- expect judge_reliability
select 'openai/j' as judge, 'h' as labels_hash, 'c2' as run_id, timestamptz '2026-03-02 00:00+00' as calibrated_at, 60::bigint as n,
    0.9e0 as accuracy, 0.85e0 as accuracy_low, 0.95e0 as accuracy_high, null::double as length_bias, 0.6e0 as kappa,
    0.95e0 as sensitivity, 40::bigint as n_sensitivity, 0.75e0 as specificity, 0.6e0 as specificity_low, 20::bigint as n_specificity,
    null::double as consistency, null::double as position_bias_low
union all select 'openai/j', 'other labels', 'c1', timestamptz '2026-03-01 00:00+00', null, null, null, null, null, null, null, null, null, null, null, 0.7e0, -0.2e0
