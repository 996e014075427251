"""The simulated server inside the test's own loop: no process to wait for, and the service within reach."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import asynccontextmanager
from typing import Any

from tasks.call.simulated.connection import Connection
from tasks.call.simulated.ledger import Ledger
from tasks.call.simulated.plan import PlanEntry
from tasks.call.simulated.service import Service
from tasks.call.simulated.settings import make_settings
from tasks.model import hash_uuid

SONNET = "claude-3-5-sonnet-20240620"
GPT = "gpt-4o-2024-05-13"
QUESTION = "James runs 3 sprints of 60 meters 3 times a week. How many meters does he run a week?"


def ask(text: str = QUESTION) -> list[Any]:
    """One user message."""
    return [{"role": "user", "content": text}]


def entry(text: str = QUESTION, form: str = "number", target: str = "540", **more: Any) -> PlanEntry:
    """What the plan says of a prompt without a system message."""
    return PlanEntry(hash_uuid(ask(text)), "gsm8k", more.pop("sample_id", text), form, target, **more)


@asynccontextmanager
async def serving(
    settings: Mapping[str, Any] | None = None,
    plan: Iterable[PlanEntry] = (),
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[tuple[str, Service]]:
    """A server on loopback: its address and its service."""
    made = make_settings({"latency_ms": 0, "refusals": 0.0} | dict(settings or {}))
    service = Service({one.prompt_hash: one for one in plan}, made, Ledger(made.keep_rows), clock=clock)
    open_ones: set[Connection] = set()

    def connect() -> Connection:
        service.ledger.connections += 1
        return Connection(service.handle, open_ones)

    server = await asyncio.get_running_loop().create_server(connect, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", service
    finally:
        server.close()
        for connection in list(open_ones):
            connection.close()
        await asyncio.sleep(0)
