-- Lower end of the 95 % interval of a mean with its variance, by Student's t of the clusters; not cut. NULL below
-- 2 clusters. `variance` is clustered_variance's.
-- Source: A. C. Cameron, D. L. Miller (2015), J. Human Resources 50:317-372, section VI: t of G - 1.
create or replace macro mean_low(mean, variance, n_clusters) as
    mean - student_t(n_clusters - 1) * sqrt(variance)
