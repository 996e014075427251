-- Upper end of the 95 % Wilson score interval of passed out of n; NULL when n = 0.
-- Source: as wilson_low, of which it is the mirror image.
create or replace macro wilson_high(passed, n) as
    1e0 - wilson_low(n - passed, n)
