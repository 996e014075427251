-- The lower end of the interval of a paired difference with two more clusters of `size` samples each, one all for
-- and one all against, not cut; the other arguments as paired_se.
-- Source: as paired_low.
create or replace macro paired_end(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm, size) as
    cast(sum_d as double) / (n + 2e0 * size)
    - student_t(n_clusters - 1)
    * paired_se(
        n + 2e0 * size,
        n_clusters + 2,
        sum_d,
        cast(sum_dd as double) + 2e0 * size * size,
        sum_dm,
        cast(sum_mm as double) + 2e0 * size * size
    )
