"""How many calls of one model may be in flight, where the provider does not say how fast they may come.

Slow start from START calls: one more for each that returned, so twice as many a round trip; from half of
what a 429 was answered to, one more a round trip; at a 429 half as many (additive increase, multiplicative
decrease). An error of the server (5xx, a broken connection) changes nothing. Where a limit of requests is
known its bucket paces the calls, and the ceiling begins at the most that is allowed; it stays there where the
provider tells its limit, and else yields to a 429, because a limit that was only configured may be too high.

The ceiling is this process's: calls in flight are counted and bounded in each process by itself.

Source: RFC 5681, sections 3.1 and 3.2.
"""

from dataclasses import dataclass, field

START = 8


@dataclass
class Ceiling:
    """Calls that may be in flight; `adapts` while no limit is known."""

    most: int
    adapts: bool
    level: int = field(init=False)
    _threshold: int = field(init=False)  # below it the start is slow, which is fast
    _returned: int = 0  # since the last step above the threshold

    def __post_init__(self) -> None:
        self._threshold = self.most
        self.level = min(START, self.most) if self.adapts else self.most

    def returned(self) -> None:
        """A call of the present round was answered."""
        if self.level < self._threshold:
            self.level += 1
            return
        self._returned += 1
        if self._returned >= self.level:
            self._returned = 0
            self.level = min(self.level + 1, self.most)

    def limited(self, in_flight: int) -> None:
        """A call was answered with 429 while so many were in flight."""
        self.adapts = True
        self._threshold = self.level = max(1, min(in_flight, self.level) // 2)
        self._returned = 0

    def resumed(self, in_flight: int) -> None:
        """A pause is over: no more at once than are still in flight, so that none burst through."""
        self.level = max(1, min(in_flight, self.level))

    def lift(self) -> None:
        """A limit of requests has become known."""
        self.adapts = False
        self.level = self._threshold = self.most
