-- Standard error of a paired difference sum_d / n, cluster-robust; NULL below 2 clusters, 0 where all clusters
-- differ alike. sum_dd, sum_dm, sum_mm: over clusters, of the squared sums of differences, their products with
-- the sizes, the squared sizes.
-- Source: as clustered_variance.
create or replace macro paired_se(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as
    sqrt(clustered_variance(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm))
