"""A process that helps a run: it makes the calls of shards that it is sent, into a journal file of its own.

It loads and plans the run once, opens clients and limiters once, and keeps them while the run's owner is
there (tasks/owner.py). Its shards share them, so they share a loop: a thread of the process.
"""

import asyncio
import threading
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from tasks.call.endpoint import needs_endpoint
from tasks.call.journal import Journal
from tasks.call.journal_reader import read_journal
from tasks.call.leases import LeaseSource
from tasks.call.purse import OutOfMoney
from tasks.call.session import CallSession
from tasks.calling import open_lanes, rehearsed, session_of
from tasks.collector import collect_rarely
from tasks.funds import paying
from tasks.home import Home, Settings
from tasks.lanes import lane_of
from tasks.month import MonthSpent
from tasks.owner import Watch, owner_file, read_owner
from tasks.rehearsal import simulated_server
from tasks.runs import read_run
from tasks.sharing import shared_limits
from tasks.spec import EvalSpec
from tasks.work import Work, prepare
from warehouse.errors import (
    EngineError,
    Fault,
    NightbenchError,
    ProviderDown,
    ProviderError,
    SpecError,
    StoppedShort,
    Unusable,
    WarehouseError,
)

Environ = Callable[[EvalSpec], Mapping[str, str]]  # where this process reads keys and addresses


class LostOwner(StoppedShort):
    """The run's process is gone, or another has taken the run over."""


@dataclass(frozen=True)
class Errand:
    """What a helper is told of the run: plain values, and no key among them."""

    home: str
    run_id: str
    token: str  # of its owner
    suite_folders: tuple[str, ...]
    processes: int  # that divide the calls in flight
    server_url: str | None  # of the run's own simulated server, where helpers reach it
    leased_elsewhere: bool  # limits are leased from Prefect's server, not from the home's store
    retry_failed: bool
    give_up_s: float
    monthly_usd: Decimal | None = None  # of the home, as the run's process was told


@dataclass(frozen=True)
class Helped:
    """What became of a shard: why it was left, if it was, and the hosts that were given up; plain values."""

    error: str | None = None  # its class
    words: str = ""
    fault: str = ""  # its kind, of a provider's error
    down: Mapping[str, float] = field(default_factory=dict)  # host -> seconds it was waited for

    @classmethod
    def of(cls, error: NightbenchError | None, down: Mapping[str, float] | None = None) -> "Helped":
        """Of what a session ended with."""
        if error is None:
            return cls(down=dict(down or {}))
        kind = next(one for one in TOLD if isinstance(error, one))
        fault = error.fault.kind if isinstance(error, ProviderError) else ""
        return cls(kind.__name__, str(error), fault, dict(down or {}))

    @property
    def is_orphaned(self) -> bool:
        """Whether the helper did not see that its run is alive."""
        return self.error == LostOwner.__name__

    def reason(self) -> NightbenchError | None:
        """The error, made anew; None where the shard came to its end."""
        if self.error is None:
            return None
        if self.error == Unusable.__name__:
            return Unusable(Fault(self.fault, self.words))
        return next(one for one in TOLD if one.__name__ == self.error)(self.words)


TOLD: tuple[type[NightbenchError], ...] = (
    LostOwner,
    MonthSpent,
    OutOfMoney,
    Unusable,
    ProviderDown,
    StoppedShort,
    SpecError,
    WarehouseError,
    NightbenchError,
)


class Helper:
    """What this process has open for one run and owner. Its methods belong to the helpers' loop."""

    def __init__(self, errand: Errand, environ: Environ, leases: Callable[[], LeaseSource] | None) -> None:
        self._errand, self._environ, self._leases = errand, environ, leases
        self._home = Home(Path(errand.home))
        self._watch = Watch(self._home, errand.run_id, errand.token)
        self._open: asyncio.Future[tuple[Work, CallSession]] = asyncio.get_running_loop().create_future()
        self._n = 0  # shards at work
        self._idle = asyncio.Event()
        self._idle.set()
        self._life = asyncio.create_task(self._live())

    async def call(self, index: int) -> Helped:
        """Make the calls of one shard that no process of the run has journalled."""
        self._n += 1
        self._idle.clear()
        try:
            work, session = await asyncio.shield(self._open)
            known = session.known
            known.refresh(durable=False)  # what a dead helper received is not asked again
            plan, shard = work.planned(index)
            if plan is not work.plan:
                work.judge_from(known)
                plan, shard = work.planned(index)
            await session.run_shard(lane_of(shard.variant.entry), plan.calls(shard))
        except NightbenchError as error:
            return Helped.of(error)
        else:
            return Helped.of(session.fatal, session.down)
        finally:
            self._n -= 1
            if not self._n:
                self._idle.set()

    @property
    def is_over(self) -> bool:
        """Whether it takes no more shards."""
        return self._life.done() or (self._open.done() and self._open.exception() is not None)

    async def _live(self) -> None:
        try:
            async with self._session() as opened:
                self._open.set_result(opened)
                await self._watch.lost()
                opened[1].stop(_lost(self._errand.run_id))
                await self._idle.wait()
        except Exception as error:
            if self._open.done():
                raise
            self._open.set_exception(
                error
                if isinstance(error, NightbenchError)
                else EngineError(f"a worker cannot begin: {type(error).__name__}: {error}")
            )

    @asynccontextmanager
    async def _session(self) -> AsyncIterator[tuple[Work, CallSession]]:
        errand = self._errand
        work = await asyncio.to_thread(self._prepare)
        folder = self._home.journal(errand.run_id)
        async with AsyncExitStack() as stack:
            journal = await stack.enter_async_context(Journal.open(folder, errand.run_id))
            known = await asyncio.to_thread(read_journal, folder)
            work.server_url = errand.server_url
            if work.server_url is None and any(not needs_endpoint(one) for one in work.plan.spec.entries):
                work.server_url = await stack.enter_async_context(
                    simulated_server(work.plan, rehearsed(work))
                )
            accounts = await stack.enter_async_context(
                shared_limits(
                    self._home,
                    work.progress,
                    work.damage,
                    processes=errand.processes,
                    elsewhere=self._leases,
                )
            )
            lanes = open_lanes(
                work, accounts, stack, give_up_s=errand.give_up_s, alone=errand.server_url is None
            )
            if not await self._watch.begun():
                raise _lost(errand.run_id)
            till = await stack.enter_async_context(paying(work, known, journal.path, leads=False))
            yield work, session_of(work, lanes, journal, known, till)

    def _prepare(self) -> Work:
        errand = self._errand
        record = read_run(self._home, errand.run_id)
        settings = Settings(
            self._home,
            tuple(map(Path, errand.suite_folders)),
            monthly_usd=errand.monthly_usd,
            give_up_s=errand.give_up_s,
        )
        work = prepare(settings, record, environ=self._environ(record.eval_spec()))
        work.retry_failed = errand.retry_failed
        return work


_lock = threading.Lock()
_loop: asyncio.AbstractEventLoop | None = None
_helpers: dict[tuple[str, str, str], Helper] = {}


def help_run(
    errand: Errand, index: int, environ: Environ, leases: Callable[[], LeaseSource] | None
) -> Helped:
    """Make the calls of a shard in this process.

    `leases` makes the source of limits where the home's store is not it. Blocks; any thread may call it.
    """
    return asyncio.run_coroutine_threadsafe(_help(errand, index, environ, leases), _helpers_loop()).result()


async def _help(
    errand: Errand, index: int, environ: Environ, leases: Callable[[], LeaseSource] | None
) -> Helped:
    seen = read_owner(owner_file(Home(Path(errand.home)), errand.run_id))
    if seen is None or seen[0] != errand.token:  # it waited too long to be sent
        return Helped.of(_lost(errand.run_id))
    key = (errand.home, errand.run_id, errand.token)
    helper = _helpers.get(key)
    if helper is None or helper.is_over:
        for old in [key for key, other in _helpers.items() if other.is_over]:
            del _helpers[old]
        helper = _helpers[key] = Helper(errand, environ, leases)
    return await helper.call(index)


def _helpers_loop() -> asyncio.AbstractEventLoop:
    global _loop
    with _lock:
        if _loop is None:
            collect_rarely()
            _loop = asyncio.new_event_loop()
            threading.Thread(target=_loop.run_forever, daemon=True, name="helpers").start()
        return _loop


def _lost(run_id: str) -> LostOwner:
    return LostOwner(f'run "{run_id}" has lost its process, or another has taken it over.')
