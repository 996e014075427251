-- Lower end of the 95 % interval of a share passed / n whose variance is not a plain binomial's (clusters, epochs).
-- Wilson's interval at the effective number of samples p(1 - p) / variance, with Student's t of the clusters in
-- place of z. Where all or none passed, or the variance is 0, Wilson's at the number of clusters. One cluster
-- cannot tell: 0. NULL where n = 0. `variance` is clustered_variance's.
-- Source: E. L. Korn, B. I. Graubard (1998), Survey Methodology 24:193-201; C. Franco, R. J. A. Little,
-- T. A. Louis, E. V. Slud (2019), J. Survey Statistics and Methodology 7:334-364.
create or replace macro share_low(passed, n, variance, n_clusters) as
    case
        when n is null or passed is null or n = 0 then null
        when n_clusters = 1 then 0e0
        when passed <= 0 or passed >= n or variance <= 0 then
            wilson_low(cast(passed as double) / n * n_clusters, n_clusters)
        else score_low(
            cast(passed as double) / n,
            cast(passed as double) / n * (1e0 - cast(passed as double) / n) / variance,
            student_t(n_clusters - 1)
        )
    end
