"""The policy by prompt: logistic regressions over cheap features, which correct the policy by suite.

A prompt leaves the suite's choice only where another model's expected worth (chance of being right x worth,
less cost) exceeds it by a margin. The margin is chosen by an inner cross-validation, by cluster: the one
whose gain over the policy by suite has the highest lower end (one-sided 95 %, clustered). Where no margin's
lower end is above 0 the margin is infinite, and the policy is the one by suite.

scikit-learn (the extra `routing`) fits the regressions; what is fitted is a few numbers, which
tasks/router.py applies without it.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from tasks.router import FEATURES, features
from tasks.routing.data import Samples
from tasks.routing.policies import Cells, clustered_se, fit_cells, folds
from warehouse.errors import SpecError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
INNER = 3  # folds of the inner cross-validation
MARGINS = (0.0, 0.5, 0.8)  # as quantiles of the gains that the regressions promise
Z = 1.645
C = 0.1  # scikit-learn's inverse of the ridge; features are standardised


@dataclass(frozen=True)
class Regressions:
    """A model's chance of being right, and its cost as a line of the prompt's length."""

    means: Floats
    scales: Floats
    betas: Floats  # models x (1 + features)
    usd_lines: Floats  # models x (base, per character)

    def worths(self, x: Floats, lengths: Floats, worth: float) -> Floats:
        """Of each prompt (rows) what each model (columns) is expected to be worth."""
        z = (x - self.means) / self.scales
        chance = 1 / (1 + np.exp(-np.clip(self.betas[:, :1] + self.betas[:, 1:] @ z.T, -700, 700)))
        usd = self.usd_lines[:, :1] + self.usd_lines[:, 1:] * lengths
        return np.asarray((worth * chance - usd).T)


@dataclass(frozen=True)
class Fitted:
    """Regressions on all rows of a fit, and those of its inner folds with the rows they were kept from."""

    whole: Regressions
    inner: tuple[tuple[Ints, Ints, Regressions], ...]


@dataclass(frozen=True)
class PromptModel:
    """The policy at one worth: the suite's choice, unless another promises more than the margin above it."""

    cells: Cells
    regressions: Regressions
    worth: float
    margin_usd: float  # infinite: always the suite's choice

    def choose(self, x: Floats, lengths: Floats, suites: Sequence[str]) -> Ints:
        """The model of each row; of equals the cheaper, which comes first."""
        base = np.array([self.cells.of(suite, None) for suite in suites], dtype=np.int64)
        return beyond(self.regressions.worths(x, lengths, self.worth), base, self.margin_usd)


def installed() -> bool:
    """Whether scikit-learn is there."""
    return find_spec("sklearn") is not None


def need_scikit_learn() -> None:
    """Raises: SpecError: scikit-learn is not installed."""
    if not installed():
        raise SpecError(
            "the policy by prompt is fitted by scikit-learn, which is not installed. Nothing was fitted. "
            'It comes with the extra "routing": pip install -e ".[routing]" in the checkout (or pip install '
            "scikit-learn); the policies by suite and category do without."
        )


def feature_matrix(samples: Samples) -> tuple[Floats, Floats] | None:
    """Features and lengths of all prompts; None where a prompt's text was not kept."""
    texts = [text for text in samples.texts if text is not None]
    if len(texts) < len(samples.texts):
        return None
    return np.array([_features(t) for t in texts]), np.array([float(len(t)) for t in texts])


def fit_prompts(
    samples: Samples, usd: Floats, x: Floats, lengths: Floats, rows: Ints, seed: int = 0
) -> Fitted:
    """Fit the regressions on some rows and on the inner folds of these; no worth is in them yet."""
    inner = []
    for train, test in folds([samples.kept_together[i] for i in rows], seed, INNER):
        fitted = _regressions(samples, usd, x, lengths, rows[train])
        inner.append((rows[train], rows[test], fitted))
    return Fitted(_regressions(samples, usd, x, lengths, rows), tuple(inner))


def prompt_model(
    samples: Samples, usd: Floats, x: Floats, lengths: Floats, rows: Ints, fitted: Fitted, worth: float
) -> PromptModel:
    """The policy at a worth, with its margin."""
    cells = fit_cells(samples, usd, rows, worth, by_category=False)
    margin = _margin(samples, usd, x, lengths, fitted, worth)
    return PromptModel(cells, fitted.whole, worth, margin)


def beyond(worths: Floats, base: Ints, margin: float) -> Ints:
    """The model worth most, where it is worth more than the base by more than the margin; else the base."""
    most = np.argmax(worths, axis=1)
    rows = np.arange(len(base))
    return np.where(worths[rows, most] - worths[rows, base] > margin, most, base).astype(np.int64)


def names_of_features() -> Sequence[str]:
    """In the order of the matrix's columns."""
    return tuple(FEATURES)


def _margin(samples: Samples, usd: Floats, x: Floats, lengths: Floats, fitted: Fitted, worth: float) -> float:
    bases, worths, at = [], [], []
    for train, test, regressions in fitted.inner:
        cells = fit_cells(samples, usd, train, worth, by_category=False)
        bases.append(np.array([cells.of(samples.suites[i], None) for i in test], dtype=np.int64))
        worths.append(regressions.worths(x[test], lengths[test], worth))
        at.append(test)
    base, promised, rows = np.concatenate(bases), np.vstack(worths), np.concatenate(at)
    gains = promised.max(axis=1) - promised[np.arange(len(base)), base]
    real = worth * samples.passed[rows] - usd[rows]
    places = np.unique(samples.places[rows], return_inverse=True)[1]
    each = np.arange(len(base))
    best, best_low = math.inf, 0.0
    above = gains[gains > 1e-12]
    for margin in (
        dict.fromkeys(float(np.quantile(above, q)) if q else 0.0 for q in MARGINS) if len(above) else ()
    ):
        gained = real[each, beyond(promised, base, margin)] - real[each, base]
        low = float(gained.mean()) - Z * clustered_se(gained, places, least=worth)
        if low > best_low:
            best, best_low = margin, low
    return best


def _regressions(samples: Samples, usd: Floats, x: Floats, lengths: Floats, rows: Ints) -> Regressions:
    means, scales = x[rows].mean(axis=0), x[rows].std(axis=0)
    scales = np.where(scales > 1e-9, scales, 1.0)
    z = (x[rows] - means) / scales
    betas = np.array([_logistic(z, samples.passed[rows, m]) for m in range(usd.shape[1])])
    lines = np.array([_line(lengths[rows], usd[rows, m]) for m in range(usd.shape[1])])
    return Regressions(means, scales, betas, lines)


def _logistic(z: Floats, passed: Floats) -> Floats:
    """The intercept and the weights. `passed` are shares: a sample is right with that weight, else wrong.

    Half a sample more of either keeps the intercept finite where all or none passed.
    """
    from sklearn.linear_model import LogisticRegression

    more = 0.5 / len(z)
    model = LogisticRegression(C=C, solver="newton-cholesky")
    model.fit(
        np.vstack([z, z]),
        np.repeat([1, 0], len(z)),
        sample_weight=np.concatenate([passed + more, 1 - passed + more]),
    )
    return np.concatenate([model.intercept_, model.coef_[0]])


@lru_cache(maxsize=1 << 16)
def _features(text: str) -> tuple[float, ...]:
    return tuple(features(text).values())


def _line(lengths: Floats, usd: Floats) -> tuple[float, float]:
    """Cost as base + slope x length, by least squares; the slope is never below 0."""
    spread = float(((lengths - lengths.mean()) ** 2).sum())
    slope = 0.0 if spread < 1e-9 else float(((lengths - lengths.mean()) * (usd - usd.mean())).sum()) / spread
    slope = max(0.0, slope)
    return float(usd.mean()) - slope * float(lengths.mean()), slope
