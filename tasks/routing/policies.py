"""Policies: fitted on some samples, they choose for others; a right answer's worth decides how far they go.

A policy sends a task to the model of the largest (chance of being right) x (worth of that) - (cost).
By suite or category it leaves the cheapest only where the evidence says so: the lower end of the one-sided
95 % interval of the paired gain, shrunk towards the wider group's, must pay for the extra cost.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.routing.data import Samples, places_of

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PRIOR = 20.0  # samples that the wider group's difference counts for in a narrower one
FOLDS = 5
FEWEST = 20  # samples below which a group follows the wider one
Z = 1.645
Cell = tuple[str | None, str | None]
KINDS = ("suite", "category", "prompt")


@dataclass(frozen=True)
class Cells:
    """Choices by suite and category; ("s", None) is a suite's, (None, None) the default."""

    choose: Mapping[Cell, int]

    def of(self, suite: str, category: str | None) -> int:
        """The choice of the narrowest group that has one."""
        for cell in ((suite, category), (suite, None)):
            if cell in self.choose:
                return self.choose[cell]
        return self.choose[None, None]


def fit_cells(samples: Samples, usd: Floats, rows: Ints, worth: float, *, by_category: bool) -> Cells:
    """Fit the choices of all groups on some rows, the widest first."""
    groups: dict[Cell, list[int]] = {(None, None): list(rows)}
    for row in rows:
        groups.setdefault((samples.suites[row], None), []).append(row)
        if by_category and samples.categories[row] is not None:
            groups.setdefault((samples.suites[row], samples.categories[row]), []).append(row)
    n_models = usd.shape[1]
    gains: dict[Cell, Floats] = {}
    choose: dict[Cell, int] = {}
    for cell in sorted(groups, key=lambda c: (c[0] is not None, c[1] is not None, c[0] or "", c[1] or "")):
        at = np.array(groups[cell])
        wider: Cell | None = None if cell[0] is None else (None, None) if cell[1] is None else (cell[0], None)
        if wider is not None and len(at) < FEWEST:
            gains[cell], choose[cell] = gains[wider], choose[wider]
            continue
        passed, cost = samples.passed[at], usd[at].mean(axis=0)
        cheapest = int(np.argmin(cost))
        place = np.unique(samples.places[at], return_inverse=True)[1]
        prior = 0.0 if wider is None else PRIOR
        gains[cell] = passed.mean(axis=0)
        best, best_worth = cheapest, 0.0
        for m in range(n_models):
            own = passed[:, m] - passed[:, cheapest]
            towards = 0.0 if wider is None else float(gains[wider][m] - gains[wider][cheapest])
            middle = (own.sum() + prior * towards) / (len(at) + prior)
            se = clustered_se(own, place) * math.sqrt(len(at) / (len(at) + prior))
            extra = float(cost[m] - cost[cheapest])
            if worth * (middle - Z * se) > extra and worth * middle - extra > best_worth:
                best, best_worth = m, worth * middle - extra
        choose[cell] = best
    return Cells(choose)


def folds(together: Sequence[str], seed: int, n: int = FOLDS) -> list[tuple[Ints, Ints]]:
    """Rows to fit on and rows to measure on; what belongs together (a cluster) is never in both."""
    place = places_of(tuple(together))
    fold = np.random.default_rng(seed).permutation(int(place.max()) + 1) % n
    of = fold[place]
    return [(np.flatnonzero(of != f), np.flatnonzero(of == f)) for f in range(n) if (of == f).any()]


def clustered_se(values: Floats, place: Ints, least: float = 1.0) -> float:
    """Standard error of a mean, cluster-robust; infinite with one cluster. `place` numbers them from 0.

    With no disagreement at all it is that of one (of `least`) in as many samples, not 0: what was not seen
    may be there.
    Source: E. Miller (2024), arXiv:2411.00640.
    """
    n, n_clusters = len(values), int(place.max()) + 1
    if n_clusters < 2:
        return math.inf
    sums = np.bincount(place, weights=values - values.mean(), minlength=n_clusters)
    variance = float((sums**2).sum()) / n**2 * n_clusters / (n_clusters - 1)
    return max(math.sqrt(variance), least / n)
