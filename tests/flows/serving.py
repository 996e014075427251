"""A `serve` in a process of its own, for the tests that ask it things or bring it down.

Its flow `evaluate` is standin/standin_flow.py, which has the parameter of `evaluate` and none of its work.
"""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
STANDIN = Path(__file__).with_name("standin")
SPEC: dict[str, Any] = {"suites": ["json_only"], "models": [{"model": "simulated/any"}]}
STANDS_IN: dict[str, object] = {"cron": "* * * * *", "flow_entrypoint": "standin_flow:evaluate"}
LAST_LINE = "Ctrl-C stops all of it."
CANARY = "canary-19be04d77c"


class Served:
    """A `serve` in a process of its own, which it shares with nobody."""

    suites = ROOT / "datasets"  # where it finds suites

    def __init__(
        self,
        home: Path,
        nightly: dict[str, Any] | None = None,
        environ: Any = None,  # dict[str, str]; Any for tests that pass on options
        **options: object,
    ) -> None:
        self.home = home
        self.headers: dict[str, str] = {}  # of everything that it is asked
        script = (
            "import json, sys; from pathlib import Path; from flows.hosting.serve import serve;"
            "from tasks.spec import EvalSpec; n = json.loads(sys.argv[2]);"
            "n = n and EvalSpec.model_validate(n); serve(Path(sys.argv[1]), nightly_spec=n,"
            "say=lambda s: print(s, flush=True), **json.loads(sys.argv[3]))"
        )
        environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, str(home), json.dumps(nightly), json.dumps(STANDS_IN | options)],
            env={
                **environment,
                "PYTHONPATH": f"{ROOT}{os.pathsep}{STANDIN}",
                "SOME_KEY": CANARY,
                **(environ or {}),
            },
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        self.lines = [line.strip() for line in _until(LAST_LINE, self.process.stdout)]
        assert self.lines[-1] == LAST_LINE, self.process.communicate()[1]
        self.url = self.lines[0]

    def ask(
        self, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any]:
        return ask_api(self.url, method, path, body, self.headers | (headers or {}))

    def when_there(self, method: str, path: str, body: object = None, within_s: float = 30) -> Any:
        """What is made beside the start of `serve`, and is not there at first."""
        deadline = time.monotonic() + within_s
        code, answer = self.ask(method, path, body)
        while (code == 404 or not answer) and time.monotonic() < deadline:
            time.sleep(0.2)
            code, answer = self.ask(method, path, body)
        assert code == 200, answer
        return answer

    def deployment(self, name: str) -> dict[str, Any]:
        only = {"deployments": {"name": {"any_": [name]}}}
        found: list[dict[str, Any]] = self.ask("POST", "/deployments/filter", only)[1]
        return found[0]

    def begin(self, name: str, body: dict[str, Any], **headers: str) -> tuple[int, Any]:
        return self.ask("POST", f"/deployments/{self.deployment(name)['id']}/create_flow_run", body, headers)

    def wait_for(self, run_id: str, *states: str, within_s: float = 150) -> dict[str, Any]:
        deadline = time.monotonic() + within_s
        while True:
            run: dict[str, Any] = self.ask("GET", f"/flow_runs/{run_id}")[1]
            if run["state_name"] in states:
                return run
            assert time.monotonic() < deadline, run["state"]
            time.sleep(0.2)

    def said(self, run_id: str, words: str) -> str:
        """The rest of the run's log line that begins with these words; it is sent within two seconds."""
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            logs = self.ask("POST", "/logs/filter", {"logs": {"flow_run_id": {"any_": [run_id]}}})[1]
            for log in logs:
                if log["message"].startswith(words):
                    return str(log["message"]).removeprefix(words)
            time.sleep(0.3)
        raise AssertionError(f"no line {words!r}")

    def end(self, number: signal.Signals) -> float:
        """Send the signal; returns after how many seconds nothing of it was left."""
        began = time.monotonic()
        self.process.send_signal(number)
        while (self.process.poll() is None or left_behind(self.home)) and time.monotonic() < began + 15:
            time.sleep(0.05)
        took = time.monotonic() - began
        self.process.communicate()
        return took


def ask_api(
    url: str, method: str, path: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Prefect's HTTP API: the status, and what it says."""
    request = urllib.request.Request(
        f"{url}/api{path}",
        method=method,
        data=None if body is None else json.dumps(body).encode(),
        headers={"content-type": "application/json"} | (headers or {}),
    )
    for _ in range(20):
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, json.loads(reply.read() or b"null")
        except urllib.error.HTTPError as error:
            text = error.read()
            if error.code != 503:  # SQLite was busy: Prefect's clients ask again too
                return error.code, json.loads(text) if text.startswith(b"{") else text.decode()
            time.sleep(0.2)
    raise AssertionError("busy for too long")


def left_behind(home: Path) -> list[str]:
    """The processes, zombies apart, that work for this home: all are told its folder."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            environment = (process / "environ").read_bytes().split(b"\0")
            command = (process / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if f"PREFECT_HOME={home}/prefect".encode() in environment or (
            b"flows.server.prefect_server" in command and str(home).encode() in command
        ):
            found.append(b" ".join(command).decode())
    return found


def _until(last: str, lines: Iterable[str]) -> Iterator[str]:
    for line in lines:
        yield line
        if line.strip() == last:
            return
