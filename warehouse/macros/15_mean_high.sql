-- Upper end of the interval of which mean_low is the lower end; arguments and source as there.
create or replace macro mean_high(mean, variance, n_clusters) as
    mean + student_t(n_clusters - 1) * sqrt(variance)
