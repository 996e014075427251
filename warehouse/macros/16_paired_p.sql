-- Two-sided p-value of a paired difference sum_d / n with clusters, by Student's t of the clusters; arguments as
-- paired_se, columns and not aggregates. 1 where nothing differs. Where all clusters differ alike the standard
-- error says nothing, and the p-value is the sign test's over clusters. NULL where n = 0.
-- Source: E. Miller (2024), arXiv:2411.00640, section 4 (paired differences); J. Arbuthnott's sign test.
create or replace macro paired_p(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as
    case
        when n is null or sum_d is null or n = 0 then null
        when sum_d = 0 then 1e0
        when coalesce(paired_se(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm), 0e0) = 0
            then pow(2e0, 1e0 - n_clusters)
        else student_p(
            cast(sum_d as double) / n / paired_se(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm),
            n_clusters - 1
        )
    end
