-- question: Which model is best at which suite, and how sure is that?
select suite, model, n, accuracy, ci_low, ci_high from leaderboard order by suite, accuracy desc

-- question: Is one of two models better on a suite, by how much?
select suite, n, difference, ci_low, ci_high, p from compare('sums', 'a', 'b')

-- question: What does a right answer cost?
select suite, variant, usd, usd_per_correct from leaderboard order by suite, usd_per_correct

-- question: What was spent on each day?
select day, kind, simulated, n_calls, usd from cost_by_day order by day desc

-- question: On which model was it spent?
select model, role, n_calls, usd, first_day, last_day from cost_by_model order by usd desc

-- question: Why were answers graded wrong?
select variant, coalesce(reason, 'wrong') as reason, count(*) as n
from latest_grades where is_score and not passed group by all order by variant, n desc

-- question: On which samples do two models disagree?
select sample_id, variant, passed from latest_grades
where is_score and sample_id in (
    select sample_id from latest_grades where is_score group by all having count(distinct passed) > 1
)
order by sample_id, variant

-- question: Which calls failed, and why?
select variant, error_kind, count(*) as n from calls where status = 'failed' group by all order by n desc

-- question: How long does an answer take?
select suite, variant, latency_p50, latency_p95 from leaderboard order by latency_p50

-- question: Do measurements agree with what was published?
select model, benchmark, claimed, measured, agrees, note from against_claims
where measured is not null order by model, benchmark
