-- Variance of a mean sum_s / n of n samples in n_clusters clusters, cluster-robust; NULL below 2 clusters.
-- Of each cluster's sum s and size m: sum_s, and the sums of squares and products sum_ss, sum_sm, sum_mm. With
-- one sample a cluster it is the usual stddev_samp^2 / n. What is smaller than the rounding of its parts is 0.
-- Source: E. Miller (2024), arXiv:2411.00640, the clustered standard error, times G / (G - 1) as A. C. Cameron,
-- D. L. Miller (2015), J. Human Resources 50:317-372, section VI.
create or replace macro clustered_variance(n, n_clusters, sum_s, sum_ss, sum_sm, sum_mm) as
    case
        when n > 0 and n_clusters > 1 then
            case
                when clustered_squares(n, sum_s, sum_ss, sum_sm, sum_mm) > 1e-12 * cast(sum_ss as double)
                    then clustered_squares(n, sum_s, sum_ss, sum_sm, sum_mm)
                else 0e0
            end
            / pow(cast(n as double), 2) * n_clusters / (n_clusters - 1e0)
    end
