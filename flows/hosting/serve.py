"""`nightbench serve`: Prefect's server with its page, the deployments and what runs them, as one command.

This process imports no Prefect and starts two children, each the head of a group of its own, so that
Ctrl-C in a terminal reaches this process alone, which then ends them in order: the flow runs with what
runs them (flows/hosting/runner.py), then the server (flows/server/prefect_server.py). Both children end by
themselves when their standard input closes, so that a `serve` that was killed leaves nothing behind.
"""

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import IO, Any

from flows.deployments import AD_HOC, CRON, DEPLOYMENTS, FLOW_VARIABLE, NIGHTLY, TIMEZONE
from flows.hosting.runner import Orders, Report
from flows.server.engine import running_server, server_environment
from flows.server.opening import address, check_opening, is_loopback, opened, password_for_clients
from flows.server.prefect_home import (
    CONNECTION,
    LOOPBACK,
    Lock,
    PrefectHome,
    ServerRecord,
    answers,
    prefect_environment,
    read_record,
)
from flows.server.prefect_server import ALREADY, PORT_TAKEN
from tasks.spec import EvalSpec
from warehouse.errors import EngineError

PORT = 4200
LOOK_S = 0.1
START_S = 120.0
COMMAND_PATIENCE_S = 6.0  # a temporary server ends two seconds after its last command
RUNS_STOP_S = 3.0  # of the five seconds after Ctrl-C; the rest is the server's
SERVER_STOP_S = 1.2
ROOT = Path(__file__).parents[2]


def serve(
    home: Path,
    *,
    nightly_spec: EvalSpec | None = None,
    cron: str = CRON,
    timezone: str = TIMEZONE,
    catch_up: bool = False,
    port: int | None = None,
    host: str = LOOPBACK,
    flow_entrypoint: str | None = None,
    runs_at_once: int = 4,
    say: Callable[[str], None] = print,
) -> None:
    """Serve until Ctrl-C, SIGTERM or SIGHUP; then everything is down within 5 s.

    The first line it says is the page's address. `flow_entrypoint` is `module:name` of a flow with the
    parameter `spec` that takes the place of both evaluations. `catch_up`: a night that was missed while
    nothing was served is run at the start, once however many they were; else it is skipped. `host`: where
    the page is to be had besides loopback, behind a password.

    Raises: SpecError: there is no password for a host beyond loopback. EngineError: another `serve` or a
        command holds this home, the port is taken, or a part ended.
    """
    check_opening(host, os.environ)
    try:
        at = PrefectHome.of(home)
        alone = Lock(at.serve_lock)
    except OSError as error:
        raise EngineError(f"{home}: cannot be written to ({error.strerror}). Nothing was started.") from error
    if not alone.try_alone():
        alone.close()
        record = running_server(home)
        where = f" at {record.url}" if record else ""
        raise EngineError(f"nightbench serve runs on {home} already{where}. Nothing was started.")
    nightly = (
        None if nightly_spec is None else {"spec": nightly_spec.model_dump(mode="json", exclude_unset=True)}
    )
    try:
        with _Stop() as stop, _Parts() as parts:
            record = _start_server(parts, at, home, port, host, stop)
            if record is None:
                return
            say(record.url)
            if not is_loopback(host):
                say(opened(host, record.port))
            if record.notice:
                say(record.notice)
            environment = _runner_environment(home, record, host, flow_entrypoint)
            report = _start_runner(
                parts, at, environment, _Night(cron, timezone, catch_up, nightly), runs_at_once, stop
            )
            if report is None:
                return
            for line in _addresses(record, report, cron, timezone):
                say(line)
            while not stop.wait(LOOK_S):
                parts.check(at)
    finally:
        alone.close()


@dataclass(frozen=True)
class _Night:
    """When nightly runs, and with which parameters; None: its schedule is inactive."""

    cron: str
    timezone: str
    catch_up: bool
    parameters: dict[str, Any] | None


class _Stop:
    """Set by the first of the signals that end `serve`; each further one hurries nothing."""

    SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __enter__(self) -> threading.Event:
        event = threading.Event()
        self._before = {number: signal.signal(number, lambda *_: event.set()) for number in self.SIGNALS}
        return event

    def __exit__(self, *_: object) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)


class _Parts:
    """The children, in the order of their start; ended in the reverse order, within five seconds."""

    def __init__(self) -> None:
        self.server: subprocess.Popen[bytes] | None = None
        self.runner: subprocess.Popen[bytes] | None = None
        self.report: IO[bytes] | None = None

    def __enter__(self) -> "_Parts":
        return self

    def __exit__(self, *_: object) -> None:
        for part, patience_s in ((self.runner, RUNS_STOP_S), (self.server, SERVER_STOP_S)):
            if part is not None:
                _end(part, patience_s)
        if self.report is not None:
            self.report.close()

    def check(self, at: PrefectHome) -> None:
        """Raises: EngineError: one of the children has ended by itself."""
        for part, name, log in (
            (self.server, "Prefect's server", at.server_log),
            (self.runner, "what runs the flows", at.runner_log),
        ):
            if part is not None and part.poll() is not None:
                raise EngineError(f"{name} ended by itself (exit {part.returncode}). See {log}.")


def _end(part: subprocess.Popen[bytes], patience_s: float) -> None:
    """Close its input, wait, and kill what is left of its group."""
    if part.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            part.stdin.close()
    with contextlib.suppress(subprocess.TimeoutExpired):
        part.wait(patience_s)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(part.pid, signal.SIGKILL)  # also where it has ended: its children are in the group
    part.wait()


def _start_server(
    parts: _Parts, at: PrefectHome, home: Path, port: int | None, host: str, stop: threading.Event
) -> ServerRecord | None:
    command = [sys.executable, "-P", "-m", "flows.server.prefect_server", str(home.absolute()), "--serve"]
    command += ["--host", host]
    command += ["--port", str(PORT), "--or-free"] if port is None else ["--port", str(port)]
    deadline = time.monotonic() + START_S
    patience = time.monotonic() + COMMAND_PATIENCE_S
    while not stop.wait(LOOK_S / 5):
        if parts.server is None:
            parts.server = _start(command, server_environment(os.environ), at.folder / "serve.log")
        code = parts.server.poll()
        if code == PORT_TAKEN:
            raise EngineError(f"port {port} is taken. Nothing was started. Choose another with --port.")
        if code == ALREADY:
            _end(parts.server, 0)
            parts.server = None
            if time.monotonic() > patience:
                raise EngineError(
                    f"a command is running on {home} with a Prefect server of its own. Nothing was started. "
                    "Start serve again when it is done."
                )
            continue
        parts.check(at)
        record = read_record(at)
        if (
            record is not None
            and record.pid == parts.server.pid
            and record.ready
            and answers(record.url, 1.0)
        ):
            return record
        if time.monotonic() > deadline:
            raise EngineError(f"Prefect's server did not answer within {START_S:.0f} s. See {at.server_log}.")
    return None


def _start_runner(
    parts: _Parts,
    at: PrefectHome,
    environment: dict[str, str],
    night: _Night,
    runs_at_once: int,
    stop: threading.Event,
) -> Report | None:
    reading, writing = os.pipe()
    parts.report = os.fdopen(reading, "rb")
    try:
        command = [sys.executable, "-P", "-m", "flows.hosting.runner"]
        parts.runner = _start(command, environment, at.runner_log, pass_fds=(writing,))
    finally:
        os.close(writing)
    orders = Orders(
        report_fd=writing,
        cron=night.cron,
        timezone=night.timezone,
        catch_up=night.catch_up,
        nightly=night.parameters,
        limit=runs_at_once,
    )
    assert parts.runner.stdin is not None
    parts.runner.stdin.write(json.dumps(asdict(orders)).encode() + b"\n")
    parts.runner.stdin.flush()
    while not stop.is_set():
        if select.select([parts.report], [], [], LOOK_S)[0]:
            line = parts.report.readline()
            report = Report(**json.loads(line)) if line else Report(error="it ended by itself")
            if report.error is not None:
                raise EngineError(f"the deployments cannot be made: {report.error}. See {at.runner_log}.")
            return report
    return None


def _start(
    command: list[str], environment: dict[str, str], log: Path, pass_fds: tuple[int, ...] = ()
) -> subprocess.Popen[bytes]:
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env=environment | {"PYTHONPATH": os.pathsep.join(_python_path(environment))},
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            pass_fds=pass_fds,
            start_new_session=True,
        )


def _python_path(environment: dict[str, str]) -> Iterator[str]:
    yield str(ROOT)
    if environment.get("PYTHONPATH"):
        yield environment["PYTHONPATH"]


def _runner_environment(
    home: Path, record: ServerRecord, host: str, flow_entrypoint: str | None
) -> dict[str, str]:
    return {
        **os.environ,
        **prefect_environment(home),
        **password_for_clients(PrefectHome.of(home).server_password, os.environ),
        CONNECTION: f"sqlite+aiosqlite:///{PrefectHome.of(home).database}",  # another's has a password
        "PREFECT_API_URL": f"{address(host, record.port)}/api",
        "NIGHTBENCH_HOME": str(home.absolute()),
        "PYTHONSAFEPATH": "1",  # a folder `datasets` or `prefect` where serve was called shadows nothing
        **({FLOW_VARIABLE: flow_entrypoint} if flow_entrypoint is not None else {}),
    }


def _addresses(record: ServerRecord, report: Report, cron: str, timezone: str) -> Iterator[str]:
    page = f"{record.url}/v2/deployments/deployment"
    yield f"evaluate  {page}/{report.ids[AD_HOC]}/run"
    when = f'"{cron}" {timezone}' if report.next_at else "inactive; give it a spec with --nightly SPEC.toml"
    yield f"nightly   {page}/{report.ids[NIGHTLY]}  ({when})"
    for one in DEPLOYMENTS:
        if one.name not in {AD_HOC, NIGHTLY}:
            yield f"{one.name:<9} {page}/{report.ids[one.name]}/run"
    if report.caught_up:
        yield "nightly   was missed while nothing was served, and runs now."
    yield f"Next: nightly at {report.next_at}." if report.next_at else "Next: nothing is scheduled."
    yield "Ctrl-C stops all of it."
