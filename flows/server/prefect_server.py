"""The process that runs Prefect's server on a home: `python -m flows.server.prefect_server HOME`.

It takes `server.lock` before anything else, so that there is never a second one on a database, binds its
port (so that the address is known while Prefect is still being imported), and writes `server.json`.

A temporary server (the default) detaches from its starter once it holds the lock, and ends some two
seconds after its last user is gone: it asks for `users.lock` alone. While it ends it keeps that lock, so
that a process that comes just then waits, and starts the next. With `--serve` it stays a child: it has
the page and the services, and ends when its standard input closes, which is when its parent dies.
"""

import argparse
import gc
import os
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path

from flows.server.loopback_only import LoopbackOnly
from flows.server.opening import is_loopback, keep_password, listeners
from flows.server.page_runs import PageRuns
from flows.server.prefect_database import prepare_database
from flows.server.prefect_home import (
    LOOPBACK,
    Lock,
    PrefectHome,
    ServerRecord,
    own_database,
    prefect_environment,
    write_record,
)

ALREADY = 75  # exit code: another server holds this home's database
PORT_TAKEN = 76  # exit code
POLL_S = 0.5
POLLS_ALONE = 4  # a command that follows within 2 s finds the server still there
GRACE_S = 3.0  # for open requests and Prefect's services to end, then the process does

# What only scheduled work needs; a temporary server has one command's flow run and no page.
WITHOUT_SERVICES = {
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_REGISTER_BLOCKS_ON_START": "false",
    "PREFECT_SERVER_SERVICES_SCHEDULER_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_LATE_RUNS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_FOREMAN_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_PAUSE_EXPIRATIONS_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CANCELLATION_CLEANUP_ENABLED": "false",
    "PREFECT_SERVER_SERVICES_CLEANUP_RECONCILER_ENABLED": "false",
}


def main(arguments: list[str]) -> int:
    """Become this home's server, or say with the exit code that there is one."""
    options = _options(arguments)
    home = PrefectHome.of(options.home)
    lock = Lock(home.server_lock)
    if not lock.try_alone(patience_s=0.3):
        return ALREADY
    home.record.unlink(missing_ok=True)
    try:
        accepting = listeners(options.host, options.port)
    except OSError:
        if not options.or_free:
            return PORT_TAKEN
        accepting = listeners(options.host, 0)
    url = f"http://{LOOPBACK}:{accepting[0].getsockname()[1]}"
    if not options.serve and os.fork() > 0:
        os._exit(0)  # the child has the lock and the port
    record = ServerRecord(url, os.getpid(), "serve" if options.serve else "temporary", ready=False)
    keep_password(home.server_password, os.environ)
    write_record(home, record)
    _log_to(home.server_log)
    os.environ.update(prefect_environment(options.home))
    if own_database(os.environ) is None:
        os.environ["PREFECT_SERVER_DATABASE_MIGRATE_ON_START"] = "false"
    is_open = not is_loopback(options.host)
    if options.serve:
        os.environ.update(
            PREFECT_UI_URL=url,  # of the addresses in notifications
            # who comes by another address finds the API beside the page
            PREFECT_SERVER_UI_API_URL="/api" if is_open else record.api_url,
            PREFECT_SERVER_API_CORS_ALLOWED_ORIGINS=f"{url},{url.replace(LOOPBACK, 'localhost')}",
        )
        if not os.access(_package() / "server", os.W_OK):  # the page is unpacked where Prefect is, or here
            os.environ.setdefault("PREFECT_SERVER_UI_STATIC_DIRECTORY", str(home.folder / "page"))
        until: Callable[[], None] = _closed_stdin
    else:
        os.environ.update(WITHOUT_SERVICES)
        until = partial(_no_users, home)
    ending = Ending(until, partial(_forget, home))
    ending.start()
    _serve(home, record, accepting, ending, is_open=is_open)
    return 0


class Ending:
    """Waits beside the server for the reason to end, then asks it to, and ends the process if it does not.

    `leave` comes before that: nobody is to find a server that ends, and `serve` may kill one that takes long.
    """

    def __init__(self, until: Callable[[], None], leave: Callable[[], None]) -> None:
        self._until = until
        self._leave = leave
        self._ask: Callable[[], None] | None = None

    def start(self) -> None:
        """Begin to wait: also while Prefect is still being imported."""
        threading.Thread(target=self._wait, daemon=True, name="ending").start()

    def when_due(self, ask: Callable[[], None]) -> None:
        """Say how the server is asked to end; before that the process just ends."""
        self._ask = ask

    def _wait(self) -> None:
        self._until()
        self._leave()
        if self._ask is not None:
            self._ask()
            time.sleep(GRACE_S)
        os._exit(0)


def _serve(
    home: PrefectHome,
    record: ServerRecord,
    accepting: list[socket.socket],
    ending: Ending,
    *,
    is_open: bool,
) -> None:
    import asyncio

    gc.disable()  # a fifth of the time of the imports goes into collections that find nothing
    with ThreadPoolExecutor(1) as beside:
        database = beside.submit(_prepare, home)
        import uvicorn
        from prefect.server.api.server import create_app

        notice = database.result()
    app = create_app(final=True)
    gc.enable()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            write_record(home, replace(record, ready=True, notice=notice))
            ending.when_due(lambda: setattr(self, "should_exit", True))

    config = uvicorn.Config(
        LoopbackOnly(PageRuns(app), is_open=is_open),
        log_level="warning",
        access_log=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    asyncio.run(server.serve(sockets=accepting))
    _forget(home)
    sys.stdout.flush()
    os._exit(0)  # Prefect's threads have nothing left to do that is worth waiting for


def _prepare(home: PrefectHome) -> str | None:
    """See to the home's file; a database of the user's own is Prefect's to bring up to date."""
    return prepare_database(home) if own_database(os.environ) is None else None


def _forget(home: PrefectHome) -> None:
    home.record.unlink(missing_ok=True)
    home.server_password.unlink(missing_ok=True)


def _package() -> Path:
    """Where Prefect is installed, without its import."""
    found = find_spec("prefect")
    assert found is not None, "it is a dependency"
    assert found.origin is not None, "it is a package with code"
    return Path(found.origin).parent


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m flows.server.prefect_server")
    parser.add_argument("home", type=Path)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--host", default=LOOPBACK, help="where it listens besides loopback")
    parser.add_argument("--or-free", action="store_true", help="another port where that one is taken")
    parser.add_argument("--serve", action="store_true")
    return parser.parse_args(arguments)


def _log_to(path: Path) -> None:
    fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_APPEND, 0o600)
    os.dup2(fd, 1)
    os.dup2(fd, 2)
    os.close(fd)


def _no_users(home: PrefectHome) -> None:
    users = Lock(home.users_lock)
    alone = 0
    while alone < POLLS_ALONE:
        time.sleep(POLL_S)
        alone = alone + 1 if users.try_alone() else 0
        if alone < POLLS_ALONE:
            users.release()
    _forget(home)


def _closed_stdin() -> None:
    while os.read(0, 1024):
        pass


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
