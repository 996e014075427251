"""A second Ctrl-C ends a stopping run at once; a second process is kept from a run at work.

The run has got all its quick answers, and every place in flight is held by a call that takes a minute.
"""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.call.journal_reader import read_journal
from tasks.call.session import GRACE_S
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, asked, assert_complete, start_nightbench, told

RUN = "slow"
N = 100
IN_FLIGHT = 4
MODEL = "gpt-4o-2024-05-13"
STUCK = {"latency_ms": 2, "faults": {"slow": 0.2, "slow_s": 60}}
PATIENCE_S = 90.0


@dataclass(frozen=True)
class StuckRun:
    """A run of which nothing moves any more."""

    child: "subprocess.Popen[str]"
    server: SimulatedServer
    home: Path
    said: Path

    def wait_for_stopping(self) -> None:
        """Until the first Ctrl-C has been taken: the process still lives, and its loop has turned since."""
        time.sleep(1.5)
        assert self.child.poll() is None, self.said.read_text(encoding="utf-8")

    def interrupt(self) -> None:
        """Ctrl-C as a terminal does it: to the whole group."""
        os.killpg(self.child.pid, signal.SIGINT)


@pytest.fixture
def stuck(home: Path, tmp_path: Path, sums: Sums) -> Iterator[StuckRun]:
    """The run, once its places are all held."""
    said = tmp_path / "said.txt"
    with start_server(told(N), make_settings(STUCK)) as server:
        spec = sums(N, server.base_url, IN_FLIGHT, (MODEL,))
        words = ("run", spec, "--run-id", RUN, "--suites-dir", tmp_path / "suites")
        child = start_nightbench(home, *words, said=said)
        run = StuckRun(child, server, home, said)
        try:
            wait_until_stuck(run)
            yield run
        finally:
            if child.poll() is None:
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()


def wait_until_stuck(run: StuckRun) -> None:
    """Until as many calls are at the server as may be, and none has ended for half a second."""
    until, since, ended = time.monotonic() + PATIENCE_S, time.monotonic(), -1
    while True:
        assert run.child.poll() is None, run.said.read_text(encoding="utf-8")
        assert time.monotonic() < until, "the calls did not get stuck"
        ledger = run.server.ledger(newest=0)
        if ledger["in_flight"] < IN_FLIGHT or ledger["ended"] != ended:
            since, ended = time.monotonic(), ledger["ended"]
        elif time.monotonic() - since > 0.5:
            return
        time.sleep(0.05)


@pytest.mark.slow
def test_a_second_ctrl_c_ends_a_stopping_run_at_once_and_it_resumes(
    stuck: StuckRun, home: Path, nightbench: Nightbench
) -> None:
    stuck.interrupt()
    stuck.wait_for_stopping()
    stuck.interrupt()
    again = time.monotonic()
    code = stuck.child.wait(timeout=PATIENCE_S)
    assert time.monotonic() - again < GRACE_S / 2, "it waited for the answers, as after one Ctrl-C"
    said = stuck.said.read_text(encoding="utf-8")
    assert code == 3, said
    assert f"nightbench resume {RUN}" in said
    assert said.count("nightbench: ") == 1, said
    assert "Traceback" not in said

    with read_journal(home / "journal" / RUN) as state:
        assert (state.torn, state.corrupt) == ([], [])
        durable = frozenset(map(str, state.answered))
        assert state.n_unseen == IN_FLIGHT, "what was in flight began, and nobody saw its end"
    assert 0 < len(durable) < N
    (row,) = nightbench("runs", "--json").json
    assert (row["status"], row["resumable"], row["answered_calls"]) == ("cancelled", True, len(durable))

    stuck.server.stop()
    with start_server(told(N), make_settings({"latency_ms": 2}), port=stuck.server.port) as quick:
        assert_complete(nightbench("resume", RUN, "--json"), N)
        requests = asked(quick)
    assert requests.total() == len(requests) == N - len(durable)
    assert not requests.keys() & durable, "a received answer was asked for again"


@pytest.mark.slow
def test_resume_of_a_run_at_work_is_refused_with_the_pid_of_its_holder(
    stuck: StuckRun, home: Path, nightbench: Nightbench
) -> None:
    record = (home / "runs" / f"{RUN}.json").read_bytes()
    arrived = stuck.server.ledger(newest=0)["arrived"]
    said = nightbench("resume", RUN)
    assert (said.code, said.out) == (2, "")
    assert len(said.err.splitlines()) == 1, said.err
    for word in (RUN, "another process", f"pid {stuck.child.pid}", "Nothing was sent"):
        assert word in said.err
    assert stuck.server.ledger(newest=0)["arrived"] == arrived
    assert (home / "runs" / f"{RUN}.json").read_bytes() == record
    assert len(list((home / "journal" / RUN).glob("*.jsonl"))) == 1
    assert stuck.child.poll() is None, "the refused one disturbed the first"
    (row,) = nightbench("runs", "--json").json
    assert (row["status"], row["resumable"]) == ("running", False)
