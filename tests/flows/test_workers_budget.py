"""A run with workers never costs more than its budget or the home's month, all its processes together."""

import json
import os
import signal
import time
from collections.abc import Sequence
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tasks.home import Home
from tasks.month import month_so_far
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, asked, query, start_nightbench, told
from tests.flows.test_budget import WORST, billed

pytestmark = pytest.mark.slow
N = 150
BUDGET = Decimal("0.10")
REAL = ("openai/gpt-4o-2024-05-13",)
KEY = {"OPENAI_API_KEY": "sk-test-of-the-workers"}


def with_workers(sums: Sums, url: str, models: Sequence[str] = MODELS) -> Path:
    """A spec whose shards are called by two processes."""
    spec = sums(N, url, in_flight=32, models=models)
    text = spec.read_text(encoding="utf-8").replace("shard_size = 100", "shard_size = 20")
    spec.write_text(f"{text}\n[engine]\nworkers = 2\n", encoding="utf-8")
    return spec


def test_it_stops_at_the_budget_and_a_larger_one_goes_on(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    with start_server(told(N), make_settings({"latency_ms": 20})) as server:
        spec = with_workers(sums, server.base_url)
        done = nightbench(
            "run", spec, "--run-id", "many", "--json", "--budget-usd", str(BUDGET), "--yes", env=env
        )
        assert done.code == 3, done.err
        assert f"budget of ${BUDGET} is used up" in done.err
        assert "nightbench resume many --budget-usd MORE" in done.err
        assert (done.json["run_id"], done.json["status"]) == ("many", "budget_stopped")
        spent, first = billed(server), asked(server)
        assert BUDGET - 2 * WORST < spent <= BUDGET
        assert max(first.values()) == 1
        assert len(list((home / "journal" / "many").glob("*.jsonl"))) == 3, "the flow's and each worker's"
        row = query(home, "select status, answered_calls from runs")[0]
        assert (row["status"], row["answered_calls"]) == ("budget_stopped", len(first))
        usd = query(home, "select sum(usd) as usd from call_costs")[0]["usd"]
        assert Decimal(usd) == spent
        again = nightbench("resume", "many", "--json", env=env)
        assert (again.code, again.json["status"]) == (3, "budget_stopped"), "the same budget is still used up"
        assert asked(server) == first
        more = nightbench("resume", "many", "--budget-usd", "50", "--json", env=env)
        assert (more.code, more.json["status"]) == (0, "complete"), more.err
        assert max(asked(server).values()) == 1
        assert len(asked(server)) == N * len(MODELS)


def test_its_processes_are_one_run_of_the_month(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    env = {**KEY, "NIGHTBENCH_SUITES": str(tmp_path / "suites"), "NIGHTBENCH_MONTHLY_USD": str(BUDGET)}
    with start_server(told(N), make_settings({"latency_ms": 20})) as server:
        spec = with_workers(sums, server.base_url, REAL)
        done = nightbench("run", spec, "--run-id", "many", "--json", "--yes", env=env)
        assert (done.code, done.json["status"]) == (3, "budget_stopped"), done.err
        assert f"NIGHTBENCH_MONTHLY_USD = {BUDGET} is used up" in done.err
        assert "--budget-usd" not in done.err, "which would not help"
        assert BUDGET - 2 * WORST < billed(server) <= BUDGET
        month = month_so_far(Home(home), BUDGET, datetime.now(UTC))
        assert (month.spent, month.held) == (billed(server), Decimal(0))


def test_what_a_killed_worker_held_is_spent_by_the_others(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    """All but its calls in flight, which may have been billed."""
    budget = 3 * BUDGET
    with start_server(told(N), make_settings({"latency_ms": 300})) as server:
        spec = with_workers(sums, server.base_url)
        said = tmp_path / "said"
        words = ("run", spec, "--run-id", "many", "--budget-usd", str(budget), "--yes")
        env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
        child = start_nightbench(home, *words, said=said, **env)
        until = time.monotonic() + 120
        while sum(asked(server).values()) < 40:
            assert time.monotonic() < until, said.read_text(encoding="utf-8")
            time.sleep(0.02)
        os.kill(worker_of(home, child.pid), signal.SIGKILL)
        assert child.wait(120) == 3, said.read_text(encoding="utf-8")
        assert f"budget of ${budget} is used up" in said.read_text(encoding="utf-8")
        with read_journal(home / "journal" / "many") as known:
            counted = sum((usd for _, _, usd in known.spent()), Decimal(0))
            unseen = known.n_unseen
        assert unseen <= 2 * 32, "in flight at the kill, of two models"
        assert budget - 2 * WORST < counted <= budget
        assert billed(server) <= counted
        more = nightbench("resume", "many", "--budget-usd", "50", "--json", env=env)
        assert (more.code, more.json["status"]) == (0, "complete"), more.err
        again = [call for call, n in asked(server).items() if n > 1]
        assert len(again) <= unseen, "no answer that was received is asked for again"


def worker_of(home: Path, flow: int) -> int:
    """The process of one of the run's workers, as its journal file names it."""
    pids = {
        json.loads(line)["pid"]
        for path in (home / "journal" / "many").glob("*.jsonl")
        for line in path.read_text(encoding="utf-8").splitlines()
        if '"kind":"head"' in line
    }
    assert len(pids) == 3
    return next(int(pid) for pid in pids if pid != flow)


def test_to_spend_evenly_is_refused(home: Path, sums: Sums, tmp_path: Path, nightbench: Nightbench) -> None:
    spec = with_workers(sums, "http://127.0.0.1:9")
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    said = nightbench("run", spec, "--spend-evenly", "--budget-usd", "1", "--yes", env=env)
    assert said.code == 2, said.err
    assert "[engine], spend_evenly and budget_usd do not go together" in said.err
    assert not list((home / "journal").glob("*"))
