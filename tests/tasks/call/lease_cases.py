"""Several processes of one home, played in one event loop: each a limiter with a keeper, one account.

Their clock is a fake one, which runs on while they wait for the source; the server is a bucket of its own.
"""

import asyncio
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tasks.call.keeper import LeaseKeeper
from tasks.call.leases import AccountState, Ask, Lease, serve
from tasks.call.limiter import Limiter
from tasks.call.rate_headers import RateHeaders
from tasks.spec import Limits
from tests.tasks.call.limiter_cases import FakeTime

ACCOUNT = "openai/gpt|https://api.test|"


@dataclass
class MemoryLeases:
    """A source that keeps accounts in memory and takes as long as a disk does."""

    time_: FakeTime
    took_s: float = 0.015
    states: dict[str, AccountState] = field(default_factory=dict)
    n_transactions: int = 0
    n_news: int = 0

    async def take(self, asks: Sequence[Ask]) -> Sequence[Lease]:
        await self.time_.wait(self.took_s)
        self.n_transactions += 1
        leases = []
        for ask in asks:
            before = self.states.get(ask.account, AccountState())
            after, lease = serve(before, ask, int(self.time_.now * 1e9))
            self.states[ask.account] = after
            self.n_news += after.paused_until_ns != before.paused_until_ns
            self.n_news += after.generation != before.generation
            leases.append(lease)
        return leases

    def news(self) -> object:
        return self.n_news

    async def close(self) -> None:
        pass


@dataclass
class Server:
    """A provider's bucket of `burst_s`, which starts full; what exceeds it is denied."""

    per_minute: int
    burst_s: float = 1.0
    at: float = 1000.0
    level: float = field(init=False)
    passed: list[tuple[float, int]] = field(default_factory=list)
    denied: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.level = self.burst

    @property
    def burst(self) -> float:
        return max(1.0, self.per_minute * self.burst_s / 60)

    def change(self, per_minute: int) -> None:
        self.per_minute = per_minute

    def take(self, weight: int, now: float) -> float:
        """Seconds to wait; 0: passed."""
        self.level = min(self.burst, self.level + (now - self.at) * self.per_minute / 60)
        self.at = now
        missing = min(weight, self.burst) - self.level
        if missing > 1e-6:
            self.denied.append(now)
            return missing * 60 / self.per_minute
        self.level -= weight
        self.passed.append((now, weight))
        return 0.0

    def used(self, since: float, until: float) -> int:
        return sum(weight for at, weight in self.passed if since <= at < until)


@dataclass
class World:
    """One account, its server, and processes that have calls to make."""

    server: Server
    given: Limits
    kind: str = "requests"
    time_: FakeTime = field(default_factory=lambda: FakeTime(0.002))
    tells: bool = False  # the server's headers tell its limit
    source: MemoryLeases = field(init=False)
    limiters: list[Limiter] = field(default_factory=list)
    sent: list[int] = field(default_factory=list)  # by process

    def __post_init__(self) -> None:
        self.source = MemoryLeases(self.time_)

    async def process(
        self,
        until: float,
        size: Callable[[random.Random], int] = lambda rng: 1,
        latency_s: float = 0.3,
        backlog: int = 400,
    ) -> None:
        """Keep a backlog of calls until then."""
        number, rng = len(self.limiters), random.Random(len(self.limiters))
        limiter = Limiter(self.given, self.time_.clock, self.time_.sleep)
        self.limiters.append(limiter)
        self.sent.append(0)
        async with LeaseKeeper(self.source, self.time_.clock, self.time_.sleep) as keeper:
            keeper.add(ACCOUNT, limiter)
            tasks: set[asyncio.Task[None]] = set()
            while self.time_.now < until:
                while len(tasks) < backlog:
                    tasks.add(asyncio.create_task(self._call(number, limiter, size(rng), latency_s, rng)))
                await self.time_.wait(0.02)
                tasks = {task for task in tasks if not task.done()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _call(
        self, number: int, limiter: Limiter, weight: int, latency_s: float, rng: random.Random
    ) -> None:
        tokens = weight if self.kind == "input_tokens" else 0
        while True:
            async with limiter.slot(tokens) as permit:
                await self.time_.wait(rng.uniform(0.0, 0.003))  # on its way
                wait_s = self.server.take(weight if tokens else 1, self.time_.now)
                await self.time_.wait(latency_s if wait_s == 0 else 0.001)
                permit.failed = wait_s > 0
                if wait_s > 0:
                    permit.settle(0)
                if self.tells:
                    limiter.observe(RateHeaders(**{f"{self.kind}_limit": self.server.per_minute}))
            if wait_s == 0:
                self.sent[number] += 1
                return
            limiter.pause(wait_s, permit)
            await self.time_.wait(wait_s + 0.05)
