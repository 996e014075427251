"""What the tests of bucket and limiter share: a clock nobody waits for, a call, the excess over a limit."""

import asyncio
import heapq
import random
from collections.abc import Coroutine
from fractions import Fraction
from itertools import count
from typing import Any

from hypothesis import strategies as st

from tasks.call.bucket import LATE_NS, MINUTE_NS, Bucket
from tasks.call.limiter import Limiter
from tasks.spec import Limits

Grant = tuple[int, int]  # when, in nanoseconds, and how many units


class FakeTime:
    """A clock that stands still while anything runs, and then jumps to the next sleeper, who wakes late."""

    def __init__(self, late_s: float = 0.0) -> None:
        self.now = 1000.0
        self.n_sleeps = 0
        self._late_s = late_s
        self._rng = random.Random(0)
        self._sleepers: list[tuple[float, int, asyncio.Future[None]]] = []
        self._order = count()

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.n_sleeps += 1
        await self.wait(seconds + self._rng.uniform(0, self._late_s))

    async def wait(self, seconds: float) -> None:
        future = asyncio.get_running_loop().create_future()
        heapq.heappush(self._sleepers, (self.now + seconds, next(self._order), future))
        await future

    def run(self, main: Coroutine[Any, Any, None]) -> None:
        asyncio.run(self._drive(main))

    async def _drive(self, main: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(main)
        while not task.done():
            for _ in range(8):  # as many turns of the loop as a chain of wake-ups needs here
                await asyncio.sleep(0)
            while self._sleepers and self._sleepers[0][2].done():
                heapq.heappop(self._sleepers)
            if not task.done():
                assert self._sleepers, "everybody waits and nobody sleeps: a deadlock"
                at, _, future = heapq.heappop(self._sleepers)
                self.now = max(self.now, at)
                future.set_result(None)
        await task


def limits(**given: int) -> Limits:
    return Limits.model_validate(given)


async def use(
    time_: FakeTime,
    limiter: Limiter,
    grants: list[float],
    took_s: float = 0.05,
    tokens: int = 0,
    out: int = 0,
) -> None:
    """A call that takes so long; notes when it was let through."""
    async with limiter.slot(tokens, out):
        grants.append(time_.now)
        await time_.wait(took_s)


def most_over(grants: list[Grant], per_minute: int) -> Fraction:
    """By how much the grants of any window exceed the limit's share of it."""
    worst, excess = Fraction(0), Fraction(0)
    last = grants[0][0] if grants else 0
    for at, units in grants:  # the greatest sum of a run of consecutive grants, less what flowed meanwhile
        excess = max(Fraction(0), excess - Fraction((at - last) * per_minute, MINUTE_NS)) + units
        worst, last = max(worst, excess), at
    return worst


def most_at_once(bucket: Bucket, largest: int) -> Fraction:
    """The bucket, or the largest request with what flows in while a waiter wakes up late."""
    late = Fraction(LATE_NS * bucket.per_minute, MINUTE_NS)
    return max(Fraction(bucket.capacity), largest + late)


per_minutes = st.sampled_from([1, 7, 60, 61, 999, 4000, 400_000, 80_000_000])
