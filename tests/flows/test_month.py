"""NIGHTBENCH_MONTHLY_USD: all runs of a home together, at one time or after another, never cost more."""

import os
import signal
import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tasks.home import Home
from tasks.month import month_so_far
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, asked, query, start_nightbench, told
from tests.flows.test_budget import WORST, billed

MODELS = ("openai/gpt-4o-2024-05-13",)
LIMIT = Decimal("0.12")
ENV = {"NIGHTBENCH_MONTHLY_USD": str(LIMIT), "OPENAI_API_KEY": "sk-test-of-the-month"}


def month(home: Path) -> tuple[Decimal, Decimal]:
    """What is spent and held this month."""
    sums = month_so_far(Home(home), LIMIT, datetime.now(UTC))
    return sums.spent, sums.held


@pytest.mark.slow
def test_runs_at_one_time_share_the_month_and_a_larger_one_lets_both_go_on(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    suites = ("--suites-dir", tmp_path / "suites")
    with start_server(told(150), make_settings({"latency_ms": 30})) as server:
        spec = sums(150, server.base_url, in_flight=16, models=MODELS)
        runs = [
            start_nightbench(home, "run", spec, "--run-id", name, *suites, said=tmp_path / name, **ENV)
            for name in ("one", "two")
        ]
        codes = [run.wait(timeout=120) for run in runs]
        said = [(tmp_path / name).read_text(encoding="utf-8") for name in ("one", "two")]
        assert codes == [3, 3], said
        assert all("NIGHTBENCH_MONTHLY_USD = 0.12 is used up" in text for text in said)
        assert all("or now with a larger NIGHTBENCH_MONTHLY_USD" in text for text in said)
        assert not any("--budget-usd" in text for text in said), "which would not help"
        spent = billed(server)
        assert LIMIT - 2 * WORST < spent <= LIMIT
        assert month(home) == (spent, Decimal(0))
        statuses = query(home, "select run_id, status from runs order by run_id")
        assert statuses == [{"run_id": name, "status": "budget_stopped"} for name in ("one", "two")]
        third = nightbench("run", spec, *suites, env=ENV)
        assert third.code == 3, "another run of the month has nothing left"
        assert billed(server) == spent
        for name in ("one", "two"):
            more = nightbench("resume", name, env={**ENV, "NIGHTBENCH_MONTHLY_USD": "90"})
            assert more.code == 0, more.err
        assert sum(asked(server).values()) == 2 * 150


@pytest.mark.slow
def test_what_a_killed_run_held_and_did_not_send_comes_back(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    suites = ("--suites-dir", tmp_path / "suites")
    with start_server(told(200), make_settings({"latency_ms": 50})) as server:
        spec = sums(200, server.base_url, in_flight=4, models=MODELS)
        child = start_nightbench(
            home, "run", spec, "--run-id", "dies", *suites, said=tmp_path / "said", **ENV
        )
        until = time.monotonic() + 60
        while sum(asked(server).values()) < 10:
            assert time.monotonic() < until, (tmp_path / "said").read_text(encoding="utf-8")
            time.sleep(0.01)
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(timeout=30)
        time.sleep(0.3)  # what was in flight comes to its end at the server
        spent, held = month(home)
        assert held == 0
        unseen = 4 * WORST  # in flight at the kill: they may have been billed
        assert billed(server) <= spent <= billed(server) + unseen
        last = nightbench("run", spec, "--run-id", "lives", *suites, env=ENV)
        assert last.code == 3, last.err
        assert billed(server) <= LIMIT
        assert billed(server) > LIMIT - unseen - 2 * WORST, "what the dead run held was lost"


@pytest.mark.slow
def test_simulated_models_never_count(home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench) -> None:
    with start_server(told(50), make_settings({"latency_ms": 2})) as server:
        spec = sums(50, server.base_url)
        env = {**ENV, "NIGHTBENCH_MONTHLY_USD": "0.0001"}
        done = nightbench("run", spec, "--suites-dir", tmp_path / "suites", env=env)
        assert done.code == 0, done.err
        assert month(home) == (Decimal(0), Decimal(0))


@pytest.mark.parametrize("text", ["much", "-1", "nan", "inf", "1,50"])
def test_an_amount_that_is_none_is_refused(text: str, home: Path, nightbench: Nightbench) -> None:
    words = ("run", "--suite", "json_only", "--model", "simulated/gpt-4o-2024-05-13")
    said = nightbench(*words, env={"NIGHTBENCH_MONTHLY_USD": text})
    assert said.code == 2, said.err
    assert "NIGHTBENCH_MONTHLY_USD" in said.err
    assert text in said.err
    assert not list((home / "journal").glob("*"))
