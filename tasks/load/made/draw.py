"""Draws that are the same on every machine and with every version of Python: SHAKE-256, read in order.

Python's `random` promises one sequence of `random()` for a seed and nothing of `choice` or `shuffle`; the
order of a set changes from one process to the next. Neither is used where samples are made.
"""

import hashlib
import struct
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")

BLOCK = 512  # draws a call of the hash
_UNPACK = struct.Struct(f">{BLOCK}Q").unpack


class Draw:
    """One sequence of draws, told from others by its key: the same key draws the same."""

    __slots__ = ("_at", "_block", "_key", "_words")

    def __init__(self, *key: str | int) -> None:
        self._key = "\0".join(map(str, key)).encode()
        self._block = 0
        self._at = BLOCK
        self._words: Sequence[int] = ()

    def below(self, n: int) -> int:
        """A whole number from 0 to n - 1; of 64 bits, so that no remainder is favoured to speak of."""
        if self._at == BLOCK:
            digest = hashlib.shake_256(b"%d\0%s" % (self._block, self._key)).digest(8 * BLOCK)
            self._words, self._block, self._at = _UNPACK(digest), self._block + 1, 0
        word = self._words[self._at]
        self._at += 1
        return word % n

    def between(self, low: int, high: int) -> int:
        """A whole number from low to high, both included."""
        return low + self.below(high - low + 1)

    def chance(self, percent: int) -> bool:
        """True so often of a hundred."""
        return self.below(100) < percent

    def pick(self, items: Sequence[T]) -> T:
        """One of the items."""
        return items[self.below(len(items))]

    def some(self, items: Sequence[T], n: int) -> list[T]:
        """So many different ones of the items, in the order drawn."""
        left = list(items)
        for place in range(n):  # Fisher and Yates, as far as it is needed
            other = place + self.below(len(left) - place)
            left[place], left[other] = left[other], left[place]
        return left[:n]

    def shuffled(self, items: Sequence[T]) -> list[T]:
        """All of the items in another order."""
        return self.some(items, len(items))
