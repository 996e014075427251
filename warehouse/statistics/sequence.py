"""When a comparison of two models is decided: a confidence sequence by betting, without replacement.

The units of a finite suite (a sample, or a cluster of samples) are drawn in a random order. Unit i brings
y_i(m), the sum of (difference - m) over those of its samples that both models have a grade for: 0 where there
is none, so that such a sample leaves both. Where the mean paired difference over all samples with both grades
is m, the y_i(m) of all C units sum to 0; so the next one has the mean -S / (C - t), S being the sum of the t
drawn. A bet that this mean is exceeded multiplies its capital by 1 + bet (y - mean), never below 0. Of a true
m the capital is a martingale that begins at 1, and by Ville's inequality exceeds 1/a at any time with a
probability of at most a. It is looked at after every draw, and no look costs anything.

Bets are those of approximate growth (aGRAPA): (mean - m) / (variance + (mean - m)^2) of what was seen, with
those parts of the bound kept that `MOST` says. Four one-sided bets settle it: that the difference exceeds 0,
or -margin; that it lies below 0, or margin. Each has half of 1 - confidence, as the ends of an interval.

Source: Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting",
arXiv:2010.09686, section 5 (without replacement) and appendix B.3 (aGRAPA).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

Verdict = Literal["b is better", "a is better", "within"]
Side = Literal[1, -1]  # 1: the difference exceeds what is tested; -1: it lies below

MOST = 0.5  # of the largest bet that cannot lose all; 0.75 needs 5 % more of GSM8K's size
CALM = 0.25  # the variance of a difference before any was seen, as one observation of it
CAREFUL = 1e-12
HALVINGS = 40  # of the search for an end of the interval


@dataclass(frozen=True)
class Unit:
    """What one draw brought: how many of its samples have both grades, and the sum of their differences."""

    n: int
    total: float  # each difference is B - A, from -1 to 1


@dataclass
class Bet:
    """The capital of one that bets on one side of `value`, as a logarithm."""

    value: float
    side: Side
    log: float = 0.0
    _sum: float = 0.0  # of y(value)

    def see(self, unit: Unit, left: int, largest: int, mean: float, variance: float) -> None:
        """Take one draw; `left` counts the units before it, itself included, `largest` the samples of one.

        `mean` and `variance` are those of the differences seen before: a bet may not know its own draw.
        """
        expected = -self._sum / left
        y = unit.total - unit.n * self.value
        self._sum += y
        lowest = largest * (1 + self.side * self.value)
        room = lowest + self.side * expected  # how far y may go against it
        if left > 1 and lowest - self.side * self._sum / (left - 1) <= -CAREFUL:
            self.log = math.inf  # what is left cannot bring the mean back to the value
        if room <= CAREFUL or self.log == math.inf:
            return
        edge = self.side * (mean - self.value)
        bet = min(max(edge, 0.0) / (variance + edge * edge) / largest, MOST / room)
        self.log += math.log1p(bet * self.side * (y - expected))


@dataclass
class Comparison:
    """The comparison of two models on one suite, draw by draw.

    `n_units` are all that could be drawn, `largest` is the number of samples of the largest. `alpha` is the
    probability of a wrong verdict that is allowed, whenever it is looked at; `margin` a share, 0.02 for two
    points.
    """

    n_units: int
    largest: int
    margin: float
    alpha: float
    drawn: int = 0
    verdict: Verdict | None = None
    units: list[Unit] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Place the bets."""
        self._moments = _Moments()
        self._above = Bet(0.0, 1)
        self._below = Bet(0.0, -1)
        self._inside = (Bet(-self.margin, 1), Bet(self.margin, -1))

    def see(self, unit: Unit) -> Verdict | None:
        """Take the next unit in the order of the draw; what is decided stays so."""
        if self.verdict is not None:
            return self.verdict
        left = self.n_units - self.drawn
        mean, variance = self._moments.now()
        for bet in (self._above, self._below, *self._inside):
            bet.see(unit, left, self.largest, mean, variance)
        self._moments.add(unit)
        self.units.append(unit)
        self.drawn += 1
        self.verdict = self._judged()
        return self.verdict

    @property
    def difference(self) -> float | None:
        """The mean difference of what was drawn; None where no sample has both grades."""
        n = sum(unit.n for unit in self.units)
        return sum(unit.total for unit in self.units) / n if n else None

    def interval(self) -> tuple[float, float]:
        """The differences that the draws so far do not exclude: the confidence sequence at this time."""
        return self._end(1), self._end(-1)

    def _judged(self) -> Verdict | None:
        enough = math.log(2 / self.alpha)
        if self._above.log >= enough:
            return "b is better"
        if self._below.log >= enough:
            return "a is better"
        return "within" if all(bet.log >= enough for bet in self._inside) else None

    def _end(self, side: Side) -> float:
        out, within = -float(side), self.difference
        if within is None or not self._excluded(out, side):
            return out
        for _ in range(HALVINGS):
            middle = (out + within) / 2
            out, within = (middle, within) if self._excluded(middle, side) else (out, middle)
        return out

    def _excluded(self, value: float, side: Side) -> bool:
        bet, moments = Bet(value, side), _Moments()
        for drawn, unit in enumerate(self.units):
            bet.see(unit, self.n_units - drawn, self.largest, *moments.now())
            moments.add(unit)
            if bet.log >= math.log(2 / self.alpha):
                return True
        return False


class _Moments:
    """Mean and variance of the differences seen, shrunk towards no difference and some variance."""

    def __init__(self) -> None:
        self._n = self._total = self._squares = 0.0

    def now(self) -> tuple[float, float]:
        """A difference's mean, and the variance of a unit's sum a sample of it."""
        mean = self._total / (self._n + 1)
        return mean, max((CALM + self._squares - self._n * mean * mean) / (self._n + 1), CAREFUL)

    def add(self, unit: Unit) -> None:
        """Count one draw."""
        if unit.n:
            self._n += unit.n
            self._total += unit.total
            self._squares += unit.total * unit.total / unit.n


def pairs_of(names: Sequence[str]) -> list[tuple[str, str]]:
    """All pairs, the earlier name first."""
    return [(a, b) for i, a in enumerate(names) for b in names[i + 1 :]]
