"""The interval of any statistic of independent items, by leaving out one item after the other."""

import math
from collections.abc import Callable, Hashable, Mapping
from typing import TypeVar

from warehouse.statistics.proportions import Z95, Measured, wilson

Kind = TypeVar("Kind", bound=Hashable)


def jackknife(
    kinds: Mapping[Kind, int],
    statistic: Callable[[Mapping[Kind, int]], float | None],
    *,
    low: float,
    high: float,
    reach: float,
) -> Measured:
    """A statistic of items that are given as counts of equal ones, with its interval within `low` to `high`.

    The interval is the value and 1.96 standard errors of the delete-one jackknife. Equal items are left out
    once and counted often. Where no item moves the statistic (all agree), the standard error is 0 and says
    nothing; the interval then is as wide as if so many items were otherwise as Wilson's upper bound for none
    of n allows, each moving the statistic by `reach` / n.

    Source: R. G. Miller (1974), "The jackknife: a review", Biometrika 61:1-15.
    """
    n = sum(kinds.values())
    value = statistic(kinds) if n else None
    if value is None:
        return Measured(None, None, None, n)
    left_out: list[tuple[float, int]] = []
    for kind, count in kinds.items():
        rest = {**kinds, kind: count - 1}
        other = statistic({name: left for name, left in rest.items() if left})
        if other is None:
            return Measured(value, None, None, n)
        left_out.append((other, count))
    mean = sum(other * count for other, count in left_out) / n
    error = math.sqrt((n - 1) / n * sum(count * (other - mean) ** 2 for other, count in left_out))
    half = Z95 * error if error > 1e-12 else reach * (wilson(0, n).high or 0.0)
    return Measured(value, max(low, value - half), min(high, value + half), n)
