"""Runs in batches from the command line: half the price; Ctrl-C, kills and other homes do no harm."""

import os
import random
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench, Said
from tests.flows.conftest import Sums, assert_complete, query, start_nightbench, told

MODELS = ("claude-3-5-sonnet-20240620", "gpt-4o-2024-05-13", "azure/gpt-4o-2024-05-13")
USD = {"claude-3-5-sonnet-20240620": (3, 15), "gpt-4o-2024-05-13": (5, 15)}
AZURE = {"AZURE_OPENAI_API_KEY": "azure-key-0123456789", "OPENAI_API_VERSION": "2024-10-21"}
N = 40
KILLS = 2 * max(1, int(os.environ.get("NIGHTBENCH_DRILLS", "1")))


def words(tmp_path: Path, spec: Path, run_id: str, *more: str) -> tuple[str, ...]:
    """The command that runs the spec in batches."""
    suites = str(tmp_path / "suites")
    return ("run", str(spec), "--run-id", run_id, "--suites-dir", suites, "--mode", "batch", *more)


def due(server: SimulatedServer, run_id: str) -> Decimal:
    """What the server has billed a run, at half of the realtime price, which is written out here."""
    total = Decimal(0)
    for row in server.ledger()["rows"]:
        if row["outcome"] == "answered" and str(row["custom_id"]).startswith(f"{run_id}_"):
            usd = USD[row["model"]]
            total += (row["input_tokens"] * Decimal(usd[0]) + row["output_tokens"] * Decimal(usd[1])) / 2
    return total / 1_000_000


def cost(home: Path) -> list[dict[str, Any]]:
    """What the tables say."""
    return query(home, "select mode, status, count(*) as n, sum(usd) as usd from call_costs group by all")


def interrupt_once(home: Path, tmp_path: Path, spec: Path, seen: str, number: int = signal.SIGINT) -> str:
    """Run until the notes hold a word, end it by a signal, and return what it said."""
    said = tmp_path / "said.txt"
    child = start_nightbench(home, *words(tmp_path, spec, "stop-1"), said=said, **AZURE)
    notes = home / "journal" / "stop-1" / "batches.jsonl"
    until = time.monotonic() + 240
    while not (notes.exists() and notes.read_text().count(seen) == len(MODELS)):
        assert time.monotonic() < until, said.read_text()
        time.sleep(0.02)
    os.kill(child.pid, number)
    assert child.wait(60) == 3, said.read_text()
    return said.read_text()


def n_answered(server: SimulatedServer) -> int:
    """Requests that the server has answered, in batches too."""
    return sum(row["outcome"] == "answered" for row in server.ledger()["rows"])


@pytest.mark.slow
def test_ctrl_c_leaves_the_batches_and_a_resume_pays_for_nothing_twice(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    settings = make_settings({"latency_ms": 0, "batch": {"seconds": 6}})
    with start_server(told(N), settings) as server:
        said = interrupt_once(home, tmp_path, sums(N, server.base_url, models=MODELS), '"kind":"sent"')
        assert said.count("goes on at 127.0.0.1") == len(MODELS)
        assert "`nightbench resume stop-1` goes on with it" in said
        done = nightbench("resume", "stop-1", "--json", env=AZURE)
        assert_complete(done, N * len(MODELS))
        assert server.ledger()["accepted_again"] == {}
        assert cost(home) == [
            {
                "mode": "batch",
                "status": "answered",
                "n": N * len(MODELS),
                "usd": f"{due(server, 'stop-1'):.12f}",
            }
        ]


@pytest.mark.slow
def test_a_cancelled_run_is_cancelled_at_the_provider_and_what_was_done_is_kept(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    settings = make_settings({"latency_ms": 0, "batch": {"seconds": 60}})
    with start_server(told(N), settings) as server:
        spec = sums(N, server.base_url, models=MODELS)
        interrupt_once(home, tmp_path, spec, '"kind":"sent"')
        until = time.monotonic() + 60
        while not n_answered(server):  # else there would be nothing to keep
            assert time.monotonic() < until, server.ledger()["batches"]
            time.sleep(0.05)
        env = {**AZURE, "NIGHTBENCH_SUITES": str(tmp_path / "suites")}
        said = nightbench("cancel", "stop-1", "--json", env=env)
        assert (said.code, said.json) == (0, {"run_id": "stop-1", "status": "cancelled"}), said.err
        batches = server.ledger()["batches"]
        assert {batch["status"] for batch in batches} == {"canceled"}
        done = n_answered(server)
        assert 0 < done < N * len(MODELS)
        rows = query(home, "select status, count(*) as n from calls group by all")
        assert rows == [{"status": "answered", "n": done}]
        again = nightbench("cancel", "stop-1", env=env)
        assert (again.code, "is not at work" in again.err) == (2, True)


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_two_homes_on_one_account_each_killed_and_resumed_never_take_each_others_batches(
    tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    chance = random.Random(os.environ.get("NIGHTBENCH_SEED", "14"))
    homes = {name: tmp_path / name for name in ("night-a", "night-b")}
    settings = make_settings({"latency_ms": 0, "batch": {"seconds": 4, "upload_s": 0.3}})
    with start_server(told(N), settings) as server:
        spec = sums(N, server.base_url, models=MODELS)
        for _ in range(KILLS):
            children = {
                name: start_nightbench(
                    home, *words(tmp_path, spec, name), said=tmp_path / f"{name}.txt", **AZURE
                )
                for name, home in homes.items()
            }
            for name, child in children.items():
                notes = homes[name] / "journal" / name / "batches.jsonl"
                size = notes.stat().st_size if notes.exists() else 0
                until = time.monotonic() + 25
                while child.poll() is None and time.monotonic() < until:
                    if notes.exists() and notes.stat().st_size > size:
                        break
                    time.sleep(0.002)
            time.sleep(chance.uniform(0.0, 0.7))
            for child in children.values():
                if child.poll() is None:
                    os.killpg(child.pid, signal.SIGKILL)
                child.wait()

        def finish(name: str) -> Said:
            env = {"NIGHTBENCH_HOME": str(homes[name]), **AZURE}
            return nightbench(*words(tmp_path, spec, name, "--json"), env=env)

        with ThreadPoolExecutor(2) as pool:
            for done in pool.map(finish, homes):
                assert_complete(done, N * len(MODELS))
        ledger = server.ledger()
        assert (ledger["accepted_again"], ledger["paid_again"]) == ({}, {})
        assert {name for batch in ledger["batches"] for name in batch["run_ids"]} == set(homes)
        answers = {
            name: query(home, "select call_key, request_id from calls order by call_key")
            for name, home in homes.items()
        }
        assert [row["call_key"] for row in answers["night-a"]] == [
            row["call_key"] for row in answers["night-b"]
        ]
        both = {row["request_id"] for row in answers["night-a"]} & {
            row["request_id"] for row in answers["night-b"]
        }
        assert both == set(), "an answer of the other home was taken"
        for name, home in homes.items():
            usd = f"{due(server, name):.12f}"
            assert cost(home) == [{"mode": "batch", "status": "answered", "n": N * len(MODELS), "usd": usd}]


@pytest.mark.slow
def test_a_simulated_model_without_an_address_runs_in_batches_too(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    done = nightbench(
        "run", "--suite", "json_only", "--model", "simulated/gpt-4o-2024-05-13", "--limit", "20",
        "--mode", "batch", "--json",
    )  # fmt: skip
    assert_complete(done, 20)
    assert [(row["mode"], row["n"]) for row in cost(home)] == [("batch", 20)]


@pytest.mark.slow
def test_auto_takes_a_batch_where_the_deadline_leaves_a_day_and_the_provider_has_any(
    tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    models = ("gpt-4o-2024-05-13", "compatible/org/llama")
    settings = make_settings({"latency_ms": 0, "batch": {"seconds": 0.5}})
    for deadline, in_batches in (("8h", 0), ("2d", N)):
        with start_server(told(N), settings) as server:
            spec = sums(N, f"{server.base_url}/v1", models=models)
            folder = tmp_path / deadline
            done = nightbench(
                "run", spec, "--suites-dir", tmp_path / "suites", "--json",
                "--mode", "auto", "--deadline", deadline, env={"NIGHTBENCH_HOME": str(folder)},
            )  # fmt: skip
            assert_complete(done, 2 * N)
            assert sum(server.ledger()["accepted"].values()) == in_batches
        modes = query(folder, "select model, mode from calls group by all order by model")
        batch = "batch" if in_batches else "realtime"
        assert [row["mode"] for row in modes] == ["realtime", batch]


@pytest.mark.parametrize(
    ("given", "word"),
    [
        (("--mode", "batch", "--model", "compatible/llama"), "compatible/llama has no batches"),
        (("--mode", "batch", "--deadline", "8h"), "deadline is only for mode"),
        (("--mode", "auto", "--deadline", "soon"), "deadline"),
        (("--mode", "slowly"), "mode"),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_sent(
    home: Path, nightbench: Nightbench, given: tuple[str, ...], word: str
) -> None:
    more = () if "--model" in given else ("--model", "simulated/gpt-4o-2024-05-13")
    done = nightbench("run", "--suite", "json_only", *more, *given)
    assert (done.code, word in done.err, "Nothing was sent" in done.err) == (2, True, True), done.err
