-- interim
create or replace macro mean_high(mean, variance, n_clusters) as mean
