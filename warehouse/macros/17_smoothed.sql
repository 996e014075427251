-- A share of n drawn towards a half, as if `more` further items had been half and half.
create or replace macro smoothed(share, n, more) as
    (n * cast(share as double) + more / 2e0) / (n + more)
