"""How far a sum of tokens that are not written yet may lie from what is expected.

Two things vary: answers among themselves (each sample's is another length), and nights (a vendor changes a
model, a prompt hits it otherwise). From the runs of the past, each with so many answers, their sum and the
sum of their squares: the variance s2 of answers within a night, pooled, and the variance t2 of nights, what
their means differ by beyond what s2 explains. The mean of n answers of the next night then has the variance

    s2 (1/N + 1/n) + t2 (1 + 1/k)      N answers in k nights

and the range is 1.96 of its roots to either side. Little data is not trusted to be calm: s2 begins as if
CALLS_BEFORE answers had varied by their whole mean, t2 as if one night had differed by NIGHT_SPREAD.

Without a past the sum lies somewhere from an eighth of what is assumed to four times that.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

CONFIDENCE = 1.96  # of the normal distribution: 95 of 100
CALLS_BEFORE = 2.0
NIGHT_SPREAD = 0.05  # of the mean
ASSUMED_LOW, ASSUMED_HIGH = 1 / 8, 4.0  # of what is assumed; many answers are a word or two


@dataclass(frozen=True)
class Night:
    """The answers of one run: how many, the sum of their tokens, the sum of the squares."""

    n: int
    total: float
    squares: float


@dataclass(frozen=True)
class Range:
    """A value that is expected, and where it probably lies: low <= mid <= high."""

    low: float
    mid: float
    high: float

    def at_most(self, most: float) -> "Range":
        """The same with nothing above a bound."""
        return Range(min(self.low, most), min(self.mid, most), min(self.high, most))

    def times(self, by: float) -> "Range":
        """The same of so many."""
        return Range(self.low * by, self.mid * by, self.high * by)


def expected_mean(nights: Sequence[Night], n_ahead: int) -> Range:
    """Where the mean of the next night's n answers will lie, by nights of which at least one had answers."""
    nights = [night for night in nights if night.n > 0]
    n = sum(night.n for night in nights)
    mean = sum(night.total for night in nights) / n
    s2 = variance_within(nights)
    apart = sum(max(0.0, (night.total / night.n - mean) ** 2 - s2 / night.n) for night in nights)
    t2 = ((NIGHT_SPREAD * mean) ** 2 + apart) / len(nights)
    error = math.sqrt(s2 * (1 / n + 1 / max(n_ahead, 1)) + t2 * (1 + 1 / len(nights)))
    return Range(max(0.0, mean - CONFIDENCE * error), mean, mean + CONFIDENCE * error)


def variance_within(nights: Sequence[Night]) -> float:
    """The variance of answers within a night (s2)."""
    nights = [night for night in nights if night.n > 0]
    n = sum(night.n for night in nights)
    mean = sum(night.total for night in nights) / n
    within = sum(max(0.0, night.squares - night.total**2 / night.n) for night in nights)
    return (within + CALLS_BEFORE * mean**2) / (n - len(nights) + CALLS_BEFORE)


def assumed(each: float) -> Range:
    """The range of what is only assumed."""
    return Range(each * ASSUMED_LOW, each, each * ASSUMED_HIGH)


def added(learned: Sequence[Range], assumed: Sequence[Range]) -> Range:
    """The sum of ranges: learned ones err each for itself (root of squares), assumed ones all to one side."""
    mid = sum(one.mid for one in (*learned, *assumed))
    below = math.hypot(*(one.mid - one.low for one in learned)) + sum(one.mid - one.low for one in assumed)
    above = math.hypot(*(one.high - one.mid for one in learned)) + sum(one.high - one.mid for one in assumed)
    return Range(max(0.0, mid - below), mid, mid + above)
