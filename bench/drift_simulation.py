"""How often the rule of `regressions` raises a false alarm, and how soon it sees a real drop.

    python -m bench.drift_simulation [NIGHTS] [SEED]      (default 1000, 0)

Nights are drawn sample by sample: most samples pass nearly always or nearly never, as at temperature 0, the
rest by chance. Quiet nights are also drawn with answers that persist (a sample repeats last night's outcome
with a given chance) and with nights that move all samples of a suite and variant together (on the logit).
The rule is that of the macro `drift_of`, in numpy: each suite and variant's last night, its last three and
its last seven, against the fourteen nights before, by the change within each sample; Holm over all of a
night's tests; an alarm is a drop with a corrected p below 0.01. tests/warehouse/test_drift.py holds the two
against each other.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

SIZES = (100, 150, 200, 300, 400, 500, 600, 700, 850, 1_000)  # samples of ten suites
VARIANTS = 3
BASELINE = 14
SPANS = (1, 3, 7)
BEFORE = BASELINE + max(SPANS)
LEVEL = 0.01  # two-sided: half of what is promised
MANY = 1e6  # degrees of freedom of what is known
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Kind:
    """How nights hang together: by samples that repeat their outcome, and by nights that move all of them."""

    repeats: float = 0.0
    nightly: float = 0.0


@dataclass(frozen=True)
class Test:
    """One window of one suite and variant."""

    difference: float
    p: float


def one_night(sequences: Sequence[Floats]) -> list[Test]:
    """The tests of the last of these nights, sequence by sequence: one row a night, one column a sample."""
    shared = {span: _shared([x for x in sequences if len(x) > span], span) for span in SPANS}
    return [_test(x, span, shared[span]) for x in sequences for span in SPANS if len(x) > span]


def alarms(tests: Sequence[Test]) -> list[bool]:
    """Which of a night's tests raise an alarm, corrected over all of them (Holm)."""
    order = np.argsort([test.p for test in tests])
    corrected, highest = [0.0] * len(tests), 0.0
    for rank, at in enumerate(order):
        highest = max(highest, min(1.0, (len(tests) - rank) * tests[at].p))
        corrected[at] = highest
    return [p < LEVEL and test.difference < 0 for p, test in zip(corrected, tests, strict=True)]


def chances(n: int, random: np.random.Generator) -> Floats:
    """The pass probability of each sample."""
    kind = random.random(n)
    return np.where(kind < 0.65, 0.99, np.where(kind < 0.8, 0.01, random.random(n)))


def quiet(nights: int, seed: int, kind: Kind | None = None) -> tuple[int, int]:
    """Nights with an alarm although nothing changed, and nights looked at."""
    random = np.random.default_rng(seed)
    kind = kind or Kind()
    competitors = [chances(n, random) for n in SIZES for _ in range(VARIANTS)]
    past = [_nights(p, BEFORE - 1, kind, random) for p in competitors]
    with_alarm = 0
    for _ in range(nights):
        past = [
            _nights(p, 1, kind, random, before)[-BEFORE:] for p, before in zip(competitors, past, strict=True)
        ]
        with_alarm += any(alarms(one_night(past)))
    return with_alarm, nights


def drop(n: int, points: float, seed: int, within: int = 7) -> int | None:
    """The night (1: the first) on which a drop of a suite of n samples raises an alarm; None: none did.

    The other tests of the night are as many as in `quiet`, and show nothing.
    """
    random = np.random.default_rng(seed)
    p = chances(n, random)
    past = _nights(p, BEFORE, Kind(), random)
    good = random.permutation(np.flatnonzero(p > 0.5))[: round(points / 100 * n / 0.95)]
    p[good] *= 0.05  # samples that passed fail now
    others = [Test(0.0, 1.0)] * (len(SPANS) * (len(SIZES) * VARIANTS - 1))
    for night in range(1, within + 1):
        past = _nights(p, 1, Kind(), random, past)[-BEFORE:]
        if any(alarms([*one_night([past]), *others])):
            return night
    return None


def _nights(
    p: Floats, nights: int, kind: Kind, random: np.random.Generator, past: Floats | None = None
) -> Floats:
    """The past and so many nights more."""
    found = [] if past is None else list(past)
    for _ in range(nights):
        odds = p / (1 - p) * np.exp(random.normal(0, kind.nightly)) if kind.nightly else None
        fresh = (random.random(len(p)) < (p if odds is None else odds / (1 + odds))).astype(float)
        if kind.repeats and found:
            fresh = np.where(random.random(len(p)) < kind.repeats, found[-1], fresh)
        found.append(fresh)
    return np.array(found)


def _before(nights: Floats, span: int) -> Floats:
    """The baseline of a window."""
    return nights[max(0, len(nights) - span - BASELINE) : len(nights) - span]


def _spread(before: Floats) -> tuple[float, float]:
    """Squares of the baseline's nights: of their sums, and of their samples."""
    residuals = before - before.mean(axis=0)
    return float((residuals.sum(axis=1) ** 2).sum()), float((residuals**2).sum())


def _shared(sequences: Sequence[Floats], span: int) -> float:
    """How much nights move all samples together, over all sequences."""
    spreads = [(own, q) for own, q in (_spread(_before(x, span)) for x in sequences) if q > 0]
    return max(0.0, sum(own / q - 1 for own, q in spreads) / sum(q for _, q in spreads)) if spreads else 0.0


def _persistence(rho: float, n: int) -> float:
    if rho <= 0:
        return 1.0
    return float((1 + rho) / (1 - rho) - 2 * rho * (1 - rho**n) / (n * (1 - rho) ** 2))


def _repeats(before: Floats, q: float) -> float:
    """The correlation of a sample's nights that follow each other."""
    b, n_pairs = len(before), len(before) // 2
    if n_pairs == 0 or q == 0:
        return 0.0
    residuals = before - before.mean(axis=0)
    pairs = residuals[b - 2 * n_pairs :].reshape(n_pairs, 2, -1).sum(axis=1)
    return min(0.9, max(0.0, float((pairs**2).sum()) / (q * 2 * n_pairs / b) - 1 + 1 / (b - 1)))


def _test(nights: Floats, span: int, shared: float) -> Test:
    before = _before(nights, span)
    k, b = span, len(before)
    both = nights[len(nights) - k - b :]
    difference = both[b:].mean(axis=0) - before.mean(axis=0)
    residuals = both - both.mean(axis=0)
    variance = float((residuals**2).sum()) / (k + b - 1) * (1 / k + 1 / b)
    if difference.sum() == 0 or variance == 0:
        return Test(float(difference.mean()), 1.0)
    own, q = _spread(before)
    widening, df = 1 + shared * q, MANY
    if q > 0 and own / q > widening:
        df = min(MANY, max(1.0, (b - 1) / max(1e-9, 1 - widening * q / own)))
        widening = own / q
    rho = _repeats(before, q)
    widening *= (_persistence(rho, k) / k + _persistence(rho, b) / b) / (1 / k + 1 / b)
    widening /= 1 - (_persistence(rho, k + b) - 1) / (k + b)
    z = float(difference.sum()) / np.sqrt(variance * widening)
    if k + b > 2:
        cubes = float((residuals**3).sum()) / (k + b) * ((k + b) / b) ** 3
        cubes *= b * (b - k) / (k**2 * (k + b - 1) * (k + b - 2))
        skew = cubes / variance**1.5 / np.sqrt(widening)
        if abs(skew) >= 1e-6:
            z = 6 / skew * (max(0.0, 1 + skew * z / 2) ** (1 / 3) - 1) + skew / 6
    return Test(float(difference.mean()), float(2 * stats.t.sf(abs(z), df)))


def main(nights: int, seed: int) -> None:
    """Print the figures."""
    tests = len(SPANS) * len(SIZES) * VARIANTS
    for kind in (Kind(), Kind(repeats=0.3), Kind(nightly=0.15), Kind(repeats=0.5, nightly=0.3)):
        with_alarm, looked = quiet(nights, seed, kind)
        print(
            f"quiet, {kind}: an alarm on {with_alarm} of {looked:,} nights of {tests} tests "
            "(promised: at most 1 in 100)",
            flush=True,
        )
    for n in (100, 200, 300, 500, 1_000, 1_319):
        found = [drop(n, 3.0, seed + turn) for turn in range(100)]
        seen = [night for night in found if night is not None]
        shares = ", ".join(
            f"{100 * sum(x <= k for x in seen) / len(found):.0f} % by night {k}" for k in (1, 3, 7)
        )
        print(f"3 points of {n:,} samples: {shares}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
