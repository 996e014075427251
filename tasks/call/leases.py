"""Slices of an account's minute that the processes of a home lend each other, seconds ahead.

An account's limits are a line of time, the same for every process, and a lease is the next free slice of it.
Who holds the slice uses the limits to the full while it lasts, all kinds of them, so that the provider sees
what it would see of one process: the sum is exact also where single requests weigh seconds. Amounts are
therefore times: how many nanoseconds of each limit (requests, input tokens, output tokens) calls take.

While the account is not busy a slice begins at once, and processes use theirs side by side. A slice that
nobody uses passes: the lease of a process that was killed expires with its last instant, a second or two
later. What a living process did not use it gives back: whole while nobody has leased after it, else, where
the account is not busy, as much as a bucket may hold. A pause takes its time out of the slices that it falls
into. A limit that was lowered begins a new generation, in which older leases are void: they are too short
for the calls they were taken for.

Calls in flight are not leased; each process keeps to its own number of them.
"""

import asyncio
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Protocol

from tasks.call.bucket import BURST_NS, LATE_NS
from tasks.call.rates import NOTHING, Told
from tasks.store import Store
from warehouse.errors import WarehouseError

Times = tuple[int, int, int]  # nanoseconds of each limit's time: requests, input tokens, output tokens
NO_TIME: Times = (0, 0, 0)
AT_LEAST_NS = 1_000_000_000  # a slice may be used for so long, however short it is
CREDIT_NS = BURST_NS - LATE_NS  # so much of the time that nobody used may still be used
GRACE_NS = 250_000_000  # and so much later
BUSY_NS = 1_000_000_000  # an account is busy whose next free slice begins so much later
SAME_PAUSE_NS = 50_000_000  # a pause that ends so little later is the one that is known
TOLD_FOR_NS = 3_600_000_000_000  # what a provider told of its limits is believed for an hour
CLOCK_SET_BACK_NS = 1_000_000_000
TABLE = """create table if not exists limit_accounts (
  account text primary key, generation integer not null, serial integer not null,
  written_at_ns integer not null, paused_until_ns integer not null,
  free_requests_ns integer not null, free_input_ns integer not null, free_output_ns integer not null,
  told_requests integer, told_input integer, told_output integer, told_at_ns integer not null
) strict"""
READ = "select * from limit_accounts where account = ?"
WRITE = "insert or replace into limit_accounts values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class Ask:
    """What a process wants of one account, and what it has to say of it."""

    account: str  # `account_hash`
    times: Times = NO_TIME  # of a slice that it wants; zeros: it only looks
    unused: Times = NO_TIME  # of slices that it gives back
    generation: int = 0  # of those
    serial: int = 0  # of the last of those
    pause_ns: int = 0  # a response asked every call to wait so long from now
    told: Told | None = None  # the provider's limits, where they have changed


@dataclass(frozen=True)
class Lease:
    """A slice of the account's time, and what is known of the account; instants are those of `clock`."""

    generation: int
    serial: int
    times: Times
    start_ns: int
    end_ns: int
    until_ns: int  # what is unused then is lost
    free_ns: int  # since then nobody else has used the account's time; at most CREDIT_NS before the start
    paused_until_ns: int
    told: Told


class LeaseSource(Protocol):
    """Where leases come from: the home's own store, or a server that several machines ask."""

    async def take(self, asks: Sequence[Ask]) -> Sequence[Lease]:
        """A lease for each ask, in its order.

        Raises: WarehouseError: the source cannot be used; says why and what to do.
        """
        ...

    def news(self) -> object:
        """Something that has changed where an account has been paused or lowered since; asked very often."""
        ...

    async def close(self) -> None:
        """Let go of the source."""
        ...


@dataclass(frozen=True)
class AccountState:
    """What the processes of a home know of one account. Instants are nanoseconds of the wall clock."""

    generation: int = 1
    serial: int = 0
    written_at_ns: int = 0
    paused_until_ns: int = 0
    free_at_ns: Times = NO_TIME  # until then each limit's time is leased
    told: Told = NOTHING
    told_at_ns: int = 0


def account_hash(account: str) -> str:
    """The name of an account in the store; nothing of an address or a variable can be read from it."""
    return sha256(account.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def serve(state: AccountState, ask: Ask, now_ns: int) -> tuple[AccountState, Lease]:
    """The next free slice for an ask, and the state after it. Instants of the lease are the wall clock's."""
    if not state.written_at_ns:
        state = replace(state, written_at_ns=now_ns, free_at_ns=(now_ns, now_ns, now_ns))
    elif now_ns < state.written_at_ns - CLOCK_SET_BACK_NS:
        state = _moved(state, now_ns - state.written_at_ns)
    state = _heard(_given_back(state, ask, now_ns), ask, now_ns)
    told = state.told if now_ns - state.told_at_ns < TOLD_FOR_NS else NOTHING
    free_ns = max(state.free_at_ns)
    start_ns = max(now_ns, state.paused_until_ns, free_ns)
    wanted = any(ask.times)
    if wanted:
        free = [
            max(free_at_ns, start_ns - CREDIT_NS) + time_ns if time_ns else free_at_ns
            for free_at_ns, time_ns in zip(state.free_at_ns, ask.times, strict=True)
        ]
        state = replace(
            state, serial=state.serial + 1, free_at_ns=(free[0], free[1], free[2]), written_at_ns=now_ns
        )
    end_ns = max(start_ns, *state.free_at_ns) if wanted else start_ns
    lease = Lease(
        generation=state.generation,
        serial=state.serial,
        times=ask.times,
        start_ns=start_ns,
        end_ns=end_ns,
        until_ns=max(end_ns, start_ns + AT_LEAST_NS) + GRACE_NS,
        free_ns=max(start_ns - CREDIT_NS, state.paused_until_ns, free_ns),
        paused_until_ns=state.paused_until_ns,
        told=told,
    )
    return state, lease


def _given_back(state: AccountState, ask: Ask, now_ns: int) -> AccountState:
    if not any(ask.unused) or ask.generation != state.generation:
        return state
    if ask.serial == state.serial:
        most = max(ask.unused)
    elif max(state.free_at_ns) < now_ns + BUSY_NS:
        most = BURST_NS
    else:  # a gap amid others' slices cannot be closed: those after it would come on top of each other
        return state
    free = [free_ns - min(unused, most) for free_ns, unused in zip(state.free_at_ns, ask.unused, strict=True)]
    return replace(state, free_at_ns=(free[0], free[1], free[2]))


def _heard(state: AccountState, ask: Ask, now_ns: int) -> AccountState:
    """The state after the news of an ask: a pause, other limits."""
    if ask.told is not None:
        if any(a is not None and b is not None and a < b for a, b in zip(ask.told, state.told, strict=True)):
            free_ns = max(now_ns, state.paused_until_ns)
            state = replace(state, generation=state.generation + 1, free_at_ns=(free_ns, free_ns, free_ns))
        state = replace(state, told=ask.told, told_at_ns=now_ns, written_at_ns=now_ns)
    until_ns = now_ns + ask.pause_ns
    if ask.pause_ns > 0 and until_ns > state.paused_until_ns + SAME_PAUSE_NS:
        one, two, three = (max(free_ns, until_ns) for free_ns in state.free_at_ns)
        state = replace(state, paused_until_ns=until_ns, free_at_ns=(one, two, three), written_at_ns=now_ns)
    return state


def _moved(state: AccountState, by_ns: int) -> AccountState:
    """The state after the wall clock was set back: as far ahead as before."""
    one, two, three = state.free_at_ns
    return replace(
        state,
        written_at_ns=state.written_at_ns + by_ns,
        paused_until_ns=state.paused_until_ns + by_ns,
        free_at_ns=(one + by_ns, two + by_ns, three + by_ns),
        told_at_ns=state.told_at_ns + by_ns,
    )


def last_told(path: Path, accounts: Iterable[str]) -> dict[str, Told]:
    """The limits that the last headers of these accounts told, however long ago; only of those known.

    Raises: WarehouseError: the store cannot be used.
    """
    wanted = {account_hash(account): account for account in accounts}
    if not wanted or not path.exists():
        return {}
    store = Store(path)
    try:
        store.ensure(TABLE)
        with store.transaction() as connection:
            rows = [connection.execute(READ, [name]).fetchone() for name in wanted]
    finally:
        store.close()
    return {wanted[row[0]]: _state_of(row).told for row in rows if row is not None}


class StoreLeases:
    """Leases from the store of the home: a transaction for all accounts of a process, never one a call."""

    def __init__(
        self,
        store: Store,
        *,
        wall_ns: Callable[[], int] = time.time_ns,
        clock_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._store = store
        self._news = store.path.with_suffix(".news")
        self._wall_ns = wall_ns
        self._clock_ns = clock_ns
        self._ready = False

    async def take(self, asks: Sequence[Ask]) -> Sequence[Lease]:
        """As `LeaseSource.take`; a damaged store, which is moved aside, is tried once more."""
        return await asyncio.to_thread(self._take, asks)

    def news(self) -> object:
        """When somebody last touched `limits.news`."""
        try:
            return self._news.stat().st_mtime_ns
        except OSError:  # there has been none yet
            return None

    async def close(self) -> None:
        """The store is its opener's to close."""

    def _take(self, asks: Sequence[Ask]) -> Sequence[Lease]:
        moved = self._store.moved
        try:
            return self._transact(asks)
        except WarehouseError:
            if self._store.moved == moved:
                raise
            return self._transact(asks)  # leases begin anew in a new file

    def _transact(self, asks: Sequence[Ask]) -> Sequence[Lease]:
        if not self._ready:
            self._store.ensure(TABLE)
            self._ready = True
        leases: list[Lease] = []
        stirred = False
        with self._store.transaction() as connection:
            now_ns = self._wall_ns()
            ahead_ns = self._clock_ns() - now_ns
            for ask in asks:
                row = connection.execute(READ, [ask.account]).fetchone()
                before = AccountState() if row is None else _state_of(row)
                after, lease = serve(before, ask, now_ns)
                stirred |= after.paused_until_ns > before.paused_until_ns
                stirred |= after.generation > before.generation
                if after != before:
                    connection.execute(WRITE, _row_of(ask.account, after))
                leases.append(_on_clock(lease, ahead_ns))
        if stirred:
            with suppress(OSError):  # without it the others hear of it when they ask next
                self._news.touch()
        return leases


def _on_clock(lease: Lease, ahead_ns: int) -> Lease:
    return replace(
        lease,
        start_ns=lease.start_ns + ahead_ns,
        end_ns=lease.end_ns + ahead_ns,
        until_ns=lease.until_ns + ahead_ns,
        free_ns=lease.free_ns + ahead_ns,
        paused_until_ns=lease.paused_until_ns + ahead_ns,
    )


def _state_of(row: Sequence[int]) -> AccountState:
    _, generation, serial, written, paused, *rest = row
    free, told, told_at = rest[0:3], rest[3:6], rest[6]
    return AccountState(
        generation=generation,
        serial=serial,
        written_at_ns=written,
        paused_until_ns=paused,
        free_at_ns=(free[0], free[1], free[2]),
        told=(told[0], told[1], told[2]),
        told_at_ns=told_at,
    )


def _row_of(account: str, state: AccountState) -> list[object]:
    return [
        account,
        state.generation,
        state.serial,
        state.written_at_ns,
        state.paused_until_ns,
        *state.free_at_ns,
        *state.told,
        state.told_at_ns,
    ]
