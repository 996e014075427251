-- The middle of the interval of a paired difference: with two more clusters of `size` samples each, one all
-- for, one all against.
-- Source: as paired_low.
create or replace macro paired_middle(n, sum_d, size) as
    cast(sum_d as double) / (n + 2e0 * size)
