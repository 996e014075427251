"""Workers that lease one account's time from a Prefect server: run as a program, it prints what they got."""

import asyncio
import json
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from flows.engine import engine
from tasks.call.leases import Ask, account_hash

if TYPE_CHECKING:
    from flows.server_leases import ServerLeases

SECOND_NS = 1_000_000_000
SLICE_NS = SECOND_NS // 5


@asynccontextmanager
async def leases() -> AsyncIterator["ServerLeases"]:
    """A source of one worker; Prefect is imported once its server is known."""
    from flows.server_leases import ServerLeases

    source = ServerLeases()
    try:
        yield source
    finally:
        await source.close()


async def several(n: int, seconds: float) -> list[tuple[float, float]]:
    """Each asks for a slice as soon as it has one: when it came, in seconds, and how long it is."""
    got: list[tuple[float, float]] = []
    began = time.monotonic()

    async def one() -> None:
        async with leases() as source:
            while time.monotonic() - began < seconds:
                [lease] = await source.take([Ask(account_hash("a"), (SLICE_NS, SLICE_NS // 2, 0))])
                got.append((lease.start_ns / SECOND_NS - began, max(lease.times) / SECOND_NS))

    await asyncio.gather(*(one() for _ in range(n)))
    return got


async def odd_ones() -> dict[str, float]:
    """How long a slice takes that is larger than the burst, one after a pause, and one after a gift."""
    took: dict[str, float] = {}

    async def timed(name: str, ask: Ask) -> None:
        began = time.monotonic()
        await source.take([ask])
        took[name] = time.monotonic() - began

    async with leases() as source:
        large, paused, given = (account_hash(name) for name in ("large", "paused", "given"))
        await timed("large", Ask(large, (2 * SECOND_NS, 0, 0)))
        await timed("pause", Ask(paused, pause_ns=SECOND_NS))
        await timed("paused", Ask(paused, (SLICE_NS, 0, 0)))
        await timed("look", Ask(paused))
        for _ in range(3):
            await source.take([Ask(given, (SLICE_NS, 0, 0))])
        await timed("given", Ask(given, (2 * SLICE_NS, 0, 0), unused=(2 * SLICE_NS, 0, 0)))
    return took


def main() -> None:
    with engine(Path(sys.argv[1])):
        print(json.dumps({"several": asyncio.run(several(3, 6.0)), "odd": asyncio.run(odd_ones())}))


if __name__ == "__main__":
    main()
