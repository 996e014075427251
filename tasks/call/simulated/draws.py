"""Chance that depends on its key alone: the same key draws the same numbers, in any order, after any restart.

Only `random.Random.random` is used of the standard generator, because its sequence is promised to stay the
same between Python versions; `choice` and `shuffle` are not.
"""

import hashlib
import math
import random
import struct
from collections.abc import Sequence
from statistics import NormalDist
from typing import TypeVar

T = TypeVar("T")
Key = str | int

_EIGHT = struct.Struct("<8Q")
_NORMAL = NormalDist()


def share(*key: Key) -> float:
    """A number strictly between 0 and 1, for one decision."""
    word = int.from_bytes(hashlib.blake2b(_spelled(key), digest_size=8).digest(), "little")
    return ((word >> 12) + 0.5) * 2.0**-52


def shares(*key: Key) -> Sequence[float]:
    """Eight numbers strictly between 0 and 1, for some decisions at the price of one."""
    digest = hashlib.blake2b(_spelled(key), digest_size=64).digest()
    return [((word >> 12) + 0.5) * 2.0**-52 for word in _EIGHT.unpack(digest)]


def normal(share: float) -> float:
    """The standard normal value below which that share of values lies."""
    return _NORMAL.inv_cdf(share)


def share_below(value: float) -> float:
    """The share of standard normal values that lie below this one."""
    return _NORMAL.cdf(value)


def lognormal(share: float, median: float, sigma: float) -> float:
    """The value of a lognormal distribution below which that share of values lies."""
    return median * math.exp(sigma * normal(share))


class Draw:
    """An endless stream of choices for one key, for texts that need many."""

    def __init__(self, *key: Key) -> None:
        digest = hashlib.blake2b(_spelled(key), digest_size=16).digest()
        self._share = random.Random(int.from_bytes(digest, "big")).random

    def share(self) -> float:
        """A number from 0 to 1, 1 excluded."""
        return self._share()

    def chance(self, probability: float) -> bool:
        """True as often as the probability says."""
        return self._share() < probability

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1."""
        return int(self._share() * n)

    def pick(self, choices: Sequence[T]) -> T:
        """One of the choices, each as likely as the others."""
        return choices[self.below(len(choices))]

    def weighted(self, choices: Sequence[tuple[T, float]]) -> T:
        """One of the choices by its weight; the weights need not add up to 1."""
        rest = self._share() * sum(weight for _, weight in choices)
        for choice, weight in choices:
            rest -= weight
            if rest < 0:
                return choice
        return choices[-1][0]


def _spelled(key: tuple[Key, ...]) -> bytes:
    return repr(key).encode("utf-8")  # the quotes keep ("ab", "c") and ("a", "bc") apart
