"""The server process: bind loopback, say where, serve until told to end.

It ends on SIGTERM, on SIGINT, and, unless it is to stay, when its standard input does: the one who started
it holds the other end of that pipe, so the server goes when its starter does, however that dies.
"""

import asyncio
import json
import os
import secrets
import signal
import threading
from collections.abc import Mapping
from pathlib import Path
from uuid import UUID

from tasks.call.simulated.connection import Connection
from tasks.call.simulated.ledger import Ledger
from tasks.call.simulated.plan import PlanEntry
from tasks.call.simulated.service import Service
from tasks.call.simulated.settings import Settings
from tasks.collector import collect_rarely

LOOPBACK = "127.0.0.1"


async def serve(
    plan: Mapping[UUID, PlanEntry],
    settings: Settings,
    *,
    port: int = 0,
    ledger_file: Path | None = None,
    stay: bool = False,
) -> None:
    """Serve until the end; the first line on stdout is `{"port": ..., "base_url": ...}`.

    Raises: OSError: the port is taken, or the ledger's file cannot be written.
    """
    ledger = Ledger(settings.keep_rows, ledger_file)
    service = Service(plan, settings, ledger, boot=secrets.token_hex(4))
    open_ones: set[Connection] = set()

    def connect() -> Connection:
        ledger.connections += 1
        return Connection(service.handle, open_ones)

    loop = asyncio.get_running_loop()
    over = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, over.set)
    server = await loop.create_server(connect, LOOPBACK, port, backlog=1024)
    port = server.sockets[0].getsockname()[1]
    _announce({"port": port, "base_url": f"http://{LOOPBACK}:{port}"})
    # What lives as long as the server (plan, rows) need not be searched for cycles again and again.
    collect_rarely()
    if not stay:
        watch = threading.Thread(target=_wait_for_end_of_stdin, args=(loop, over), daemon=True)
        watch.start()
    await over.wait()
    server.close()
    for connection in list(open_ones):
        connection.close()
    await asyncio.sleep(0)  # lets the aborted connections enter their requests in the ledger
    ledger.close()


def _announce(place: dict[str, object]) -> None:
    line = json.dumps(place).encode() + b"\n"
    os.write(1, line)


def _wait_for_end_of_stdin(loop: asyncio.AbstractEventLoop, over: asyncio.Event) -> None:
    # A thread, because stdin may be anything: a pipe, a terminal, a file, /dev/null.
    while os.read(0, 4096):
        pass
    loop.call_soon_threadsafe(over.set)
