"""The interval of any statistic of independent items, by leaving out one item after the other."""

import math
from collections.abc import Callable, Hashable, Mapping, Sequence
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
    left_out = []
    for kind, count in kinds.items():
        rest = {**kinds, kind: count - 1}
        left_out.append((statistic({name: left for name, left in rest.items() if left}), count))
    return of_left_out(value, left_out, low=low, high=high, reach=reach)


def of_left_out(
    value: float, left_out: Sequence[tuple[float | None, int]], *, low: float, high: float, reach: float
) -> Measured:
    """The same, where the statistic without each item is known: its value, and of how many equal items."""
    n = sum(count for _, count in left_out)
    known = [(other, count) for other, count in left_out if other is not None]
    if len(known) < len(left_out):
        return Measured(value, None, None, n)
    mean = sum(other * count for other, count in known) / n
    error = math.sqrt((n - 1) / n * sum(count * (other - mean) ** 2 for other, count in known))
    half = Z95 * error if error > 1e-12 else reach * (wilson(0, n).high or 0.0)
    return Measured(value, max(low, value - half), min(high, value + half), n)
