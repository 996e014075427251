"""A night is rehearsed: real limits, time compressed, no key and no word to anybody, outside all history."""

import json
import signal
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, query, requests, start_nightbench, told

GPT, CLAUDE = "openai/gpt-4o-2024-05-13", "anthropic/claude-3-5-sonnet-20240620"
N = 120
KEY = {"OPENAI_API_KEY": "sk-test-of-rehearsals"}


def night_spec(tmp_path: Path, sums: Sums, **fields: Any) -> Path:
    """The suite `sums` and a spec of two real models with limits; nobody listens at their address."""
    sums(N, "http://127.0.0.1:9")
    spec = tmp_path / "night.toml"
    lines = ['suites = ["sums"]', *(f"{name} = {json.dumps(value)}" for name, value in fields.items())]
    for model in (GPT, CLAUDE):
        lines += ["[[models]]", f'model = "{model}"', 'base_url = "http://127.0.0.1:9/v1"']
        lines += ['api_key_env = "NO_SUCH_KEY"', 'headers = { "x-team" = "a" }']
        lines += ["limits = { requests_per_minute = 30 }"]
    spec.write_text("\n".join(lines), encoding="utf-8")
    return spec


@pytest.mark.slow
def test_a_night_is_seen_in_a_minute_and_leaves_no_trace_in_history(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    spec = night_spec(tmp_path, sums)
    words = (spec, "--suites-dir", tmp_path / "suites")
    began = time.monotonic()
    done = nightbench("run", *words, "--rehearse", "--run-id", "dress", "--json")
    took_s = time.monotonic() - began
    assert done.code == 0, done.err
    assert "rehearsal: a night of 4 minutes, seen in 60 s (4.0 times as fast)" in done.err
    assert took_s < 60 + 40
    found = done.json["rehearsal"]
    assert (found["calls"], found["predicted_minutes"], found["stopped_by_budget"]) == (2 * N, 4.0, False)
    assert found["night_minutes"] == pytest.approx(4.0, rel=0.1)
    assert found["rate_limited"] <= 2
    low, high = (Decimal(found[f"predicted_usd_{end}"]) for end in ("low", "high"))
    assert low <= Decimal(found["usd"]) <= high
    [run] = query(home, "select kind, status, simulated from runs")
    assert run == {"kind": "rehearsal", "status": "complete", "simulated": True}
    [call] = query(
        home, "select distinct variant, priced_as, provider from calls where variant like 'openai%'"
    )
    assert call == {"variant": GPT, "priced_as": GPT, "provider": "simulated"}
    for view in ("leaderboard", "leaderboard_simulated", "current_runs", "current_simulated"):
        assert query(home, f"select * from {view}") == [], view
    [row] = query(home, "select kind, whole, predicted_minutes from plan_accuracy")
    assert row == {"kind": "rehearsal", "whole": True, "predicted_minutes": 1.0}
    assert nightbench("plan", *words, "--json").json["lines"][0]["assumed"], "it teaches the plan nothing"
    assert nightbench("report").code == 2, "and is not the newest run"
    assert nightbench("run", *words, "--run-id", "dress").code == 2, "nor is it the night itself"


@pytest.mark.slow
def test_answers_are_as_long_as_those_of_earlier_nights(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    outputs = {"gpt-4o-2024-05-13": {"outputs": {"sums": [180.0, 40.0]}}}
    with start_server(told(N), make_settings({"latency_ms": 20, "manners": outputs})) as server:
        spec = sums(N, server.base_url, models=(GPT,))
        words = ("run", spec, "--suites-dir", tmp_path / "suites", "--json")
        night = nightbench(*words, env=KEY)
        assert night.code == 0, night.err
        asked = len(requests(server))
        done = nightbench(*words, "--rehearse")
        assert done.code == 0, done.err
        assert len(requests(server)) == asked, "its address was not contacted"
    real, found = Decimal(night.json["costs"][0]["usd"]), done.json["rehearsal"]
    assert Decimal(found["predicted_usd"]) == pytest.approx(real, rel=Decimal("0.05"))
    assert Decimal(found["usd"]) == pytest.approx(real, rel=Decimal("0.1"))
    assert found["compression"] == 1.0, "what takes a second is not stretched"


@pytest.mark.slow
def test_the_budget_is_rehearsed_and_more_of_it_goes_on(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    spec = night_spec(tmp_path, sums)
    spec.write_text(spec.read_text().replace("= 30", "= 3000"), encoding="utf-8")
    words = ("--suites-dir", tmp_path / "suites", "--rehearse", "--limit", "60", "--run-id", "dress")
    done = nightbench("run", spec, *words, "--budget-usd", "0.03")
    assert done.code == 3, done.err
    assert "the budget of $0.03 would stop it after" in done.out
    assert "nightbench resume dress --budget-usd" in done.err
    more = nightbench(
        "resume", "dress", "--budget-usd", "5", "--json", env={"NIGHTBENCH_MONTHLY_USD": "0.01"}
    )
    assert more.code == 0, more.err
    assert more.json["run"]["kind"] == "rehearsal"
    assert more.json["rehearsal"]["calls"] == 120
    assert more.json["rehearsal"]["stopped_by_budget"] is False


@pytest.mark.slow
def test_it_is_stopped_and_resumed_like_any_run(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    spec = night_spec(tmp_path, sums)
    spec.write_text(spec.read_text().replace("= 30", "= 90"), encoding="utf-8")
    suites = tmp_path / "suites"
    child = start_nightbench(
        home, "run", spec, "--suites-dir", suites, "--rehearse", "--run-id", "dress", "--limit", "45"
    )
    progress = home / "progress" / "dress.json"
    while child.poll() is None:
        time.sleep(0.2)
        if progress.exists() and json.loads(progress.read_text())["done_calls"] > 10:
            child.send_signal(signal.SIGINT)
            break
    assert child.wait(60) == 3
    child.communicate()
    done = nightbench("resume", "dress", "--json")
    assert done.code == 0, done.err
    assert (done.json["status"], done.json["rehearsal"]["calls"]) == ("complete", 90)
    assert 0.4 < done.json["rehearsal"]["night_minutes"] < 1.0, (
        "the seconds of both parts, and not those between"
    )


def test_what_cannot_be_rehearsed_begins_nothing(home: Path, nightbench: Nightbench) -> None:
    done = nightbench("run", "--suite", "word_problems", "--model", "recorded/x", "--rehearse")
    assert done.code == 2
    assert "nothing to rehearse. Nothing was sent" in done.err
    assert list((home / "runs").glob("*")) == []
