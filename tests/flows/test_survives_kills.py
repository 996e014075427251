"""A run that is killed outright, again and again, asks no received answer again and ends as if undisturbed.

The server counts for itself; it stands outside of the run's process group. Calls in flight at a kill may be
asked again, and no more than these.
"""

import os
import random
import signal
import subprocess
import time
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, query, start_nightbench, told

N_SAMPLES = 1000
IN_FLIGHT = 16
KILLS = max(5, int(os.environ.get("NIGHTBENCH_DRILLS", "5")))
TABLES = {
    "calls": "select call_key, sample_id, variant, response, status, input_tokens, output_tokens "
    "from calls order by call_key",
    "grades": "select call_key, grader, score, passed, answer, reason from grades order by call_key, grader",
    "cost": "select variant, sum(usd) as usd from call_costs group by variant order by variant",
    "runs": "select planned_calls, answered_calls, failed_calls, status from runs",
}


def ended(child: "subprocess.Popen[bytes]") -> None:
    """Kill the whole group, and wait until it is gone."""
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    assert child.stderr is not None
    child.stderr.close()


def answered(server: SimulatedServer) -> int:
    """How many answers the server has handed out."""
    totals = server.ledger(newest=0)["totals"]
    return sum(int(total["requests"]) for total in totals if total["outcome"] == "answered")


def durable(home: Path) -> set[UUID]:
    """The calls whose answers the journal holds."""
    folder = home / "journal" / "kill-1"
    if not folder.is_dir():
        return set()
    with read_journal(folder) as state:
        return set(state.answered)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_five_kills_lose_nothing_and_repeat_only_what_was_in_flight(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    chance = random.Random(os.environ.get("NIGHTBENCH_SEED", "1"))
    with start_server(told(N_SAMPLES), make_settings({"latency_ms": 120})) as server:
        spec = sums(N_SAMPLES, server.base_url, IN_FLIGHT)
        words = ("run", str(spec), "--run-id", "kill-1")
        suites = tmp_path / "suites"
        child = start_nightbench(home, suites, *words)
        time.sleep(chance.uniform(0.0, 2.0))
        ended(child)
        held: list[tuple[int, set[UUID]]] = [(len(rows(server)), durable(home))]
        for _ in range(KILLS - 1):
            child = start_nightbench(home, suites, *words)
            enough = answered(server) + chance.randint(1, 2 * N_SAMPLES // KILLS - 1)
            deadline = time.monotonic() + 120
            while answered(server) < enough and child.poll() is None and time.monotonic() < deadline:
                time.sleep(0.05)
            assert child.poll() is None, child.stderr.read().decode() if child.stderr else ""
            ended(child)
            held.append((len(rows(server)), durable(home)))
        last = nightbench("resume", "kill-1", "--json", env={"NIGHTBENCH_SUITES": str(suites)})
        assert last.code == 0, last.err
        asked = [UUID(row["sample"]) for row in rows(server)]
        for before, keys in held:
            assert not keys & set(asked[before:]), "a received answer was asked for again"
        assert len(held[-1][1]) > 0
        repeated = len(asked) - len(set(asked))
        assert len(set(asked)) == 2 * N_SAMPLES
        assert repeated <= KILLS * 2 * IN_FLIGHT
        disturbed = {name: query(home, sql) for name, sql in TABLES.items()}

        server.reset()
        other = tmp_path / "undisturbed"
        whole = nightbench(
            *words, "--json", env={"NIGHTBENCH_SUITES": str(suites), "NIGHTBENCH_HOME": str(other)}
        )
        assert whole.code == 0, whole.err
        for name, sql in TABLES.items():
            assert query(other, sql) == disturbed[name], name


def rows(server: SimulatedServer) -> list[dict[str, Any]]:
    """Every request that the server has seen, in the order of arrival."""
    found: list[dict[str, Any]] = server.ledger()["rows"]
    return found
