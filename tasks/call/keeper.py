"""Keeps the limiters of this process in leases: one question at a time for all of them.

A limiter that runs low says so, and the next question asks for it and for whoever else wants something by
then. Who has calls and asked for nothing looks once in LOOK_S, and soon after another process was told to
pause (for more than a quarter of a second; a shorter one is over before anybody hears of it) or learned of a
lower limit. Slices grow with a slow source, so that the next one is there in time.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Self

from tasks.call.allowance import SLICE_NS, Allowance
from tasks.call.leases import Ask, LeaseSource, account_hash
from tasks.call.limiter import Limiter
from warehouse.errors import NightbenchError, WarehouseError

LOOK_S = 5.0
POLL_S = 0.1
LONGEST = 5  # slices at most so many times as long as usual


class LeaseKeeper:
    """As a context manager it asks until the block ends, and then gives back what is left."""

    def __init__(
        self,
        source: LeaseSource,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        longest_ns: int | None = None,
    ) -> None:
        self._source = source
        self._fixed_ns = longest_ns  # of a slice; None: it grows with a slow source
        self._clock = clock
        self._sleep = sleep
        self._members: list[tuple[Limiter, Allowance]] = []
        self._looked: dict[int, float] = {}  # when a member was last heard, by its number
        self._hungry = asyncio.Event()
        self._news = source.news()
        self._longest_ns = longest_ns or SLICE_NS
        self._tasks: list[asyncio.Task[None]] = []
        self.asked = 0  # questions so far

    def add(self, account: str, limiter: Limiter) -> None:
        """Let a limiter draw on leases of an account (`ModelEntry.account`); before its first call."""
        allowance = Allowance(account_hash(account), self._hungry.set)
        limiter.lease_from(allowance)
        self._members.append((limiter, allowance))

    def start(self) -> None:
        """Ask from now on; in a running loop."""
        self._tasks = [asyncio.create_task(self._keep()), asyncio.create_task(self._watch())]

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for task in self._tasks:
            task.cancel()
        for task in self._tasks:
            with contextlib.suppress(asyncio.CancelledError, Exception):  # a defect is raised below
                await task
        asks = [ask for _, allowance in self._members if (ask := allowance.give_up()) is not None]
        if asks:
            with contextlib.suppress(WarehouseError):  # what is not given back expires in a second or two
                await self._source.take(asks)
        await self._source.close()
        for task in self._tasks:
            if not task.cancelled():
                task.result()

    async def _keep(self) -> None:
        try:
            while True:
                await self._hungry.wait()
                self._hungry.clear()
                await self._ask()
        except NightbenchError as error:
            self._fail(error)
        except Exception as error:  # a defect, which is raised when the block ends; nobody may wait for ever
            self._fail(WarehouseError(f"no limit can be leased any more: {type(error).__name__}: {error}"))
            raise

    def _fail(self, error: NightbenchError) -> None:
        for limiter, _ in self._members:
            limiter.fail(error)

    async def _watch(self) -> None:
        """Have somebody ask where there is news, or where long nobody did."""
        while True:
            await self._sleep(POLL_S)
            news = self._source.news()
            if news != self._news:
                self._news = news
                self._looked.clear()
            now = self._clock()
            if any(now - self._looked.get(n, now - LOOK_S) >= LOOK_S for n in range(len(self._members))):
                self._hungry.set()

    async def _ask(self) -> None:
        now = self._clock()
        asks: list[tuple[int, Ask]] = []
        for number, (limiter, _) in enumerate(self._members):
            due = now - self._looked.get(number, now - LOOK_S) >= LOOK_S
            ask = limiter.ask(look=due, longest_ns=self._longest_ns)
            if ask is not None:
                asks.append((number, ask))
                self._looked[number] = now
        if not asks:
            return
        leases = await self._source.take([ask for _, ask in asks])
        self.asked += 1
        took_ns = int((self._clock() - now) * 1e9)
        self._longest_ns = self._fixed_ns or min(LONGEST * SLICE_NS, max(SLICE_NS, 4 * took_ns))
        for (number, _), lease in zip(asks, leases, strict=True):
            self._members[number][0].granted(lease)
