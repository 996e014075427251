-- interim
create or replace macro share_high(passed, n, variance, n_clusters) as wilson_high(passed, n)
