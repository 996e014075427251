-- How many samples each of the two added clusters of paired_low has: one; the mean size of a cluster where all
-- clusters differ alike, since then nothing tells how far samples of one cluster go together.
-- Source: as paired_low.
create or replace macro paired_extra(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as
    case
        when paired_se(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) > 0 then 1e0
        else cast(n as double) / n_clusters
    end
