"""`[engine] workers = 2`: two processes make a run's calls; what they do when the run is stopped or dies."""

import os
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Said
from tests.flows.conftest import asked, query, start_nightbench, told, write_sums

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc"),
]
N = 600
MODEL = "gpt-4o-2024-05-13"
GONE_S = 5.0


@pytest.fixture
def server() -> Iterator[SimulatedServer]:
    with start_server(told(N), make_settings({"latency_ms": 300})) as found:
        yield found


@pytest.fixture
def spec(tmp_path: Path, server: SimulatedServer) -> Path:
    write_sums(tmp_path, N)
    path = tmp_path / "spec.toml"
    path.write_text(
        f'suites = ["sums"]\nshard_size = 20\nengine.workers = 2\n[[models]]\nmodel = "simulated/{MODEL}"\n'
        f'base_url = "{server.base_url}"\nlimits = {{ in_flight = 16 }}\n',
        encoding="utf-8",
    )
    return path


class Run:
    """The command on this spec, in a process group of its own."""

    def __init__(self, home: Path, spec: Path) -> None:
        self.home, self._said = home, home / "said.txt"
        self._suites = str(spec.parent / "suites")
        self.child = self._start("run", spec, "--run-id", "spread", "--json")

    def resume(self, *more: str) -> Said:
        """Go on with it to its end."""
        child = self._start("resume", "spread", "--json", *more)
        code = child.wait(200)
        text = self._said.read_text(encoding="utf-8")
        return Said(code, text[text.find("{") :], text)

    def wait_for(self, server: SimulatedServer, n: int) -> None:
        until = time.monotonic() + 100
        while server.ledger(newest=0)["ended"] < n:
            assert self.child.poll() is None, self._said.read_text(encoding="utf-8")
            assert time.monotonic() < until
            time.sleep(0.05)

    def received(self) -> int:
        with read_journal(self.home / "journal" / "spread") as known:
            return len(known.answered)

    def processes(self) -> list[str]:
        """Those of its group that are alive, with their command lines."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            try:
                fields = (place / "stat").read_text(encoding="ascii").rpartition(") ")[2].split()
                if int(fields[2]) == self.child.pid and fields[0] != "Z":
                    found.append((place / "cmdline").read_bytes().decode().replace("\0", " "))
            except OSError:
                continue
        return found

    def assert_gone(self) -> None:
        """Nothing of its group is alive, soon: Python's resource tracker ends once its parent has."""
        until = time.monotonic() + GONE_S
        while self.processes() and time.monotonic() < until:
            time.sleep(0.1)
        assert self.processes() == []

    def _start(self, *words: str | Path) -> "subprocess.Popen[str]":
        return start_nightbench(self.home, *words, said=self._said, NIGHTBENCH_SUITES=self._suites)


@contextmanager
def refusing() -> Iterator[int]:
    """The port of a provider that takes no call for what it is."""
    said = b'{"error": {"message": "not like this", "type": "invalid_request_error", "param": null}}'

    class Refusing(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["content-length"]))
            self.send_response(400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(said)))
            self.end_headers()
            self.wfile.write(said)

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_two_processes_make_the_calls(home: Path, spec: Path, server: SimulatedServer) -> None:
    run = Run(home, spec)
    assert run.child.wait(200) == 0
    assert len(asked(server)) == N
    assert set(asked(server).values()) == {1}
    [row] = query(home, "select status, answered_calls from runs")
    assert row == {"status": "complete", "answered_calls": N}
    sizes = [path.stat().st_size for path in (home / "journal" / "spread").glob("*.jsonl")]
    assert sum(size > 10_000 for size in sizes) == 2, sizes
    run.assert_gone()
    assert not (home / "runs" / "spread.owner.json").exists()


def test_workers_end_with_their_run(home: Path, spec: Path, server: SimulatedServer) -> None:
    run = Run(home, spec)
    run.wait_for(server, N // 4)
    os.kill(run.child.pid, signal.SIGKILL)
    run.child.wait(10)
    run.assert_gone()
    received = run.received()
    assert N // 8 < received < N
    done = run.resume()
    assert done.code == 0, done.err
    again = sum(n > 1 for n in asked(server).values())
    assert again <= 16
    assert sum(asked(server).values()) <= N + 16
    assert len(asked(server)) == N


def test_a_flow_that_stood_still_goes_on(home: Path, spec: Path, server: SimulatedServer) -> None:
    run = Run(home, spec)
    run.wait_for(server, N // 4)
    os.kill(run.child.pid, signal.SIGSTOP)
    time.sleep(GONE_S)
    arrived = server.ledger(newest=0)["arrived"]
    time.sleep(3)
    assert server.ledger(newest=0)["arrived"] == arrived < N
    os.kill(run.child.pid, signal.SIGCONT)
    assert run.child.wait(100) == 0
    assert set(asked(server).values()) == {1}
    assert len(asked(server)) == N


def test_ctrl_c_reaches_all_of_them(home: Path, spec: Path, server: SimulatedServer) -> None:
    run = Run(home, spec)
    run.wait_for(server, N // 4)
    os.killpg(run.child.pid, signal.SIGINT)  # as a terminal does
    assert run.child.wait(30) == 3
    run.assert_gone()
    received = run.received()
    [row] = query(home, "select answered_calls, failed_calls from runs")
    assert row == {"answered_calls": received, "failed_calls": 0}
    assert run.resume().code == 0
    assert set(asked(server).values()) == {1}


def test_what_failed_is_asked_again_when_told_so(home: Path, spec: Path, tmp_path: Path) -> None:
    n = 40
    write_sums(tmp_path, n)
    text = spec.read_text(encoding="utf-8").split("base_url = ")[0]
    with refusing() as port:
        spec.write_text(f'max_failed = 1.0\n{text}base_url = "http://127.0.0.1:{port}"\n', encoding="utf-8")
        run = Run(home, spec)
        assert run.child.wait(100) == 0
    how = "select status, answered_calls, failed_calls from runs"
    assert query(home, how) == [{"status": "complete", "answered_calls": 0, "failed_calls": n}]
    with start_server(told(n), make_settings({}), port=port) as server:
        assert run.resume().code == 0
        assert server.ledger(newest=0)["arrived"] == 0
        assert run.resume("--retry-failed").code == 0
        assert set(asked(server).values()) == {1}
    assert query(home, how) == [{"status": "complete", "answered_calls": n, "failed_calls": 0}]


def test_what_stops_one_stops_the_run(home: Path, spec: Path, tmp_path: Path) -> None:
    with start_server([], make_settings({"models": ["another"]})) as server:
        text = spec.read_text(encoding="utf-8").split("base_url = ")[0]
        spec.write_text(f'{text}base_url = "{server.base_url}"\n', encoding="utf-8")
        run = Run(home, spec)
        assert run.child.wait(100) == 1
        said = (home / "said.txt").read_text(encoding="utf-8")
    assert MODEL in said
    assert "Traceback" not in said
    run.assert_gone()
