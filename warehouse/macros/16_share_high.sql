-- Upper end of the interval of which share_low is the lower end; arguments and source as there. One cluster: 1.
create or replace macro share_high(passed, n, variance, n_clusters) as
    1e0 - share_low(n - passed, n, variance, n_clusters)
