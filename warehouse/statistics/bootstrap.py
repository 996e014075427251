"""The bootstrap, for figures that no formula has an interval for: ratios, medians, percentiles."""

import random
from collections.abc import Callable, Sequence
from statistics import NormalDist
from typing import TypeVar

from warehouse.statistics.proportions import Measured

T = TypeVar("T")
RESAMPLES = 2_000


def bca(
    clusters: Sequence[Sequence[T]],
    statistic: Callable[[Sequence[T]], float],
    *,
    seed: int = 0,
    confidence: float = 0.95,
    resamples: int = RESAMPLES,
) -> Measured:
    """A statistic with its bias-corrected and accelerated (BCa) interval; whole clusters are drawn.

    `clusters` are the independent groups of items; items that are independent are groups of one. The same
    seed gives the same interval. With fewer than two clusters there is none; where every resample has the
    same value, it is that value.

    Source: B. Efron (1987), JASA 82:171-185; the acceleration is the jackknife's over clusters.
    """
    items = [item for cluster in clusters for item in cluster]
    if not items:
        return Measured(None, None, None, 0)
    value = statistic(items)
    if len(clusters) < 2:
        return Measured(value, None, None, len(items))
    draw = random.Random(seed)
    n = len(clusters)
    drawn = sorted(
        statistic([item for _ in range(n) for item in clusters[draw.randrange(n)]]) for _ in range(resamples)
    )
    if drawn[0] == drawn[-1]:
        return Measured(value, drawn[0], drawn[0], len(items))
    normal = NormalDist()
    below = (sum(one < value for one in drawn) + sum(one <= value for one in drawn)) / (2 * resamples)
    bias = normal.inv_cdf(min(max(below, 1 / (2 * resamples)), 1 - 1 / (2 * resamples)))
    left_out = [
        statistic([item for at, cluster in enumerate(clusters) if at != without for item in cluster])
        for without in range(n)
    ]
    middle = sum(left_out) / n
    cubes = sum((middle - one) ** 3 for one in left_out)
    squares = sum((middle - one) ** 2 for one in left_out)
    acceleration = cubes / (6 * squares**1.5) if squares else 0.0

    def end(share: float) -> float:
        z = bias + normal.inv_cdf(share)
        return _quantile(drawn, normal.cdf(bias + z / (1 - acceleration * z)))

    tail = (1 - confidence) / 2
    return Measured(value, end(tail), end(1 - tail), len(items))


def _quantile(ordered: Sequence[float], share: float) -> float:
    """Between the order statistics, as numpy's default has it."""
    place = min(max(share, 0.0), 1.0) * (len(ordered) - 1)
    low = int(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
