-- Upper end of the interval of which paired_low is the lower end; arguments and source as there. One cluster: 1.
create or replace macro paired_high(n, n_clusters, sum_d, sum_dd, sum_dm, sum_mm) as
    -paired_low(n, n_clusters, -sum_d, sum_dd, -sum_dm, sum_mm)
