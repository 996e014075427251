-- Lower end of the 95 % interval of a paired difference sum_d / n of scores 0 to 1, with clusters; arguments as
-- paired_se. Two clusters are added, one all for and one all against, so that it has a width even where nothing
-- differs: of one sample each, and of the mean size where all clusters differ alike, since then nothing tells how
-- far samples of one cluster go together. Cut to -1 to 1, and never above the difference itself. One cluster
-- cannot tell: -1. NULL where n = 0.
-- Source: D. G. Bonett, R. M. Price (2012), J. Educational and Behavioral Statistics 37:479-488, with the
-- cluster-robust standard error in place of the multinomial's and Student's t of the clusters in place of z.
create or replace macro paired_low(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as
    case
        when n is null or sum_d is null or n = 0 then null
        when n_clusters = 1 then -1e0
        else least(
            cast(sum_d as double) / n,
            greatest(
                -1e0,
                case
                    when clustered_variance(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) > 0
                        then paired_end(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm, 1e0)
                    else paired_end(
                        n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm, cast(n as double) / n_clusters
                    )
                end
            )
        )
    end
