-- The variance of a smoothed share.
create or replace macro smoothed_spread(share, n, more) as
    smoothed(share, n, more) * (1e0 - smoothed(share, n, more)) / (n + more)
