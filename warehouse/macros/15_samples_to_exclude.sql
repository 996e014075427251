-- How many further samples would exclude, in four cases of five, a drop of more than `margin` (0 to 1) at two-sided
-- 95 %, were this difference the true one; 0 where n suffices, NULL where the difference is itself beyond it.
-- Source: as smallest_detectable, of the distance between the difference and the margin.
create or replace macro samples_to_exclude(n, difference, se, margin) as
    case
        when difference > -margin then try_cast(
            greatest(0e0, ceil(n * (pow(2.801585218112969e0 * se / (difference + margin), 2) - 1e0))) as bigint
        )
    end
