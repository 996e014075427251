-- The chance that a standard normal number is at most z, to 1e-15; from z = -38 down it is 0.
-- Source: J. F. Hart et al. (1968), Computer Approximations, as given by G. West (2005), "Better approximations
-- to cumulative normal functions", Wilmott Magazine, May, 70-76.
create or replace macro normal_cdf(z) as
    case
        when z > 0 then 1e0 - normal_tail(cast(z as double))
        else normal_tail(-cast(z as double))
    end
