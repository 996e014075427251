"""How far raters agree beyond chance: Cohen's and Fleiss' kappa, Krippendorff's alpha, with intervals."""

import math
from collections import Counter
from collections.abc import Callable, Hashable, Mapping, Sequence
from typing import Literal

from warehouse.statistics.jackknife import jackknife, of_left_out
from warehouse.statistics.proportions import Z95, Measured, wilson

Metric = Literal["nominal", "ordinal", "interval"]
Unit = tuple[tuple[Hashable, int], ...]  # how many raters gave a unit which value
Distance = Callable[[Hashable, Hashable], float]


def kappa_of(pairs: Mapping[tuple[Hashable, Hashable], int]) -> float | None:
    """Cohen's kappa of counted pairs of verdicts; None where chance alone would agree always.

    Source: J. Cohen (1960), Educational and Psychological Measurement 20:37-46.
    """
    n = sum(pairs.values())
    if not n:
        return None
    first, second = _margins(pairs)
    seen = sum(count for (one, other), count in pairs.items() if one == other) / n
    chance = sum(first[name] * second[name] for name in first) / n**2
    return None if chance >= 1 else (seen - chance) / (1 - chance)


def cohen_kappa(first: Sequence[Hashable], second: Sequence[Hashable]) -> Measured:
    """Cohen's kappa of two raters of the same items, with its large-sample interval, cut to -1 to 1.

    Where they agree on everything, the standard error is 0 and says nothing: the lower end then is the kappa
    at Wilson's lower bound of their agreement. None where both gave one and the same verdict throughout.

    Source of the standard error: J. L. Fleiss, J. Cohen, B. S. Everitt (1969), Psychological Bulletin
    72:323-327, equation 13.
    """
    pairs = Counter(zip(first, second, strict=True))
    n, value = len(first), kappa_of(pairs)
    if value is None:
        return Measured(None, None, None, n)
    ones, others = _margins(pairs)
    names = ones.keys() | others.keys()
    seen = sum(pairs[name, name] for name in names) / n
    chance = sum(ones[name] * others[name] for name in names) / n**2
    if seen == 1:
        sure = wilson(n, n).low or 0.0
        return Measured(value, max(-1.0, (sure - chance) / (1 - chance)), 1.0, n)
    rest = 1 - value
    agreed = sum(pairs[name, name] / n * (1 - (ones[name] + others[name]) / n * rest) ** 2 for name in names)
    differed = sum(
        count / n * ((others[one] + ones[other]) / n) ** 2
        for (one, other), count in pairs.items()
        if one != other
    )
    spread = agreed + rest**2 * differed - (value - chance * rest) ** 2
    half = Z95 * math.sqrt(max(0.0, spread) / n) / (1 - chance)
    return Measured(value, max(-1.0, value - half), min(1.0, value + half), n)


def fleiss_kappa(items: Sequence[Sequence[Hashable]]) -> Measured:
    """Fleiss' kappa: every item with the verdicts of the same number of raters, in any order.

    The interval is the jackknife's over items. None where every verdict is the same one.

    Source: J. L. Fleiss (1971), Psychological Bulletin 76:378-382.
    Raises: ValueError: items with different numbers of verdicts, or with fewer than two.
    """
    if len(sizes := {len(item) for item in items}) > 1 or min(sizes, default=2) < 2:
        raise ValueError("Fleiss' kappa needs the same number of verdicts on each item, at least two")
    return jackknife(_units(items), _fleiss, low=-1.0, high=1.0, reach=1.0)


def krippendorff_alpha(
    items: Sequence[Sequence[Hashable | None]],
    metric: Metric = "nominal",
    order: Sequence[Hashable] | None = None,
) -> Measured:
    """Krippendorff's alpha: each item with the values that its raters gave; None where one gave none.

    Items with fewer than two values say nothing and are left out of n. `ordinal` values are ranked by
    `order`, else as Python sorts them; `interval` values are numbers. The interval is the jackknife's over
    items, cut at 1. None where every value is the same one.

    Source: K. Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability",
    https://repository.upenn.edu/asc_papers/43
    """
    units = _units([[value for value in item if value is not None] for item in items])
    paired = {unit: n for unit, n in units.items() if sum(count for _, count in unit) > 1}
    if metric == "interval":
        return _interval_alpha(paired)
    values = {value for unit in paired for value, _ in unit}
    ranks = list(order) if order is not None else sorted(values, key=_sortable(metric))

    def alpha(counts: Mapping[Unit, int]) -> float | None:
        return _alpha(counts, metric, ranks)

    return jackknife(paired, alpha, low=-math.inf, high=1.0, reach=1.0)


def _margins(
    pairs: Mapping[tuple[Hashable, Hashable], int],
) -> tuple[Counter[Hashable], Counter[Hashable]]:
    first: Counter[Hashable] = Counter()
    second: Counter[Hashable] = Counter()
    for (one, other), count in pairs.items():
        first[one] += count
        second[other] += count
    return first, second


def _units(items: Sequence[Sequence[Hashable]]) -> Mapping[Unit, int]:
    """Items as counts of equal ones: which rater said what does not matter."""
    return Counter(tuple(sorted(Counter(item).items(), key=repr)) for item in items)


def _fleiss(units: Mapping[Unit, int]) -> float | None:
    n_items = sum(units.values())
    totals: Counter[Hashable] = Counter()
    agreed = 0.0
    raters = 0
    for unit, times in units.items():
        raters = sum(count for _, count in unit)
        agreed += times * sum(count * (count - 1) for _, count in unit) / (raters * (raters - 1))
        for value, count in unit:
            totals[value] += times * count
    if not n_items:
        return None
    chance = sum((count / (n_items * raters)) ** 2 for count in totals.values())
    return None if chance >= 1 - 1e-12 else (agreed / n_items - chance) / (1 - chance)


def _alpha(units: Mapping[Unit, int], metric: Metric, ranks: Sequence[Hashable]) -> float | None:
    """1 - observed / expected disagreement, from the coincidences of values within units."""
    totals: Counter[Hashable] = Counter()
    for unit, times in units.items():
        for value, count in unit:
            totals[value] += times * count
    distance = _distance(metric, totals, ranks)
    observed = 0.0
    for unit, times in units.items():
        size = sum(count for _, count in unit)
        apart = sum(n * m * distance(one, other) for one, n in unit for other, m in unit)
        observed += times * apart / (size - 1)
    n = sum(totals.values())
    expected = sum(a * b * distance(one, other) for one, a in totals.items() for other, b in totals.items())
    return 1 - (n - 1) * observed / expected if expected > 0 else None


def _interval_alpha(units: Mapping[Unit, int]) -> Measured:
    """By sums of values and of their squares, so that many different values cost no more than few."""
    n_units = sum(units.values())
    size = sum(times * count for unit, times in units.items() for _, count in unit)
    if not size:
        return Measured(None, None, None, 0)
    middle = sum(t * count * _number(v) for unit, t in units.items() for v, count in unit) / size
    parts: list[tuple[int, tuple[float, float, float, float]]] = []
    for unit, times in units.items():
        m = sum(count for _, count in unit)
        s = sum(count * (_number(value) - middle) for value, count in unit)
        q = sum(count * (_number(value) - middle) ** 2 for value, count in unit)
        parts.append((times, ((m * q - s * s) / (m - 1), m, s, q)))
    apart, n, s, q = (sum(times * part[i] for times, part in parts) for i in range(4))

    def alpha(apart: float, n: float, s: float, q: float) -> float | None:
        expected = n * q - s * s
        return 1 - (n - 1) * apart / expected if expected > 1e-12 * n * n * (1 + middle**2) else None

    value = alpha(apart, n, s, q)
    if value is None:
        return Measured(None, None, None, n_units)
    left_out = [(alpha(apart - a, n - m, s - t, q - u), times) for times, (a, m, t, u) in parts]
    return of_left_out(value, left_out, low=-math.inf, high=1.0, reach=1.0)


def _distance(metric: Metric, totals: Mapping[Hashable, int], ranks: Sequence[Hashable]) -> Distance:
    if metric == "nominal":
        return lambda one, other: float(one != other)
    below: dict[Hashable, float] = {}  # how many values stand below the middle of each rank
    so_far = 0.0
    for rank in ranks:
        below[rank] = so_far + totals.get(rank, 0) / 2
        so_far += totals.get(rank, 0)
    return lambda one, other: (below[one] - below[other]) ** 2


def _number(value: Hashable) -> float:
    assert isinstance(value, int | float), f"{value!r} is no number"
    return float(value)


def _sortable(metric: Metric) -> Callable[[Hashable], tuple[float, str]]:
    """Numbers by size, text by letter; what is only nominal in any order that is always the same."""

    def key(value: Hashable) -> tuple[float, str]:
        return (float(value), "") if isinstance(value, int | float) else (math.inf, repr(value))

    return key
