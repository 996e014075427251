-- question: Which model is best at which suite, and how sure is that?
select suite, variant, n, accuracy, ci_low, ci_high from leaderboard order by suite, accuracy desc, variant

-- question: Is one of two models better on a suite, by how much?
select suite, n, difference, ci_low, ci_high, p
from compare('gsm8k_json', 'recorded/claude-3-5-sonnet-20240620', 'recorded/gpt-4o-2024-05-13')

-- question: What does a right answer cost?
select suite, variant, usd, usd_per_correct from leaderboard order by suite, usd_per_correct, variant

-- question: What was spent on each day?
select day, kind, simulated, n_calls, usd from cost_by_day order by day desc, kind

-- question: On which model was it spent?
select model, role, n_calls, usd, first_day, last_day from cost_by_model order by usd desc, model, role, kind

-- question: Why were answers graded wrong?
select variant, coalesce(reason, 'wrong') as reason, count(*) as n
from latest_grades inner join current_runs using (run_id, suite, suite_version, variant)
where is_score and not passed group by all order by variant, n desc, reason

-- question: On which samples do two models disagree?
select sample_id, variant_a, passed_a, variant_b, passed_b from disagreements order by suite, sample_id

-- question: Which calls failed, and why?
select variant, error_kind, count(*) as n from calls where status = 'failed'
group by all order by n desc, variant, error_kind

-- question: How long does an answer take?
select suite, variant, latency_p50, latency_p95 from leaderboard order by suite, latency_p50, variant

-- question: Do measurements agree with what was published?
select model, benchmark, claimed, measured, agrees, note from against_claims
where measured is not null order by model, benchmark
