"""A policy against the best model alone and against the cheapest, on the same samples.

An interval covers the fitting: in every drawing clusters are drawn with replacement, the policies are fitted
anew and cross-validated on what was drawn (the copies of a cluster stay in one fold), and the difference is
measured there. Its standard deviation over the drawings, around the difference that was found, gives the
interval, with Student's t for the few drawings: the drawings themselves are not the centre, since policies
fitted on fewer distinct clusters are worse ones.
Source: B. Efron, R. J. Tibshirani (1993), An Introduction to the Bootstrap, chapters 6 and 17.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from tasks.routing.data import Samples
from tasks.routing.measure import Choices, Measured, cross_choices, mixture
from tasks.routing.policies import KINDS

Floats = NDArray[np.float64]
REFITS = 50  # drawings, each with a cross-validation of its own: the error is known to a tenth


@dataclass(frozen=True)
class Against:
    """A policy less one model alone, sample by sample; `saved` is the share of that model's bill."""

    policy: str
    model: str
    role: str  # best | cheapest
    points: float  # of accuracy, in percent
    points_low: float
    points_high: float
    usd: float  # mean of a call
    usd_low: float
    usd_high: float
    saved: float
    saved_low: float
    saved_high: float


def against_alone(
    samples: Samples,
    usd: Floats,
    worth: float,
    policies: Sequence[Measured],
    choices: Sequence[Choices],
    seed: int = 0,
    refits: int = REFITS,
) -> tuple[list[Measured], list[Against]]:
    """The policies with intervals that cover their fitting, and what each is against the models alone.

    `policies` are figures at the worth asked for, `choices` what the fitted ones among them chose. All
    intervals are 95 %; those of `gain` and `points` are corrected for the number of kinds (Bonferroni).
    """
    kinds = [c for c in choices if c.policy in KINDS and c.worth_usd == worth]
    roles = {
        "best": int(np.argmax(samples.passed.mean(axis=0))),
        "cheapest": int(np.argmin(usd.mean(axis=0))),
    }
    found = np.array([_figures(samples.passed, usd, c.of, roles) for c in kinds])
    drawn = np.array(
        [
            [_figures(again.passed, again_usd, c.of, roles) for c in refitted]
            for again, again_usd, refitted in _refits(samples, usd, worth, seed, refits)
        ]
    )
    spread = drawn.std(axis=0, ddof=1)
    wide, narrow = (_t(0.025 / n, refits - 1) for n in (len(kinds), 1))
    own: dict[str, tuple[Floats, Floats]] = {}
    rows: list[Against] = []
    for i, c in enumerate(kinds):
        own[c.policy] = _ends(found[i, :3], spread[i, :3] * np.array([narrow, narrow, wide]))
        for j, (role, m) in enumerate(roles.items()):
            at = slice(3 + 3 * j, 6 + 3 * j)
            low, high = _ends(found[i, at], spread[i, at] * np.array([wide, narrow, narrow]))
            figures = [float(of[k]) for k in range(3) for of in (found[i, at], low, high)]
            rows.append(Against(c.policy, samples.names[m], role, *figures))
    return [_with_fitting(m, *own[m.policy]) if m.policy in own else m for m in policies], rows


def _refits(
    samples: Samples, usd: Floats, worth: float, seed: int, refits: int
) -> Sequence[tuple[Samples, Floats, list[Choices]]]:
    """Every drawing: its samples, their costs, and what policies fitted on it chose out of fold."""
    place = samples.places
    members = np.split(np.argsort(place, kind="stable"), np.cumsum(np.bincount(place))[:-1])
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(refits):
        clusters = rng.integers(len(members), size=len(members))
        rows = np.concatenate([members[c] for c in clusters])
        copies = np.repeat(np.arange(len(clusters)), [len(members[c]) for c in clusters])
        again = samples.drawn(rows, tuple(f"{i}" for i in copies))
        chosen = cross_choices(again, usd[rows], [worth], int(rng.integers(2**31)))
        found.append((again, usd[rows], chosen))
    return found


def _figures(passed: Floats, usd: Floats, of: NDArray[np.int64], roles: dict[str, int]) -> list[float]:
    """Accuracy, cost and gain of choices, and against each model alone: points, cost, share saved."""
    rows = np.arange(len(usd))
    accuracy, cost = float(passed[rows, of].mean()), float(usd[rows, of].mean())
    alone, bills = passed.mean(axis=0), usd.mean(axis=0)
    figures = [accuracy, cost, accuracy - float(mixture(np.array([cost]), bills, alone)[0])]
    for m in roles.values():
        more = float((usd[rows, of] - usd[:, m]).mean())
        points = 100 * float((passed[rows, of] - passed[:, m]).mean())
        figures += [points, more, -more / float(bills[m]) if more else 0.0]
    return figures


def _with_fitting(m: Measured, low: Floats, high: Floats) -> Measured:
    return replace(
        m,
        accuracy_low=max(0.0, float(low[0])),
        accuracy_high=min(1.0, float(high[0])),
        usd_low=max(0.0, float(low[1])),
        usd_high=float(high[1]),
        gain_low=float(low[2]),
        gain_high=float(high[2]),
    )


def _ends(middle: Floats, half: Floats) -> tuple[Floats, Floats]:
    return middle - half, middle + half


def _t(tail: float, df: int) -> float:
    """Student's t at an upper tail, by the first term of its Cornish-Fisher expansion: to 0.01 from 30 on.

    Source: M. Abramowitz, I. Stegun (1964), Handbook of Mathematical Functions, 26.7.5.
    """
    z = NormalDist().inv_cdf(1 - tail)
    return z + (z**3 + z) / (4 * df)
