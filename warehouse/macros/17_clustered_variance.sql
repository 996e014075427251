-- interim
create or replace macro clustered_variance(n, n_clusters, total, sum_squared, sum_sizes, sum_sizes_squared) as
    case when n_clusters > 1 then greatest(0e0, cast(sum_squared as double) - 2e0 * total / n * sum_sizes + pow(cast(total as double) / n, 2) * sum_sizes_squared) / pow(cast(n as double), 2) * n_clusters / (n_clusters - 1e0) end
