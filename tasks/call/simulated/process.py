"""Start the simulated server as a child process that cannot outlive its starter, and talk to it.

The child watches its standard input. The only other end of that pipe is here: it is not inherited by other
children that are executed, and children that are forked close it at once.
"""

import http.client
import json
import os
import selectors
import subprocess
import sys
import tempfile
import time
import weakref
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import tasks
from tasks.call.simulated.settings import Settings
from warehouse.errors import NightbenchError, SpecError

READY_S = 20.0
STOP_S = 5.0
# What the child may know of the environment: nothing that could be a key.
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR")


@dataclass(eq=False)
class SimulatedServer:
    """A running server; as a context manager it is stopped at the end."""

    port: int
    base_url: str  # the Anthropic and the Azure endpoint; OpenAI's base URL is this and /v1
    _process: "subprocess.Popen[bytes]" = field(repr=False)

    @property
    def pid(self) -> int:
        """The process."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        """How it ended, if it has."""
        return self._process.poll()

    def add_plan(self, entries: Iterable[Mapping[str, Any]]) -> int:
        """Tell it of more prompts; of two with one hash the later holds. Returns how many it knows now."""
        count = self._ask("POST", "/_plan", _lines(entries))["entries"]
        assert isinstance(count, int)
        return count

    def ledger(self, newest: int | None = None) -> dict[str, Any]:
        """What it counted, with the rows that ended last, or with all that are kept."""
        return self._ask("GET", "/_ledger" if newest is None else f"/_ledger?rows={newest}")

    def change_limits(self, limits: Mapping[str, Mapping[str, Any]]) -> None:
        """Other limits from now on, as `settings.limits` has them."""
        self._ask("POST", "/_limits", json.dumps(limits).encode())

    def reset(self) -> None:
        """Forget counts and tries, fill the buckets; the plan stays."""
        self._ask("POST", "/_reset")

    def stop(self) -> None:
        """End it: by the pipe first, and by force after STOP_S."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        try:
            self._process.wait(STOP_S if self._process.poll() is None else 0)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        _FORKED.discard(self)

    def kill(self) -> None:
        """End it as a crash would."""
        self._process.kill()
        self.stop()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def _ask(self, method: str, path: str, body: bytes | None = None) -> dict[str, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request(method, path, body)
            response = connection.getresponse()
            answer = json.loads(response.read())
        finally:
            connection.close()
        if response.status != 200:
            raise SpecError(f"the simulated server refused {path}: {answer.get('error')}")
        assert isinstance(answer, dict)
        return answer


def start_server(
    plan: Path | Iterable[Mapping[str, Any]] | None = None,
    settings: Settings | Path | None = None,
    *,
    port: int = 0,
    ledger: Path | None = None,
    ready_s: float = READY_S,
) -> SimulatedServer:
    """Start a server and wait until it listens (0.3 s); it ends with this process. Blocks.

    Raises: SpecError: plan or settings are not valid. NightbenchError: it did not start, with its own words.
    """
    with (
        tempfile.TemporaryDirectory(prefix="nightbench-simulated-") as folder,
        tempfile.TemporaryFile() as words,
    ):
        settings_path = _settings_file(Path(folder), settings)
        options = ["--port", str(port), "--settings", str(settings_path)]
        if plan is not None:
            path = plan if isinstance(plan, Path) else Path(folder) / "plan.jsonl"
            if not isinstance(plan, Path):
                path.write_bytes(_lines(plan))
            options += ["--plan", str(path)]
        if ledger is not None:
            options += ["--ledger", str(ledger)]
        process = subprocess.Popen(
            [sys.executable, "-P", "-m", "tasks.call.simulated", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=words,
            env=_environment(),
            start_new_session=True,  # Ctrl-C is for the flow, whose calls may still be answered
        )
        server = SimulatedServer(0, "", process)
        _FORKED.add(server)
        try:
            place = _first_line(process, ready_s)
            server.port, server.base_url = place["port"], place["base_url"]
        except (EOFError, TimeoutError, ValueError) as error:
            raise _explained(error, server, words) from error
        except BaseException:
            server.kill()
            raise
        return server


def _first_line(process: "subprocess.Popen[bytes]", ready_s: float) -> dict[str, Any]:
    assert process.stdout is not None
    line = b""
    until = time.monotonic() + ready_s
    with process.stdout as out, selectors.DefaultSelector() as selector:
        selector.register(out, selectors.EVENT_READ)
        while not line.endswith(b"\n"):
            if not selector.select(max(0.0, until - time.monotonic())):
                raise TimeoutError(f"it did not listen within {ready_s:g} s")
            piece = os.read(out.fileno(), 4096)
            if not piece:
                raise EOFError("it ended before it listened")
            line += piece
    place = json.loads(line)
    assert isinstance(place, dict)
    return place


def _explained(error: Exception, server: SimulatedServer, words: IO[bytes]) -> NightbenchError:
    if isinstance(error, EOFError):
        server.stop()  # it is ending by itself; its exit code says why
    else:
        server.kill()
    words.seek(0)
    said = words.read().decode("utf-8", "replace").strip()
    if server.exit_code == 2 and said:
        return SpecError(said)
    return NightbenchError(f"The simulated server did not start: {error}. It said: {said or 'nothing'}")


def _settings_file(folder: Path, settings: Settings | Path | None) -> Path:
    if isinstance(settings, Path):
        return settings
    path = folder / "settings.json"
    path.write_text((settings or Settings.model_validate({})).model_dump_json(), encoding="utf-8")
    return path


def _lines(entries: Iterable[Mapping[str, Any]]) -> bytes:
    return b"".join(json.dumps(entry, default=str).encode() + b"\n" for entry in entries)


def _environment() -> dict[str, str]:
    root = str(Path(tasks.__file__).parent.parent)
    return {name: os.environ[name] for name in _KEPT if name in os.environ} | {"PYTHONPATH": root}


_FORKED: "weakref.WeakSet[SimulatedServer]" = weakref.WeakSet()


def _let_go() -> None:
    for server in list(_FORKED):
        if server._process.stdin is not None:
            server._process.stdin.close()


os.register_at_fork(after_in_child=_let_go)
