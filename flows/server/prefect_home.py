"""What lies under `<home>/prefect`, and who may touch it: paths, locks, and the server's record of itself.

server.lock   held (exclusive) by the one server on this home's database, from before it opens the file
              until its process is gone
users.lock    held (shared) by every process that uses a temporary server; a server that gets it
              exclusively has no user left
serve.lock    held (exclusive) by `nightbench serve`
server.password   where the server asks for one (flows/server/opening.py)
server.json   where the server listens; written by the holder of server.lock, true only while it is held

Locks are `flock`s: the kernel gives them up with the last descriptor, however a process dies.
Nothing here imports Prefect.
"""

import fcntl
import json
import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from warehouse.locks import lock_alone

LOOPBACK = "127.0.0.1"
CONNECTION = "PREFECT_SERVER_DATABASE_CONNECTION_URL"
Mode = Literal["temporary", "serve"]


@dataclass(frozen=True)
class PrefectHome:
    """The paths of Prefect's part of a home; `folder` is absolute, whatever the working directory becomes."""

    folder: Path

    @classmethod
    def of(cls, home: Path) -> "PrefectHome":
        """The Prefect folder of a nightbench home, made when missing."""
        folder = home.absolute() / "prefect"
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder)

    @property
    def database(self) -> Path:
        """Prefect's SQLite file."""
        return self.folder / "prefect.db"

    @property
    def server_lock(self) -> Path:
        """Whose holder owns the database."""
        return self.folder / "server.lock"

    @property
    def users_lock(self) -> Path:
        """What clients of a temporary server share."""
        return self.folder / "users.lock"

    @property
    def serve_lock(self) -> Path:
        """What keeps a second `serve` away."""
        return self.folder / "serve.lock"

    @property
    def record(self) -> Path:
        """Where the server says its address."""
        return self.folder / "server.json"

    @property
    def server_password(self) -> Path:
        """What a server with a password asks its clients for; there while it runs, for its user alone."""
        return self.folder / "server.password"

    @property
    def server_log(self) -> Path:
        """What the server printed; begun anew at each start."""
        return self.folder / "server.log"

    @property
    def runner_log(self) -> Path:
        """What the flow runs of `serve` printed; begun anew at each start."""
        return self.folder / "runner.log"


@dataclass(frozen=True)
class ServerRecord:
    """A server's word about itself: address, process, and since when it answers."""

    url: str  # http://127.0.0.1:PORT, without /api
    pid: int
    mode: Mode
    ready: bool
    notice: str | None = None  # a sentence for the user: the database was set aside and made anew

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self.url.rpartition(":")[2])

    @property
    def api_url(self) -> str:
        """What PREFECT_API_URL has to be."""
        return f"{self.url}/api"


def write_record(home: PrefectHome, record: ServerRecord) -> None:
    """Replace server.json at once."""
    aside = home.record.with_suffix(".new")
    aside.write_text(json.dumps(asdict(record)), encoding="utf-8")
    aside.replace(home.record)


def read_record(home: PrefectHome) -> ServerRecord | None:
    """What server.json says; None where there is none, or its process is gone."""
    try:
        record = ServerRecord(**json.loads(home.record.read_text(encoding="utf-8")))
        os.kill(record.pid, 0)
    except (FileNotFoundError, ProcessLookupError, ValueError, TypeError):
        return None
    except PermissionError:  # another user's process: it lives
        return None
    return record


class Lock:
    """A `flock` on a file of its own, given up by `close` or by the end of the process."""

    def __init__(self, path: Path) -> None:
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)

    def share(self) -> None:
        """Take it together with others; waits while somebody holds it alone."""
        fcntl.flock(self._fd, fcntl.LOCK_SH)

    def try_alone(self, patience_s: float = 0.0) -> bool:
        """Take it alone, if nobody else has it within the patience."""
        return lock_alone(self._fd, patience_s)

    def wait_alone(self) -> None:
        """Take it alone; waits while anybody else has it."""
        fcntl.flock(self._fd, fcntl.LOCK_EX)

    def release(self) -> None:
        """Give it up and keep the file open."""
        fcntl.flock(self._fd, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give it up, unless a forked child holds the same descriptor."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def answers(url: str, timeout_s: float) -> bool:
    """Whether a Prefect server at this loopback address says that it is healthy."""
    import http.client  # 30 ms that only a waiting command needs
    from urllib.parse import urlsplit

    at = urlsplit(url)
    connection = http.client.HTTPConnection(at.hostname or LOOPBACK, at.port, timeout=timeout_s)
    try:
        connection.request("GET", "/api/health")
        reply = connection.getresponse()
        return reply.status == 200 and reply.read().strip() == b"true"
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


# Of these a user's own value stays. The flow's lines go to the page, not to the terminal, where the command
# has its own display and prints its own errors; the thousands of "Finished in state" of tasks go nowhere.
QUIET = {
    "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL": "WARNING",
}


def own_database(environ: Mapping[str, str]) -> str | None:
    """The PostgreSQL database that the user names for Prefect; None: the home's file is it."""
    url = environ.get(CONNECTION, "")
    return url if url.startswith("postgresql") else None


def prefect_environment(home: Path) -> dict[str, str]:
    """The variables of every process that imports Prefect for this home; set before it does."""
    at = PrefectHome.of(home)
    return QUIET | {
        "PREFECT_HOME": str(at.folder),
        CONNECTION: own_database(os.environ) or f"sqlite+aiosqlite:///{at.database}",
        "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
        # nothing is sent anywhere but to the model providers
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",  # server's heartbeat; the page's and the SDK's events
        "DO_NOT_TRACK": "1",
        "PREFECT_CLOUD_ENABLE_ORCHESTRATION_TELEMETRY": "false",
        "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
        "PREFECT_SERVER_UI_SHOW_PROMOTIONAL_CONTENT": "false",
        # prompts and answers do not land in Prefect's storage
        "PREFECT_RESULTS_PERSIST_BY_DEFAULT": "false",
        "PREFECT_TASKS_DEFAULT_PERSIST_RESULT": "false",
        "PREFECT_TASKS_DEFAULT_NO_CACHE": "true",
        "PREFECT_TASKS_DISABLE_CACHING": "true",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": "30",
        "PREFECT_CLIENT_SERVER_VERSION_CHECK_ENABLED": "false",
        "PREFECT_LOGGING_TO_API_WHEN_MISSING_FLOW": "ignore",
    }


def prefect_version() -> str:
    """The installed Prefect's version, without importing it."""
    from importlib.metadata import version  # 40 ms that most commands do not need

    return version("prefect")
