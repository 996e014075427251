"""Policies measured on samples that they were not fitted on, with intervals and bounds.

Folds are of whole clusters, seeded. Intervals are those of a cluster bootstrap (percentiles of 1,000
drawings): B. Efron, R. J. Tibshirani (1993), An Introduction to the Bootstrap, chapter 13. The fitted choices
are held fixed in it: it tells how sure the measurement is, not how else the policy might have been fitted.
Those of the policies at the worth asked for are replaced by ones that cover the fitting (paired.py).
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tasks.routing.data import Samples
from tasks.routing.policies import KINDS, fit_cells, folds
from tasks.routing.prompts import feature_matrix, fit_prompts, installed, prompt_model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
DRAWINGS = 1000
POINTS = 9  # worths along a frontier


@dataclass(frozen=True)
class Choices:
    """What one policy chose for every sample, out of fold."""

    policy: str
    worth_usd: float | None
    of: Ints


@dataclass(frozen=True)
class Measured:
    """One policy's figures; `gain` is accuracy above the random mixture of models that costs as much.

    The interval of `gain` is corrected for the number of kinds of policies looked at (Bonferroni).
    """

    policy: str
    worth_usd: float | None
    accuracy: float
    accuracy_low: float
    accuracy_high: float
    usd: float  # mean of a call
    usd_low: float
    usd_high: float
    gain: float
    gain_low: float
    gain_high: float
    share: tuple[float, ...]  # of calls that each model gets


def cross_choices(samples: Samples, usd: Floats, worths: Sequence[float], seed: int = 0) -> list[Choices]:
    """The out-of-fold choices of every kind of policy at every worth."""
    seen = feature_matrix(samples) if installed() else None
    kinds = [kind for kind in KINDS if kind != "prompt" or seen is not None]
    if not any(samples.categories):
        kinds.remove("category")
    found = {(kind, worth): np.zeros(len(usd), dtype=np.int64) for kind in kinds for worth in worths}
    for train, test in folds(samples.kept_together, seed):
        model = None if seen is None else fit_prompts(samples, usd, *seen, train, seed)
        for (kind, worth), chosen in found.items():
            if kind == "prompt":
                assert model is not None
                assert seen is not None
                fitted = prompt_model(samples, usd, *seen, train, model, worth)
                chosen[test] = fitted.choose(seen[0][test], seen[1][test], [samples.suites[i] for i in test])
            else:
                cells = fit_cells(samples, usd, train, worth, by_category=kind == "category")
                chosen[test] = [cells.of(samples.suites[i], samples.categories[i]) for i in test]
    return [Choices(kind, worth, chosen) for (kind, worth), chosen in found.items()]


def bounds(samples: Samples, usd: Floats) -> list[Choices]:
    """Each model alone, and the oracle: the cheapest of the models that did best on the sample."""
    n = len(usd)
    alone = [Choices(f"always {name}", None, np.full(n, m)) for m, name in enumerate(samples.names)]
    best = samples.passed >= samples.passed.max(axis=1, keepdims=True) - 1e-12
    return [*alone, Choices("oracle", None, np.argmin(np.where(best, usd, np.inf), axis=1).astype(np.int64))]


def measure(samples: Samples, usd: Floats, choices: Sequence[Choices], seed: int = 0) -> list[Measured]:
    """The figures of choices, all on the same drawings."""
    rows = np.arange(len(usd))
    _, place = np.unique(np.array(samples.clusters), return_inverse=True)
    n_clusters = int(place.max()) + 1
    right = [samples.passed[rows, c.of] for c in choices] + list(samples.passed.T)
    spent = [usd[rows, c.of] for c in choices] + list(usd.T)
    columns = np.array([np.ones(len(usd)), *right, *spent])
    sums = np.array([np.bincount(place, weights=column, minlength=n_clusters) for column in columns])
    rng = np.random.default_rng(seed)
    drawn = [
        rng.multinomial(n_clusters, np.full(n_clusters, 1 / n_clusters)) @ sums.T for _ in range(DRAWINGS)
    ]
    totals = np.vstack([sums.sum(axis=1), *drawn])  # the first row is the sample itself
    means = totals[:, 1:] / totals[:, :1]
    accuracy, cost = means[:, : len(right)], means[:, len(right) :]
    k = len(choices)
    gain = np.array([a[:k] - mixture(c[:k], c[k:], a[k:]) for a, c in zip(accuracy, cost, strict=True)])
    n_kinds = max(
        1, len({c.policy for c in choices} & set(KINDS))
    )  # Bonferroni: the best of them is reported

    def interval(of: Floats, tail: float = 2.5) -> tuple[float, float, float]:
        at_low, at_high = np.percentile(of[1:], [tail, 100 - tail])
        return float(of[0]), float(at_low), float(at_high)

    return [
        Measured(
            c.policy,
            c.worth_usd,
            *interval(accuracy[:, i]),
            *interval(cost[:, i]),
            *interval(gain[:, i], 2.5 / n_kinds),
            share=tuple(float((c.of == m).mean()) for m in range(usd.shape[1])),
        )
        for i, c in enumerate(choices)
    ]


def worth_grid(usd: Floats, worth: float) -> list[float]:
    """Worths of a right answer, from an extra call's cost to a thousand times it, and the one asked for."""
    means = usd.mean(axis=0)
    span = float(means.max() - means.min()) or float(means.max())
    return sorted({*(float(w) for w in np.geomspace(span, 1000 * span, POINTS)), worth})


def mixture(at: Floats, usd: Floats, accuracy: Floats) -> Floats:
    """Accuracy of the best random mixture of the models alone that costs `at`: their upper concave hull."""
    hull: list[int] = []
    for i in np.lexsort((-accuracy, usd)):
        if hull and accuracy[i] <= accuracy[hull[-1]]:
            continue  # dearer and no better
        while len(hull) > 1 and (accuracy[hull[-1]] - accuracy[hull[-2]]) * (usd[i] - usd[hull[-2]]) <= (
            accuracy[i] - accuracy[hull[-2]]
        ) * (usd[hull[-1]] - usd[hull[-2]]):
            hull.pop()
        hull.append(int(i))
    return np.asarray(np.interp(at, usd[hull], accuracy[hull]))
