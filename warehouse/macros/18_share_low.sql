-- interim
create or replace macro share_low(passed, n, variance, n_clusters) as wilson_low(passed, n)
