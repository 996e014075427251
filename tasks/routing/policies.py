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

from tasks.router import FEATURES, features
from tasks.routing.data import Samples
from tasks.routing.logistic import fit_logistic

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
PRIOR = 20.0  # samples that the wider group's difference counts for in a narrower one
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


@dataclass(frozen=True)
class PromptModel:
    """A logistic regression a model, and its cost as a line of the prompt's length."""

    means: Floats
    scales: Floats
    betas: Floats  # models x (1 + features)
    usd_lines: Floats  # models x (base, per character)

    def choose(self, x: Floats, lengths: Floats, worth: float) -> Ints:
        """The best model of each row; of equals the cheaper, which comes first."""
        z = (x - self.means) / self.scales
        chance = 1 / (1 + np.exp(-np.clip(self.betas[:, :1] + self.betas[:, 1:] @ z.T, -700, 700)))
        usd = self.usd_lines[:, :1] + self.usd_lines[:, 1:] * lengths
        return np.asarray(np.argmax(worth * chance - usd, axis=0), dtype=np.int64)


def feature_matrix(samples: Samples) -> tuple[Floats, Floats] | None:
    """Features and lengths of all prompts; None where a prompt's text was not kept."""
    texts = [text for text in samples.texts if text is not None]
    if len(texts) < len(samples.texts):
        return None
    return np.array([list(features(t).values()) for t in texts]), np.array([float(len(t)) for t in texts])


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
        clusters = [samples.clusters[i] for i in at]
        prior = 0.0 if wider is None else PRIOR
        gains[cell] = passed.mean(axis=0)
        best, best_worth = cheapest, 0.0
        for m in range(n_models):
            own = passed[:, m] - passed[:, cheapest]
            towards = 0.0 if wider is None else float(gains[wider][m] - gains[wider][cheapest])
            middle = (own.sum() + prior * towards) / (len(at) + prior)
            se = _clustered_se(own, clusters) * math.sqrt(len(at) / (len(at) + prior))
            extra = float(cost[m] - cost[cheapest])
            if worth * (middle - Z * se) > extra and worth * middle - extra > best_worth:
                best, best_worth = m, worth * middle - extra
        choose[cell] = best
    return Cells(choose)


def fit_prompt(samples: Samples, usd: Floats, x: Floats, lengths: Floats, rows: Ints) -> PromptModel:
    """Fit every model's chance of being right, and its cost, on some rows."""
    means, scales = x[rows].mean(axis=0), x[rows].std(axis=0)
    scales = np.where(scales > 1e-9, scales, 1.0)
    z = (x[rows] - means) / scales
    betas = np.array([fit_logistic(z, samples.passed[rows, m]) for m in range(usd.shape[1])])
    lines = np.array([_line(lengths[rows], usd[rows, m]) for m in range(usd.shape[1])])
    return PromptModel(means, scales, betas, lines)


def names_of_features() -> Sequence[str]:
    """In the order of the matrix's columns."""
    return tuple(FEATURES)


def _clustered_se(values: Floats, clusters: Sequence[str]) -> float:
    """Standard error of a mean, cluster-robust; infinite with one cluster.

    With no disagreement at all it is that of one in as many samples, not 0: what was not seen may be there.
    Source: E. Miller (2024), arXiv:2411.00640.
    """
    _, place = np.unique(np.array(clusters), return_inverse=True)
    n, n_clusters = len(values), int(place.max()) + 1
    if n_clusters < 2:
        return math.inf
    sums = np.bincount(place, weights=values - values.mean(), minlength=n_clusters)
    variance = float((sums**2).sum()) / n**2 * n_clusters / (n_clusters - 1)
    return max(math.sqrt(variance), 1.0 / n)


def _line(lengths: Floats, usd: Floats) -> tuple[float, float]:
    """Cost as base + slope x length, by least squares; the slope is never below 0."""
    spread = float(((lengths - lengths.mean()) ** 2).sum())
    slope = 0.0 if spread < 1e-9 else float(((lengths - lengths.mean()) * (usd - usd.mean())).sum()) / spread
    slope = max(0.0, slope)
    return float(usd.mean()) - slope * float(lengths.mean()), slope
