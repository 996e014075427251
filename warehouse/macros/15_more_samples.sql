-- How many further samples would show this very difference in four cases of five, were it the true one; 0 where n
-- suffices, NULL where there is no difference. n samples gave it with standard error `se`, which falls with the
-- root of their number.
-- Source: as smallest_detectable.
create or replace macro more_samples(n, difference, se) as
    case
        when difference <> 0 then try_cast(
            greatest(0e0, ceil(n * (pow(2.801585218112969e0 * se / difference, 2) - 1e0))) as bigint
        )
    end
