-- interim
create or replace macro mean_low(mean, variance, n_clusters) as mean
