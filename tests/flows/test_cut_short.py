"""Runs that `serve` has at work are cancelled or killed: nothing received is lost or asked again.

A run that a person cancelled is landed as far as it came and goes on when asked; one whose process dies goes
on by itself, once. NIGHTBENCH_DRILLS adds the kills of single processes.
"""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from tests.flows.at_work import Product, asked_again, flow_process, kill, parent_of, product

IN_FLIGHT = 4
CANCEL_S = 5.0
SILENT_S = 10.0
SETTINGS = {"latency_ms": 250, "batch": {"seconds": 90}}

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds processes through /proc"),
]

BY_ITSELF_AND_WITH_WORKERS = pytest.mark.parametrize(
    ("seed", "engine"),
    [
        pytest.param(21, {}, id="by itself"),
        pytest.param(22, {"engine": {"workers": 2}, "shard_size": 10}, id="with workers"),
    ],
)


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Product]:
    """One `serve` for all of them; what kills it starts it again."""
    folder = tmp_path_factory.mktemp("cut")
    with product(
        folder, SETTINGS, NIGHTBENCH_SILENT_S=f"{SILENT_S:g}", NIGHTBENCH_BATCH_PACE="0.1,0.5,2,4"
    ) as it:
        yield it


def cancel(at_work: Product, run_id: str) -> None:
    """As the button on the run's page does."""
    body = {"state": {"type": "CANCELLING"}, "force": False}
    assert at_work.served.ask("POST", f"/flow_runs/{run_id}/set_state", body)[0] == 201


@BY_ITSELF_AND_WITH_WORKERS
def test_a_cancelled_run_starts_no_call_lands_what_it_has_and_goes_on(
    at_work: Product, seed: int, engine: dict[str, Any]
) -> None:
    server, before = at_work.server, asked_again(at_work.server)
    run_id = at_work.begin(80, seed=seed, **engine)
    at_work.wait_for_answers(12)
    cancel(at_work, run_id)
    began = last = time.monotonic()
    arrived = server.ledger(newest=0)["arrived"]
    while at_work.served.ask("GET", f"/flow_runs/{run_id}")[1]["state_name"] != "Cancelled":
        if (now := server.ledger(newest=0)["arrived"]) != arrived:
            arrived, last = now, time.monotonic()
        assert time.monotonic() - began < 30
        time.sleep(0.05)
    print(f"last call after {last - began:.2f} s, Cancelled after {time.monotonic() - began:.2f} s")
    assert last - began < CANCEL_S
    time.sleep(2.0)  # Prefect's runner has the last word
    state = at_work.served.ask("GET", f"/flow_runs/{run_id}")[1]["state"]
    assert state["type"] == "CANCELLED"
    assert f"nightbench resume {run_id}" in state["message"]
    assert server.ledger(newest=0)["arrived"] == arrived
    row = at_work.run(run_id)
    assert (row["status"], row["planned_calls"]) == ("cancelled", 80)
    assert 12 <= row["answered_calls"] < 60
    code, resumed = at_work.served.begin("resume", {"parameters": {"options": {"run": run_id}}})
    assert code == 201
    at_work.served.wait_for(resumed["id"], "Completed")
    at_work.served.wait_for(run_id, "Completed", within_s=90)
    assert at_work.run(run_id) == {"status": "complete", "planned_calls": 80, "answered_calls": 80}
    assert asked_again(server) == before


def test_a_cancelled_run_has_its_batches_cancelled(at_work: Product) -> None:
    run_id = at_work.begin(60, seed=2, mode="batch")
    until = time.monotonic() + 60
    while not any(total["mode"] == "batch" for total in at_work.server.ledger(newest=0)["totals"]):
        assert time.monotonic() < until
        time.sleep(0.05)
    cancel(at_work, run_id)
    at_work.served.wait_for(run_id, "Cancelled", within_s=30)
    assert {batch["status"] for batch in at_work.server.ledger()["batches"]} == {"canceled"}
    row = at_work.run(run_id)
    assert row["status"] == "cancelled"
    assert 0 < row["answered_calls"] < 60


@BY_ITSELF_AND_WITH_WORKERS
def test_a_killed_run_goes_on_by_itself_once(at_work: Product, seed: int, engine: dict[str, Any]) -> None:
    before = asked_again(at_work.server)
    run_id = at_work.begin(80, seed=10 + seed, **engine)
    at_work.wait_for_answers(12)
    kill(flow_process(at_work.home, run_id))
    began = time.monotonic()
    assert "is at work again" in at_work.wait_for_resume(run_id, 1)["state"]["message"]
    at_work.served.wait_for(run_id, "Running", "Completed", within_s=30)
    print(f"at work again after {time.monotonic() - began:.1f} s")
    at_work.wait_for_answers(30)
    kill(flow_process(at_work.home, run_id))
    said = at_work.wait_for_resume(run_id, 2)["state"]["message"]
    assert "crashed again" in said
    assert f"nightbench resume {run_id}" in said
    assert at_work.served.ask("GET", f"/flow_runs/{run_id}")[1]["state_name"] == "Crashed"
    at_work.served.begin("resume", {"parameters": {"options": {"run": run_id}}})
    at_work.served.wait_for(run_id, "Completed", within_s=90)
    assert at_work.run(run_id) == {"status": "complete", "planned_calls": 80, "answered_calls": 80}
    assert asked_again(at_work.server) - before <= 2 * IN_FLIGHT


def test_a_live_run_that_was_held_for_crashed_is_left_at_work(at_work: Product) -> None:
    before = asked_again(at_work.server)
    run_id = at_work.begin(120, seed=4)
    at_work.wait_for_answers(12)
    pid = flow_process(at_work.home, run_id)
    at_work.served.ask("POST", f"/flow_runs/{run_id}/set_state", {"state": {"type": "CRASHED"}})
    assert f"(process {pid}) and was left alone" in at_work.wait_for_resume(run_id, 1)["state"]["message"]
    at_work.served.wait_for(run_id, "Completed", within_s=90)
    assert len(at_work.resumes(run_id)) == 1
    assert at_work.run(run_id)["status"] == "complete"
    assert asked_again(at_work.server) == before


def heartbeat(at_work: Product, run_id: str) -> None:
    """As a flow run sends it."""
    event = {
        "occurred": datetime.now(UTC).isoformat(),
        "event": "prefect.flow-run.heartbeat",
        "resource": {"prefect.resource.id": f"prefect.flow-run.{run_id}"},
        "id": str(uuid4()),
    }
    assert at_work.served.ask("POST", "/events", [event])[0] in {200, 204}


def test_a_silent_run_is_crashed_and_one_that_has_ended_is_not(at_work: Product) -> None:
    """A flow run whose worker is on another machine: nobody here sees its process end."""
    deployment = at_work.served.deployment("evaluate")
    ids = []
    for state in ("RUNNING", "COMPLETED"):
        body = {"flow_id": deployment["flow_id"], "state": {"type": state}}
        ids.append(at_work.served.ask("POST", "/flow_runs/", body)[1]["id"])
        heartbeat(at_work, ids[-1])
    crashed = at_work.served.wait_for(ids[0], "Crashed", within_s=SILENT_S + 20)
    assert f"Nothing was heard of it for {SILENT_S:g} s" in crashed["state"]["message"]
    time.sleep(2.0)
    assert at_work.served.ask("GET", f"/flow_runs/{ids[1]}")[1]["state_name"] == "Completed"


KILLS = ["everything"]
if "NIGHTBENCH_DRILLS" in os.environ:
    KILLS += ["serve", "server", "runner"]


@pytest.mark.parametrize("what", KILLS)
def test_a_run_goes_on_by_itself_with_the_next_serve(at_work: Product, what: str) -> None:
    before = asked_again(at_work.server)
    run_id = at_work.begin(80, seed=10 + KILLS.index(what))
    at_work.wait_for_answers(12)
    flow = flow_process(at_work.home, run_id)
    record = json.loads((at_work.home / "prefect" / "server.json").read_text(encoding="utf-8"))
    pids = {
        "serve": at_work.served.process.pid,
        "server": record["pid"],
        "runner": parent_of(flow),
        "flow": flow,
    }
    killed = [pids[what]] if what in pids else list(pids.values())
    kill(*killed)
    at_work.served.process.communicate(timeout=20)
    began = time.monotonic()
    at_work.start()
    print(f"served again after {time.monotonic() - began:.1f} s")
    at_work.served.wait_for(run_id, "Completed", within_s=120)
    print(f"complete after {time.monotonic() - began:.1f} s")
    assert len(at_work.resumes(run_id)) == 1
    assert at_work.run(run_id) == {"status": "complete", "planned_calls": 80, "answered_calls": 80}
    assert asked_again(at_work.server) - before <= IN_FLIGHT
