"""Slices of an account's time from Prefect's global concurrency limits, for workers on several machines.

An account is one limit with slot decay. A slot is a millisecond of the account's time, so a lease of half a
second is 500 slots, and 1,000 come back each second: workers together use each limit of the account (of
requests, of tokens) as one process would. A lease costs a question whether there is room and one that takes
it, 14 ms together on PostgreSQL; never a call.

BURST_MS is how much may be leased at once when nobody called for a while. It and the leases are short: those
of several workers fall into one moment, and a provider's bucket may hold no more than a second.

Nobody takes what is not there: a refusal of Prefect's server (3.9) forgets what has come back since its last
answer (it touches the row's `updated`, from which the decay counts), and a tenth of a limit is lost so.
Where its database is SQLite, of two that take at once one hears 503; Prefect's client would wait for 2 s then
(more comes back in it than the burst can hold), and so it is told to ask again at once.

A pause that a provider asks for takes the account's time away for as long. Other limits that a provider tells
go to nobody: each worker hears them with its first answer.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Any

from httpx import HTTPError, HTTPStatusError, Response, codes
from prefect.client.orchestration import PrefectClient, get_client
from prefect.client.schemas.actions import GlobalConcurrencyLimitUpdate
from prefect.exceptions import ObjectAlreadyExists, ObjectNotFound, PrefectException

from tasks.call.leases import GRACE_NS, NO_TIME, Ask, Lease
from tasks.call.rates import NOTHING
from warehouse.errors import EngineError

NAME = "nightbench-"  # and the account's hash
SLOTS_PER_S = 1000
BURST_MS = 600
MOST_MS = 300  # taken at once
USABLE_NS = 3_000_000_000  # what of a lease is unused then is given back
PATIENCE_S = 120.0  # so long a server that is away is waited for
AWAY_S = 1.0
LATE_S = 0.1  # workers that wait come back by chance within this; less than the burst, it loses nothing
LOCKED_S = 0.03  # a database that is locked is asked again after about this
OCCUPIED_S = 0.1  # what its server wants to hear with a return; a limit that decays does not use it


async def _soon_again(response: Response) -> None:
    if response.status_code == codes.SERVICE_UNAVAILABLE:
        response.headers.setdefault("Retry-After", str(LOCKED_S))


ASKING: dict[str, Any] = {"event_hooks": {"response": [_soon_again]}}  # settings of the HTTP client


class ServerLeases:
    """A `LeaseSource` on the Prefect server that this process is told of; of one event loop."""

    def __init__(self, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep) -> None:
        self._sleep = sleep
        self._opening = get_client(httpx_settings=ASKING)
        self._client: PrefectClient | None = None
        self._made: set[str] = set()
        self._kinds: list[int] = []  # of limit, that the last lease was for
        self._serial = 0
        self._jitter = random.Random()

    async def take(self, asks: Sequence[Ask]) -> Sequence[Lease]:
        """As `LeaseSource.take`: waits until there is room.

        Raises: EngineError: the server was away for PATIENCE_S, or refuses.
        """
        return await asyncio.gather(*map(self._patiently, asks))

    def news(self) -> object:
        """Nobody tells: a pause of another worker shows in the time that is there."""
        return None

    async def close(self) -> None:
        """Close the client."""
        if self._client is not None:
            self._client = None
            await self._opening.__aexit__(None, None, None)

    async def _patiently(self, ask: Ask) -> Lease:
        deadline = time.monotonic() + PATIENCE_S
        given_back = 0
        while True:
            try:
                name = await self._made_limit(ask.account)
                if (unused := self._unused(ask)) > given_back:
                    given_back = unused  # once, also where the answer is lost: less is used, never more
                    await self._client_there.release_concurrency_slots([name], unused, OCCUPIED_S)
                return await self._serve(name, ask)
            except ObjectNotFound:  # somebody has deleted the limit
                self._made.clear()
            except (HTTPError, PrefectException, OSError) as error:
                refused = isinstance(error, HTTPStatusError) and error.response.status_code < 500
                if refused or time.monotonic() > deadline:
                    raise EngineError(
                        "Prefect's server does not lease the limits any more "
                        f"({type(error).__name__}: {str(error)[:200]}). Every received answer is kept. "
                        "Mend or start it, then resume the run."
                    ) from error
            await self._sleep(AWAY_S)

    async def _made_limit(self, account: str) -> str:
        name = NAME + account
        if self._client is None:
            self._client = await self._opening.__aenter__()
        if name not in self._made:
            with suppress(ObjectAlreadyExists):  # another worker was faster
                await self._client.upsert_global_concurrency_limit_by_name(name, BURST_MS, SLOTS_PER_S)
            self._made.add(name)
        return name

    @property
    def _client_there(self) -> PrefectClient:
        assert self._client is not None, "it was opened before the limit was made"
        return self._client

    def _unused(self, ask: Ask) -> int:
        """Slots to give back: what no kind of limit that leases were taken for has used."""
        return _slots(min((ask.unused[kind] for kind in self._kinds), default=0))

    async def _serve(self, name: str, ask: Ask) -> Lease:
        if ask.pause_ns > 0:
            await self._pause(name, _slots(ask.pause_ns))
        if not any(ask.times):
            now_ns = time.monotonic_ns()
            return Lease(1, self._serial, NO_TIME, now_ns, now_ns, now_ns, 0, 0, NOTHING)
        self._kinds = [kind for kind, time_ns in enumerate(ask.times) if time_ns]
        left = _slots(max(ask.times)) + 1
        while left > 0:  # a call that is larger than the burst is paid for in parts
            part = min(left, MOST_MS)
            await self._occupy(name, part)
            left -= part
        self._serial += 1
        now_ns = time.monotonic_ns()
        end_ns = now_ns + max(ask.times)
        until_ns = max(end_ns, now_ns + USABLE_NS) + GRACE_NS
        return Lease(1, self._serial, ask.times, now_ns, end_ns, until_ns, 0, 0, NOTHING)

    async def _occupy(self, name: str, slots: int) -> None:
        client = self._client_there
        while True:
            there = await client.read_global_concurrency_limit_by_name(name)
            lacking = there.active_slots + slots - there.limit
            if lacking > 0:
                await self._sleep(lacking / SLOTS_PER_S + self._jitter.uniform(0.0, LATE_S))
                continue
            try:
                taken = await client.increment_concurrency_slots([name], slots, "rate_limit")
            except HTTPStatusError as error:
                if error.response.status_code != codes.LOCKED:  # another worker was faster
                    raise
                continue
            if not taken.json():  # there is no such limit, and all would be let through
                self._made.clear()
                await self._made_limit(name.removeprefix(NAME))
                continue
            return

    async def _pause(self, name: str, slots: int) -> None:
        client = self._client_there
        there = await client.read_global_concurrency_limit_by_name(name)
        if there.active_slots < there.limit + slots:
            await client.update_global_concurrency_limit(
                name, GlobalConcurrencyLimitUpdate(active_slots=there.limit + slots)
            )


def _slots(time_ns: int) -> int:
    return time_ns * SLOTS_PER_S // 1_000_000_000
