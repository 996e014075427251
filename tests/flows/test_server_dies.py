"""Prefect's server is killed while a run calls: it is started again, and the run goes on to its end."""

import os
import signal
import subprocess
import time
from pathlib import Path

import pytest

from flows.server.engine import running_server
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.flows.conftest import Sums, asked, query, start_nightbench, told

N = 300
MODEL = "gpt-4o-2024-05-13"
KILLED_AT = (N // 6, N // 2)  # calls answered
PATIENCE_S = 180.0


@pytest.mark.slow
def test_a_run_goes_on_when_prefects_server_is_killed(home: Path, tmp_path: Path, sums: Sums) -> None:
    said = tmp_path / "said.txt"
    with start_server(told(N), make_settings({"latency_ms": 400})) as server:
        spec = sums(N, server.base_url, 8, (MODEL,))
        words = ("--run-id", "orphan", "--suites-dir", tmp_path / "suites")
        child = start_nightbench(home, "run", spec, *words, said=said)
        try:
            urls = [kill_server(home, server, child, answered) for answered in KILLED_AT]
            code = child.wait(timeout=PATIENCE_S)
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        counts = asked(server)
    text = said.read_text(encoding="utf-8")
    assert code == 0, text
    assert "Traceback" not in text
    assert len(set(urls)) == 1, "the second server is at another address than the first"
    assert sum(counts.values()) == len(counts) == N
    (run,) = query(home, "select status, answered_calls from runs")
    assert run == {"status": "complete", "answered_calls": N}


def kill_server(home: Path, server: SimulatedServer, child: "subprocess.Popen[str]", answered: int) -> str:
    """Wait for so many answers and for a server that is ready, and kill it; returns where it was."""
    until = time.monotonic() + PATIENCE_S
    while time.monotonic() < until and child.poll() is None:
        found = running_server(home)
        if found is not None and found.ready and server.ledger(newest=0)["ended"] >= answered:
            os.kill(found.pid, signal.SIGKILL)
            return found.url
        time.sleep(0.02)
    raise AssertionError(f"no server to be killed after {answered} answers")
