"""A token bucket in exact arithmetic: how much of a limit a minute may be used now, and when the rest.

The state is one integer, the instant at which the bucket was empty. Instants and amounts are counted in
`nanoseconds x limit a minute`, in which a unit of the limit is 60e9: nothing is ever rounded, however long
a run is. Times are nanoseconds of a monotonic clock, given by the caller.

The bucket begins near empty and holds a quarter of a second's worth (at least one unit and LATE_NS' worth):
far below any provider's own burst. Nobody waits for it to be quite full, but for LATE_NS' worth less at the
most, so that what flows in while a waiter wakes up late is not lost; a request larger than that leaves the
bucket in debt. So in any span of time no more is taken than the limit's share of it and once the larger of
the bucket and the largest request with LATE_NS' worth.

A request that weighs about a second of the limit or more passes a provider whose bucket holds one second
only when that bucket is full, and a full bucket loses what flows in. Such a request waits MARGIN_NS longer
and is charged that, or the first that came a little late would make every later one come too early. Once
there was one of several units, the bucket holds no more than such a request waits for, for the same reason.

Source: the generic cell rate algorithm, ITU-T I.371.
"""

from dataclasses import dataclass, field

BURST_NS = 250_000_000
LATE_NS = 100_000_000
LARGE_NS = 900_000_000
MARGIN_NS = 25_000_000
MARGIN_ONE_NS = 10_000_000  # where it is a single unit: the limit is about one a second, or less
MINUTE_NS = 60_000_000_000


@dataclass
class Bucket:
    """What is left of a limit a minute. `start` units are there at the beginning and after a hold."""

    per_minute: int
    now_ns: int
    start: int = 0
    _capacity: int = field(init=False)
    _enough: int = field(init=False)  # nobody waits for more
    _empty_at: int = field(init=False)
    _held_ns: int = field(init=False)  # nothing flows in before
    _tight: bool = False  # there was a request as large as the provider's bucket may be

    def __post_init__(self) -> None:
        self._measure()
        self._empty_at = self.now_ns * self.per_minute - self._start
        self._held_ns = self.now_ns

    @property
    def capacity(self) -> float:
        """The most units that it holds."""
        return self._capacity / MINUTE_NS

    def level(self, now_ns: int) -> float:
        """Units that may be taken now; negative where it is in debt or on hold."""
        return min(self._capacity, now_ns * self.per_minute - self._empty_at) / MINUTE_NS

    def wait_ns(self, units: int, now_ns: int) -> int:
        """How long until `units` may be taken; 0: now."""
        ready_at = self._empty_at + min(units * MINUTE_NS, self._enough) + self._margin(units)
        missing = ready_at - now_ns * self.per_minute
        return -(-missing // self.per_minute) if missing > 0 else 0

    def take(self, units: int, now_ns: int) -> None:
        """Take units for which there is no wait left."""
        if units > 1 and not self._tight and self._margin(units):
            self._tight = True
            self._measure()
        full = now_ns * self.per_minute - self._capacity  # what would overflow is lost
        self._empty_at = max(self._empty_at, full) + self._charge(units)

    def correct(self, units: int) -> None:
        """Take more units than were taken before, or give some back (below zero), without a wait."""
        self._empty_at += units * MINUTE_NS

    def undo(self, units: int) -> None:
        """Give back all that `take` took for a request that was not sent."""
        self._empty_at -= self._charge(units)

    def hold(self, until_ns: int) -> None:
        """Let nothing flow in before that instant: then it is as near empty as at the start."""
        self._empty_at = max(self._empty_at, until_ns * self.per_minute - self._start)
        self._held_ns = max(self._held_ns, until_ns)

    def change(self, per_minute: int, now_ns: int) -> None:
        """Go on with another limit; what is there, or owed, stays."""
        flows_ns = max(now_ns, self._held_ns)
        there = min(self._capacity, flows_ns * self.per_minute - self._empty_at)
        self.per_minute = per_minute
        self._measure()
        self._empty_at = flows_ns * per_minute - min(there, self._capacity)

    def time_ns(self, units: int) -> int:
        """How much of the limit's time a request takes, rounded up; below zero for units given back."""
        return -(-self._charge(units) // self.per_minute)

    def _charge(self, units: int) -> int:
        return units * MINUTE_NS + self._margin(units)

    def _margin(self, units: int) -> int:
        if units * MINUTE_NS < LARGE_NS * self.per_minute:
            return 0
        return (MARGIN_NS if units > 1 else MARGIN_ONE_NS) * self.per_minute

    def _measure(self) -> None:
        self._enough = max(MINUTE_NS, (BURST_NS - LATE_NS) * self.per_minute)
        self._capacity = self._enough + (MARGIN_NS if self._tight else LATE_NS) * self.per_minute

    @property
    def _start(self) -> int:
        return min(self.start * MINUTE_NS, self._capacity)
