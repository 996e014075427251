"""What the win rate would be if both answers were as long as each other."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from warehouse.statistics.linear import inverse
from warehouse.statistics.proportions import Z95, Measured

PRIOR_SD = 5.0  # of both coefficients: weak, so that a model that won everything has a finite rate
STEPS = 100
CLOSE = 1e-10


@dataclass(frozen=True)
class Duel:
    """One comparison: a's share of the win (1, 0.5, 0) and how long both answers are."""

    won: float
    length_a: int
    length_b: int


def length_controlled(duels: Sequence[Duel]) -> Measured:
    """The win rate of a at equal length, with its 95 % interval; None where there is no comparison.

    A logistic model of the verdict: log odds = quality + slope * d, where d is the difference of the log
    lengths in units of its own root mean square; the win rate at d = 0 is that of the quality alone. Ties
    count half. Both coefficients have a normal prior of mean 0 and standard deviation PRIOR_SD. The interval
    is that of the information matrix, which with ties is on the wide side.

    Source: Y. Dubois, B. Galambosi, P. Liang, T. B. Hashimoto (2024), "Length-Controlled AlpacaEval",
    arXiv:2404.04475. They take tanh of the difference of lengths and a term for each instruction's
    difficulty, which needs more models than two; logarithms bound what one very long answer can do, and do
    not depend on the unit.
    """
    n = len(duels)
    if not n:
        return Measured(None, None, None, 0)
    raw = [math.log(max(1, duel.length_a) / max(1, duel.length_b)) for duel in duels]
    unit = math.sqrt(sum(value * value for value in raw) / n)
    apart = [value / unit if unit else 0.0 for value in raw]
    quality, slope = 0.0, 0.0
    spread = [[PRIOR_SD**2, 0.0], [0.0, PRIOR_SD**2]]
    for _ in range(STEPS):
        gradient = [-quality / PRIOR_SD**2, -slope / PRIOR_SD**2]
        information = [[1 / PRIOR_SD**2, 0.0], [0.0, 1 / PRIOR_SD**2]]
        for duel, d in zip(duels, apart, strict=True):
            chance = _logistic(quality + slope * d)
            gradient[0] += duel.won - chance
            gradient[1] += (duel.won - chance) * d
            weight = chance * (1 - chance)
            for i, one in enumerate((1.0, d)):
                for j, other in enumerate((1.0, d)):
                    information[i][j] += weight * one * other
        spread = inverse(information)
        steps = [sum(spread[i][j] * gradient[j] for j in (0, 1)) for i in (0, 1)]
        shorter = min(1.0, 2.0 / max(1e-300, *map(abs, steps)))  # Newton may leap where all is one-sided
        quality, slope = quality + shorter * steps[0], slope + shorter * steps[1]
        if max(map(abs, steps)) < CLOSE:
            break
    half = Z95 * math.sqrt(spread[0][0])
    return Measured(_logistic(quality), _logistic(quality - half), _logistic(quality + half), n)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value)) if value >= 0 else math.exp(value) / (1 + math.exp(value))
