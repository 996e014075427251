"""Parks a provider that is down: when, for how long, and until when it is waited for.

closed   every call goes through
parked   none does, until the time of the next probe
probing  one call has been let through; whether it comes back decides

A provider is down when the last STREAK attempts failed, all of them, and at least half of those that ended in
the last WINDOW_S did. The streak makes it hard to park by chance (with 45 % of attempts failing, once in
600,000), the window makes a moment's outage of a busy lane none. A failed attempt is a broken connection, a
time-out or a 5xx; a 4xx, a 429 too, shows that somebody is there, and so does garbage with a 200.

The wait for a probe doubles from FIRST_PROBE_S to MOST_PROBE_S. After `give_up_s` without an answer it is
given up, for good: what waits then is dropped, and the run is resumed another day.

Pure: the time is an argument, in seconds of any clock that does not go back.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from typing import Literal

from warehouse.errors import Fault

STREAK = 16
WINDOW_S = 10.0
FIRST_PROBE_S = 2.0
MOST_PROBE_S = 30.0
GIVE_UP_S = 900.0

Pass = Literal["call", "probe"]


class Breaker:
    """The state of one account at one endpoint."""

    def __init__(self, give_up_s: float = GIVE_UP_S) -> None:
        self.give_up_s = give_up_s
        self.parked_at: float | None = None  # None: closed
        self.given_up = False
        self._streak = 0
        self._seconds: deque[list[int]] = deque()  # second, attempts that ended in it, of them failed
        self._ended = self._failed = 0  # in those seconds
        self._probe_at = 0.0
        self._probing = False
        self._wait_s = FIRST_PROBE_S

    def ask(self, now: float) -> Pass | float:
        """Whether a call may go: as a call, as the probe, or not for so many seconds; 0: never again."""
        if self.parked_at is None:
            return "call"
        left_s = self.parked_at + self.give_up_s - now
        if self.given_up or left_s <= 0:
            self.given_up = True
            return 0.0
        if self._probing:
            return left_s
        if now < self._probe_at:
            return min(self._probe_at - now, left_s)
        self._probing = True
        return "probe"

    def ended(self, now: float, *, failed: bool, probe: bool = False) -> None:
        """An attempt has ended; of those that went before the parking only an answer changes anything."""
        if self.parked_at is not None:
            if not failed and not self.given_up:
                self._close()
            elif probe:
                self._probing = False
                self._wait_s = min(self._wait_s * 2, MOST_PROBE_S)
                self._probe_at = now + self._wait_s
            return
        self._count(now, failed)
        if self._streak >= STREAK and 2 * self._failed >= self._ended:
            self.parked_at, self._probe_at = now, now + self._wait_s

    def unprobed(self) -> None:
        """The probe was not sent: another call may be it, at once."""
        self._probing = False

    def _close(self) -> None:
        self.parked_at, self._probing = None, False
        self._wait_s, self._streak = FIRST_PROBE_S, 0
        self._seconds.clear()
        self._ended = self._failed = 0

    def _count(self, now: float, failed: bool) -> None:
        self._streak = self._streak + 1 if failed else 0
        if not self._seconds or self._seconds[-1][0] != int(now):
            self._seconds.append([int(now), 0, 0])
            while self._seconds[0][0] <= now - WINDOW_S - 1:
                _, ended, bad = self._seconds.popleft()
                self._ended -= ended
                self._failed -= bad
        self._seconds[-1][1] += 1
        self._seconds[-1][2] += failed
        self._ended += 1
        self._failed += failed


class Gate:
    """Where calls of a parked provider wait; a breaker with a clock. Belongs to one event loop.

    Whoever is let through as the probe must send it and say how it ended, or give it back, unless the run is
    stopped.
    """

    def __init__(self, breaker: Breaker, clock: Callable[[], float] = time.monotonic) -> None:
        self.breaker = breaker
        self._clock = clock
        self._news = asyncio.Event()  # replaced whenever it was set

    @property
    def parked_s(self) -> float | None:
        """Since when it is parked; None where it is not."""
        parked_at = self.breaker.parked_at
        return None if parked_at is None else self._clock() - parked_at

    def shut(self, passed: Pass) -> bool:
        """Whether the provider was parked after this call was let through, and before it was sent."""
        return passed == "call" and self.breaker.parked_at is not None

    async def enter(self) -> Pass | None:
        """Wait until a call may go; None: the provider is given up."""
        while True:
            said = self.breaker.ask(self._clock())
            if isinstance(said, str):
                return said
            if self.breaker.given_up:
                return None
            await self._wait(said)

    def ended(self, fault: Fault | None, passed: Pass) -> None:
        """An attempt has ended, with that fault or with an answer."""
        was_parked = self.breaker.parked_at is not None
        self.breaker.ended(self._clock(), failed=is_down(fault), probe=passed == "probe")
        if was_parked:
            self._tell()

    def give_back(self) -> None:
        """The probe cannot be sent now: let another one be it."""
        self.breaker.unprobed()
        self._tell()

    def _tell(self) -> None:
        self._news.set()
        self._news = asyncio.Event()

    async def _wait(self, seconds: float) -> None:
        news = self._news
        try:
            async with asyncio.timeout(seconds):
                await news.wait()
        except TimeoutError:
            return


def is_down(fault: Fault | None) -> bool:
    """Whether a fault says that nobody is there: a broken line, a time-out, a 5xx (inside of a 200, too)."""
    if fault is None or fault.kind not in {"connection", "timeout", "server_error"}:
        return False
    return not 400 <= (fault.http_status or 0) < 500
