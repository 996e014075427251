"""Give a command the Prefect server that its flow runs on.

With PREFECT_API_URL set, that server; else the one that `serve` or another command runs on this home; else
a temporary one, started here and shared by all commands on the home (flows/server/prefect_server.py).

    server = Engine(home)
    server.start()            # 0.1 s: the address is known, the server is coming up
    import prefect            # meanwhile
    server.wait()             # until it answers
    ...
    server.close()

or `with engine(home) as api_url:`. Call it before Prefect is imported: Prefect reads its settings once.

A server that dies while it is held is started again at the same address within a second. Prefect's clients
try again that long and longer, so the flow run goes on.
"""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from flows.server.opening import password_for_clients
from flows.server.prefect_home import (
    LOOPBACK,
    QUIET,
    Lock,
    PrefectHome,
    ServerRecord,
    answers,
    prefect_environment,
    read_record,
)
from flows.server.prefect_server import ALREADY, PORT_TAKEN
from tasks.home import too_little_room
from warehouse.errors import EngineError
from warehouse.locks import is_locked

__all__ = ["Engine", "engine", "prefect_environment", "running_server"]

STARTS = 2  # so often a server that died before it answered is started
WATCH_S = 0.2
RESTARTS = 5  # of a server that had answered
# Of the environment the server gets only what a Python process needs: keys are none of its business.
PASSED_ON = ("PATH", "HOME", "USER", "LOGNAME", "TMPDIR", "TZ", "LANG", "LD_LIBRARY_PATH", "VIRTUAL_ENV")
PASSED_ON_PREFIXES = ("LC_", "PYTHON", "PREFECT_")
NOT_PASSED_ON = ("PREFECT_API_KEY", "PREFECT_API_AUTH_STRING", "PREFECT_API_URL")


class Engine:
    """One command's hold on a Prefect server; the server outlives the last hold by two seconds."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._given = os.environ.get("PREFECT_API_URL") or None
        self._users: Lock | None = None
        self._before: dict[str, str | None] = {}
        self._starts = 0
        self._port = 0  # once the address was said to anybody, no other will do
        self._over = threading.Event()
        self.notice: str | None = None  # to be shown to the user once: the database was made anew

    def start(self) -> str:
        """Find or start the server, set the environment for Prefect, and return the API's address.

        Raises: EngineError: the home cannot be written to, or Prefect was imported for another server.
        """
        if self._given is not None:
            self._set(prefect_environment(self._home), self._given)
            return self._given
        try:
            at = PrefectHome.of(self._home)
            self._users = Lock(at.users_lock)
        except OSError as error:
            raise EngineError(
                f"{self._home}: cannot be written to ({error.strerror}). No run was started."
            ) from error
        self._users.share()
        try:
            record = self._find(at, time.monotonic() + 10)
            self._port = record.port
            self._set(self._variables(at), record.api_url)
        except BaseException:
            self.close()
            raise
        return record.api_url

    def wait(self, timeout_s: float = 120.0) -> str:
        """Wait until the server answers; returns the API's address.

        Raises: EngineError: it does not, with the end of its log.
        """
        if self._given is not None:
            _reach(self._given)
            return self._given
        at = PrefectHome.of(self._home)
        deadline = time.monotonic() + timeout_s
        while True:
            record = self._find(at, deadline)
            if answers(record.url, timeout_s=1.0):
                break
            if time.monotonic() > deadline:
                raise EngineError(_cannot_start(at, f"it did not answer within {timeout_s:.0f} s"))
            time.sleep(0.02)
        self.notice = (read_record(at) or record).notice
        self._set(self._variables(at), record.api_url)
        threading.Thread(target=self._watch, args=(at, self._over), daemon=True, name="engine").start()
        return record.api_url

    def close(self) -> None:
        """Give up the hold and put the environment back."""
        self._over.set()
        for name, value in self._before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        self._before.clear()
        if self._users is not None:
            self._users.close()
            self._users = None

    def _find(self, at: PrefectHome, deadline: float) -> ServerRecord:
        """The record of the living server, which is started if there is none."""
        while time.monotonic() < deadline:
            record = read_record(at)
            held = is_locked(at.server_lock)
            if record is not None and held:
                return record
            if not held:
                if self._starts >= STARTS:
                    raise EngineError(_cannot_start(at, "it ended at once"))
                self._starts += _start_server(self._home, self._port)
            time.sleep(0.01)
        raise EngineError(_cannot_start(at, "it did not say its address"))

    def _watch(self, at: PrefectHome, over: threading.Event) -> None:
        """Start the server again when it is gone; gives up where that does not help, as Prefect then does."""
        restarts = 0
        while restarts < RESTARTS and not over.wait(WATCH_S):
            if is_locked(at.server_lock):
                continue
            try:
                restarts += _start_server(self._home, self._port)
            except EngineError:  # the port may not be free yet; at last the flow's own error tells
                restarts += 1

    def _variables(self, at: PrefectHome) -> dict[str, str]:
        return prefect_environment(self._home) | password_for_clients(at.server_password, os.environ)

    def _set(self, variables: Mapping[str, str], api_url: str) -> None:
        _refuse_late(api_url)
        for name, value in (dict(variables) | {"PREFECT_API_URL": api_url} | _no_proxy()).items():
            if name in QUIET and name in os.environ:
                continue
            self._before.setdefault(name, os.environ.get(name))
            os.environ[name] = value


@contextmanager
def engine(home: Path, timeout_s: float = 120.0) -> Iterator[str]:
    """A Prefect server for the time of the block, its API's address in the environment and as the value."""
    server = Engine(home)
    server.start()
    try:
        yield server.wait(timeout_s)
    finally:
        server.close()


def running_server(home: Path) -> ServerRecord | None:
    """The server that runs on this home now, if any; starts none."""
    at = PrefectHome.of(home)
    return read_record(at) if is_locked(at.server_lock) else None


def server_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """What of an environment a server process inherits."""
    return {
        name: value
        for name, value in environ.items()
        if (name in PASSED_ON or name.startswith(PASSED_ON_PREFIXES)) and name not in NOT_PASSED_ON
    }


def _start_server(home: Path, port: int = 0) -> int:
    """Start a temporary server that detaches itself, at any port for 0; 0 if another was faster, else 1."""
    started = subprocess.run(
        [sys.executable, "-m", "flows.server.prefect_server", str(home.absolute()), "--port", str(port)],
        cwd=Path(__file__).parents[2],
        env=server_environment(os.environ),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        check=False,
    )
    if started.returncode not in (0, ALREADY):
        said = started.stderr.decode(errors="replace")[-500:]
        how = f"port {port} is taken" if started.returncode == PORT_TAKEN else said
        raise EngineError(f"Prefect's server cannot be started: {how}")
    return int(started.returncode == 0)


def _refuse_late(api_url: str) -> None:
    if "prefect.settings" not in sys.modules:
        return
    from prefect.settings import get_current_settings

    if get_current_settings().api.url != api_url:
        raise EngineError(
            "Prefect was imported before its server was known, and reads its settings once. "
            "Call flows.server.engine first."
        )


def _reach(api_url: str) -> None:
    import urllib.error
    import urllib.request

    try:
        with urllib.request.urlopen(f"{api_url.rstrip('/')}/health", timeout=10):  # noqa: S310 - the user's own
            return
    except urllib.error.HTTPError:
        return  # it answers; whether it lets us in is for Prefect's client to find out
    except (OSError, ValueError) as error:
        raise EngineError(
            f"PREFECT_API_URL={api_url}: cannot be reached ({error}). No run was started. "
            "Start that server, or unset the variable to use this home's own."
        ) from error


def _no_proxy() -> dict[str, str]:
    """Prefect's clients would ask a proxy for the loopback address."""
    if not any(os.environ.get(name) for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy")):
        return {}
    hosts = [*filter(None, (os.environ.get("NO_PROXY") or os.environ.get("no_proxy") or "").split(","))]
    hosts += [host for host in (LOOPBACK, "localhost") if host not in hosts]
    return dict.fromkeys(("NO_PROXY", "no_proxy"), ",".join(hosts))


def _cannot_start(at: PrefectHome, how: str) -> str:
    try:
        tail = at.server_log.read_text(encoding="utf-8", errors="replace").strip()[-800:]
    except OSError:
        tail = ""
    left = too_little_room(at.folder)
    full = f" Only {left} of that disk are free: make room." if left else ""
    return (
        f"Prefect's server on {at.folder} cannot be used: {how}.{full} Nothing was sent. "
        f"Its log, {at.server_log}, ends:\n{tail}"
    )
