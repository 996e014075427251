"""How often the rule of `regressions` raises a false alarm, and how soon it sees a real drop.

    python -m bench.drift_simulation [NIGHTS] [SEED]      (default 1000, 0)

Nights are drawn sample by sample: most samples pass nearly always or nearly never, as at temperature 0, the
rest by chance. The rule is that of the macro `drift_of`, in numpy: each suite and variant's last night, and
its last three, against the seven nights before, by a paired t test over samples; Holm over all of a night's
tests; an alarm is a drop with a corrected p below 0.02. tests/warehouse/test_drift.py holds the two against
each other.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

SIZES = (100, 150, 200, 300, 400, 500, 600, 700, 850, 1_000)  # samples of ten suites
VARIANTS = 3
BASELINE = 7
SPANS = (1, 3)
BEFORE = BASELINE + max(SPANS)
LEVEL = 0.02
Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Test:
    """One window of one suite and variant."""

    difference: float
    p: float


def one_night(nights: Floats) -> list[Test]:
    """The tests of the last of these nights: one row a night, one column a sample."""
    tests = []
    for span in SPANS:
        if len(nights) <= span:
            continue
        before = nights[max(0, len(nights) - span - BASELINE) : len(nights) - span]
        d = nights[len(nights) - span :].mean(axis=0) - before.mean(axis=0)
        error = d.std(ddof=1) / np.sqrt(len(d))
        mean = float(d.mean())
        if error == 0:
            tests.append(Test(mean, 1.0 if mean == 0 else 0.0))
        else:
            tests.append(Test(mean, float(2 * stats.t.sf(abs(mean / error), len(d) - 1))))
    return tests


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


def quiet(nights: int, seed: int) -> tuple[int, int]:
    """Nights with an alarm although nothing changed, and nights looked at."""
    random = np.random.default_rng(seed)
    competitors = [chances(n, random) for n in SIZES for _ in range(VARIANTS)]
    past = [(random.random((BEFORE - 1, len(p))) < p).astype(float) for p in competitors]
    with_alarm = 0
    for _ in range(nights):
        tests: list[Test] = []
        for at, p in enumerate(competitors):
            tonight = (random.random((1, len(p))) < p).astype(float)
            past[at] = np.concatenate([past[at], tonight])[-BEFORE:]
            tests += one_night(past[at])
        with_alarm += any(alarms(tests))
    return with_alarm, nights


def drop(n: int, points: float, seed: int, within: int = BASELINE) -> int | None:
    """The night (1: the first) on which a drop of a suite of n samples raises an alarm; None: none did.

    The other tests of the night are as many as in `quiet`, and show nothing.
    """
    random = np.random.default_rng(seed)
    p = chances(n, random)
    past = (random.random((BEFORE, n)) < p).astype(float)
    good = random.permutation(np.flatnonzero(p > 0.5))[: round(points / 100 * n / 0.95)]
    p[good] *= 0.05  # samples that passed fail now
    others = [Test(0.0, 1.0)] * (len(SPANS) * (len(SIZES) * VARIANTS - 1))
    for night in range(1, within + 1):
        past = np.concatenate([past, (random.random((1, n)) < p).astype(float)])[-BEFORE:]
        if any(alarms([*one_night(past), *others])):
            return night
    return None


def main(nights: int, seed: int) -> None:
    """Print the figures."""
    with_alarm, looked = quiet(nights, seed)
    tests = len(SPANS) * len(SIZES) * VARIANTS
    print(
        f"quiet: an alarm on {with_alarm} of {looked:,} nights of {tests} tests (promised: at most 1 in 100)"
    )
    for n in (100, 200, 500, 1_000, 1_319):
        found = [drop(n, 3.0, seed + turn) for turn in range(100)]
        seen = [night for night in found if night is not None]
        shares = ", ".join(
            f"{100 * sum(x <= k for x in seen) / len(found):.0f} % by night {k}" for k in (1, 3, 7)
        )
        print(f"3 points of {n:,} samples: {shares}")


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 1_000, int(sys.argv[2]) if len(sys.argv) > 2 else 0)
