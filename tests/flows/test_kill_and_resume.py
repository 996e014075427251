"""A run killed outright and resumed by its id alone: what it may ask again is counted kill by kill.

At a kill the journal says which calls are durable and which had begun without an end. Later processes ask
none of the first again, and the server's own ledger has twice only calls of the second. The tables at the end
are those of a run that nobody disturbed. NIGHTBENCH_DRILLS sets the number of kills, NIGHTBENCH_SEED their
moments.
"""

import os
import random
import signal
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, asked, query, requests, start_nightbench, told

RUN = "kill-1"
N_SAMPLES = 1000
N_CALLS = N_SAMPLES * len(MODELS)
IN_FLIGHT = 16  # of each model
KILLS = max(5, int(os.environ.get("NIGHTBENCH_DRILLS", "5")))
FIRST_KILL_S = 2.0
LATENCY_MS = 150
PATIENCE_S = 120.0
TABLES = {
    "calls": "select call_key, suite, sample_id, epoch, variant, model, served_model, status, error_kind, "
    "stop_reason, response, input_tokens, cached_input_tokens, cache_write_tokens, cache_write_1h_tokens, "
    "output_tokens, reasoning_tokens, tokens_estimated from calls order by call_key",
    "grades": "select call_key, grader, grader_version, is_score, score, passed, answer, reason from grades "
    "order by call_key, grader",
    "cost": "select variant, sum(usd) as usd, sum(n_billed) as n_billed from call_costs "
    "group by variant order by variant",
    "runs": "select kind, status, planned_calls, answered_calls, failed_calls, simulated from runs",
}


@dataclass(frozen=True)
class Kill:
    """What was true once the dead process could say nothing more."""

    arrived: int  # requests that the server had seen
    durable: frozenset[str]  # calls whose answer the journal holds
    n_unseen: int  # attempts of all processes so far that the journal began and whose end it does not hold


def start(home: Path, *words: str) -> "subprocess.Popen[str]":
    """The command; what it says is in the home's `said.txt`."""
    return start_nightbench(home, *words, said=home / "said.txt")


def kill(child: "subprocess.Popen[str]", server: SimulatedServer, home: Path) -> Kill:
    """End the whole group, and look once the server has let go of its last request."""
    assert child.poll() is None, f"it ended before it was killed: {(home / 'said.txt').read_text()}"
    os.killpg(child.pid, signal.SIGKILL)
    child.wait()
    until = time.monotonic() + PATIENCE_S
    while (ledger := server.ledger(newest=0))["in_flight"] and time.monotonic() < until:
        time.sleep(0.05)
    assert ledger["in_flight"] == 0, "somebody still calls, although the group is dead"
    with read_journal(home / "journal" / RUN) as state:
        return Kill(ledger["arrived"], frozenset(map(str, state.answered)), state.n_unseen)


def answered(server: SimulatedServer) -> int:
    """How many answers the server has handed out."""
    totals = server.ledger(newest=0)["totals"]
    return sum(total["requests"] for total in totals if total["outcome"] == "answered")


def wait_for_answers(server: SimulatedServer, child: "subprocess.Popen[str]", wanted: int) -> None:
    """Wait until the server has given so many answers, or the child has ended."""
    until = time.monotonic() + PATIENCE_S
    while answered(server) < wanted and child.poll() is None:
        assert time.monotonic() < until, f"{answered(server)} answers after {PATIENCE_S:g} s, not {wanted}"
        time.sleep(0.02)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_killed_run_resumes_without_asking_for_a_received_answer_and_lands_what_an_undisturbed_one_lands(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    chance = random.Random(os.environ.get("NIGHTBENCH_SEED", "12"))
    settings = make_settings({"latency_ms": LATENCY_MS, "keep_rows": 100_000})
    with start_server(told(N_SAMPLES), settings) as server:
        spec = sums(N_SAMPLES, server.base_url, IN_FLIGHT)
        run = ("run", str(spec), "--run-id", RUN, "--suites-dir", str(tmp_path / "suites"))

        child = start(home, *run)
        time.sleep(chance.uniform(0.0, FIRST_KILL_S))
        kills = [kill(child, server, home)]
        for left in range(KILLS - 1, 0, -1):
            # A kill amid calls leaves some for those that follow, and a tenth for the last process.
            share = max(2, (int(0.9 * N_CALLS) - len(kills[-1].durable)) // left)
            child = start(home, *go_on(home, run))
            wait_for_answers(server, child, answered(server) + chance.randint(1, share))
            time.sleep(chance.uniform(0.0, LATENCY_MS / 1000))
            kills.append(kill(child, server, home))
        last = nightbench(*go_on(home, run), "--json")
        assert last.code == 0, last.err
        made = requests(server)
        disturbed = {name: query(home, sql) for name, sql in TABLES.items()}

        server.reset()
        undisturbed = tmp_path / "undisturbed"
        whole = nightbench(*run, "--json", env={"NIGHTBENCH_HOME": str(undisturbed)})
        assert whole.code == 0, whole.err
        assert sorted(asked(server).values()) == [1] * N_CALLS

    unseen_before = 0
    for number, moment in enumerate(kills, start=1):
        before = {key for n, key in made if n <= moment.arrived}
        after = {key for n, key in made if n > moment.arrived}
        again, in_flight = before & after, moment.n_unseen - unseen_before
        unseen_before = moment.n_unseen
        print(f"kill {number}: {len(moment.durable)} durable, {in_flight} in flight, {len(again)} again")
        assert not after & moment.durable, f"kill {number}: a received answer was asked for again"
        assert len(again) <= in_flight, f"kill {number}: more was asked again than was in flight"
    assert len({key for _, key in made}) == N_CALLS
    assert len(made) - N_CALLS <= kills[-1].n_unseen
    assert sum(bool(moment.durable) for moment in kills) == KILLS - 1, "a kill fell outside of the calls"
    assert len(disturbed["calls"]) == len(disturbed["grades"]) == N_CALLS
    for name, sql in TABLES.items():
        assert disturbed[name] == query(undisturbed, sql), name


def go_on(home: Path, run: tuple[str, ...]) -> tuple[str, ...]:
    """`resume` by the id alone; the same `run` again where the kill came before the run had a record."""
    return ("resume", RUN) if (home / "runs" / f"{RUN}.json").exists() else run
