-- Lower end of the 95 % interval of a paired difference sum_d / n of scores 0 to 1, with clusters; arguments as
-- paired_se. Two clusters are added, one all for and one all against, so that it has a width even where nothing
-- differs; cut to -1 to 1, and never above the difference itself. One cluster cannot tell: -1. NULL where n = 0.
-- Source: D. G. Bonett, R. M. Price (2012), J. Educational and Behavioral Statistics 37:479-488, with the
-- cluster-robust standard error in place of the multinomial's and Student's t of the clusters in place of z.
create or replace macro paired_low(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as
    case
        when n = 0 then null
        when n_clusters = 1 then -1e0
        else least(
            cast(sum_d as double) / n,
            greatest(
                -1e0,
                paired_middle(n, sum_d, paired_extra(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm))
                - paired_half(
                    n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm,
                    paired_extra(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm)
                )
            )
        )
    end
