"""Workers that lease one account's time from a Prefect server: run as a program, it prints what they got."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from httpx import HTTPStatusError, MockTransport, Request, Response

from flows.server.engine import engine
from tasks.call.leases import Ask, account_hash

if TYPE_CHECKING:
    from flows.running.server_leases import ServerLeases

SECOND_NS = 1_000_000_000
SLICE_NS = SECOND_NS // 5


class Slept:
    """Waits as it is told, and keeps how long: what a loaded machine takes besides is not the leases'."""

    def __init__(self) -> None:
        self.total_s = 0.0

    async def __call__(self, delay_s: float) -> None:
        """Wait."""
        self.total_s += delay_s
        await asyncio.sleep(delay_s)


@asynccontextmanager
async def leases(slept: Slept) -> AsyncIterator["ServerLeases"]:
    """A source of one worker; Prefect is imported once its server is known."""
    from flows.running.server_leases import ServerLeases

    source = ServerLeases(slept)
    try:
        yield source
    finally:
        await source.close()


async def several(n: int, seconds: float) -> list[tuple[float, float]]:
    """Each asks for a slice as soon as it has one: when it came, in seconds, and how long it is."""
    got: list[tuple[float, float]] = []
    began = time.monotonic()

    async def one() -> None:
        async with leases(Slept()) as source:
            while time.monotonic() - began < seconds:
                [lease] = await source.take([Ask(account_hash("a"), (SLICE_NS, SLICE_NS // 2, 0))])
                got.append((lease.start_ns / SECOND_NS - began, max(lease.times) / SECOND_NS))

    await asyncio.gather(*(one() for _ in range(n)))
    return got


async def odd_ones() -> dict[str, dict[str, float]]:
    """How long a slice takes that is larger than the burst, one after a pause, and those around a gift."""
    took: dict[str, dict[str, float]] = {}
    slept = Slept()

    async def timed(name: str, *asks: Ask) -> None:
        began, before = time.monotonic(), slept.total_s
        for ask in asks:
            await source.take([ask])
        took[name] = {"took_s": time.monotonic() - began, "slept_s": slept.total_s - before}

    async with leases(slept) as source:
        large, paused, given = (account_hash(name) for name in ("large", "paused", "given"))
        await timed("large", Ask(large, (2 * SECOND_NS, 0, 0)))
        await timed("pause", Ask(paused, pause_ns=SECOND_NS))
        await timed("paused", Ask(paused, (SLICE_NS, 0, 0)))
        await timed("look", Ask(paused))
        await timed("three", *3 * [Ask(given, (SLICE_NS, 0, 0))])
        await timed("given", Ask(given, (2 * SLICE_NS, 0, 0), unused=(2 * SLICE_NS, 0, 0)))
        await timed("more", Ask(given, (10 * SLICE_NS, 0, 0), unused=(2 * SLICE_NS, 0, 0)))
    return took


async def locked() -> tuple[list[int], float]:
    """The answers of a server whose database is locked twice, and the seconds they took together."""
    from prefect.client.base import PrefectHttpxAsyncClient

    from flows.running.server_leases import ASKING

    answers: list[int] = []

    async def server(_: Request) -> Response:
        answers.append(503 if len(answers) < 2 else 200)
        return Response(answers[-1])

    async with PrefectHttpxAsyncClient(transport=MockTransport(server), **ASKING) as client:
        began = time.monotonic()
        await client.get("http://127.0.0.1/")
        return answers, time.monotonic() - began


@contextmanager
def refusals() -> Iterator[list[str]]:
    """What the server refused while this is open."""
    from prefect.client.orchestration import PrefectClient

    refused: list[str] = []
    take = PrefectClient.increment_concurrency_slots

    async def counted(self: PrefectClient, names: list[str], *args: Any) -> Response:
        try:
            return await take(self, names, *args)
        except HTTPStatusError:
            refused.extend(names)
            raise

    with patch.object(PrefectClient, "increment_concurrency_slots", counted):
        yield refused


def main() -> None:
    with engine(Path(sys.argv[1])):
        found: dict[str, Any] = {"refused": {}}
        for name, work in (("several", several(3, 6.0)), ("odd", odd_ones()), ("locked", locked())):
            with refusals() as refused:
                found[name] = asyncio.run(work)
            found["refused"][name] = len(refused)
        print(json.dumps(found))


if __name__ == "__main__":
    main()
