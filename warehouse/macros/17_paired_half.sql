-- Half the width of the interval of a paired difference with two more clusters of `size` samples each.
-- Source: as paired_low.
create or replace macro paired_half(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm, size) as
    student_t(n_clusters - 1)
    * paired_se(
        n + 2e0 * size,
        n_clusters + 2,
        sum_d,
        cast(sum_dd as double) + 2e0 * size * size,
        sum_dm,
        cast(sum_mm as double) + 2e0 * size * size
    )
