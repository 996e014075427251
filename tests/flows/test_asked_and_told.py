"""A dear run asks a person first; failures and money spent are told; a server that is away is waited for."""

import json
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from flows.hosting.notifying import ALARM, BLOCK, RUN
from tests.flows.at_work import Product, flow_process, kill, product

APPROVE_S = 25.0
AWAY_S = 10.0
MODEL = "openai/gpt-4o-2024-05-13"

pytestmark = pytest.mark.slow


class Receiver:
    """Where webhooks of this test lead to."""

    def __init__(self) -> None:
        self.got: list[tuple[str, str]] = []
        got = self.got

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                got.append((self.path, self.rfile.read(length).decode()))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def wait_for(self, is_it: Callable[[str], bool], path: str, within_s: float = 30) -> str:
        """The first body of this kind that came to this path."""
        until = time.monotonic() + within_s
        while True:
            for where, body in list(self.got):
                if where == path and is_it(body):
                    return body
            assert time.monotonic() < until, self.got
            time.sleep(0.1)

    def close(self) -> None:
        """No more."""
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    """A loopback receiver."""
    made = Receiver()
    yield made
    made.close()


@pytest.fixture(scope="module")
def at_work(tmp_path_factory: pytest.TempPathFactory, receiver: Receiver) -> Iterator[Product]:
    """One `serve` for all of them."""
    key = {"OPENAI_API_KEY": "sk-not-a-key", "NIGHTBENCH_APPROVE_S": f"{APPROVE_S:g}"}
    hook = {"NIGHTBENCH_NOTIFY_WEBHOOK": f"{receiver.url}/hook"}
    with product(tmp_path_factory.mktemp("dear"), {"latency_ms": 250}, **key, **hook) as it:
        yield it


def begin(at_work: Product, seed: int, n: int = 10, **fields: Any) -> str:
    """A run of a real model, as far as nightbench can tell."""
    entry = {"model": MODEL, "base_url": f"{at_work.server.base_url}/v1", "params": {"seed": seed}}
    return at_work.begin(n, seed, models=[entry | {"limits": {"in_flight": 4}}], **fields)


def answer(at_work: Product, run_id: str, given: dict[str, Any]) -> None:
    code, reply = at_work.served.ask("POST", f"/flow_runs/{run_id}/resume", {"run_input": given})
    assert (code, reply["status"]) == (201, "ACCEPT"), reply


def plan_shown(at_work: Product, run_id: str) -> str:
    """What the form says over its field."""
    state = at_work.served.wait_for(run_id, "Paused")["state"]
    key = state["state_details"]["run_input_keyset"]["description"]
    time.sleep(1.0)  # it is written after the state
    return str(at_work.served.ask("GET", f"/flow_runs/{run_id}/input/{key}")[1])


def test_a_dear_run_waits_for_a_person_with_its_plan_and_goes_on_also_after_a_kill(at_work: Product) -> None:
    run_id = begin(at_work, 1, approve_above_usd="0.0001")
    page = plan_shown(at_work, run_id)
    assert "expected to cost" in page
    assert MODEL in page
    kill(flow_process(at_work.home, run_id))
    assert "is at work again" in at_work.wait_for_resume(run_id, 1)["state"]["message"]
    assert "Nothing was sent yet" in plan_shown(at_work, run_id)
    assert at_work.server.ledger(newest=0)["arrived"] == 0
    answer(at_work, run_id, {"go_on": True})
    at_work.served.wait_for(run_id, "Completed")
    assert at_work.run(run_id) == {"status": "complete", "planned_calls": 10, "answered_calls": 10}


def test_a_dear_run_that_is_refused_or_forgotten_is_cancelled(at_work: Product) -> None:
    before = at_work.server.ledger(newest=0)["arrived"]
    refused, forgotten = (begin(at_work, seed, approve_above_usd="0.0001") for seed in (2, 3))
    plan_shown(at_work, refused)
    answer(at_work, refused, {"go_on": False})
    said = at_work.served.wait_for(refused, "Cancelled")["state"]["message"]
    assert "a person refused it. Nothing was sent." in said
    said = at_work.served.wait_for(forgotten, "Cancelled", "Failed", within_s=APPROVE_S + 20)["state"]
    assert "Nobody agreed" in said["message"]
    assert at_work.server.ledger(newest=0)["arrived"] == before


def test_a_failure_most_of_a_budget_and_a_drift_are_told(at_work: Product, receiver: Receiver) -> None:
    failed = at_work.begin(1, 4, models=[{"model": "compatible/nobody"}])  # it has no address
    at_work.served.wait_for(failed, "Failed")
    body = json.loads(receiver.wait_for(lambda body: failed in body, "/hook"))
    assert body["subject"] == "nightbench: a run failed"
    assert "is Failed" in body["text"]
    spent = begin(at_work, 5, n=20, budget_usd="0.02")
    body = json.loads(receiver.wait_for(lambda body: spent in body and "budget" in body, "/hook", 60))
    assert "of its budget of $0.02" in body["text"]
    custom_webhook(at_work, receiver.url)
    time.sleep(8.0)  # `serve` looks for blocks every five seconds
    drift = {
        "occurred": "2026-01-02T03:04:05Z",
        "event": ALARM,
        "resource": {"prefect.resource.id": f"{RUN}some-night"},
        "payload": {"run_id": "some-night", "words": 'run some-night\na drop of "4" points'},
        "id": "01a21b49-7795-7b1e-88dc-ffd690531b2d",
    }
    assert at_work.served.ask("POST", "/events", [drift])[0] in {200, 204}
    text = json.loads(receiver.wait_for(lambda body: "a drop is shown" in body, "/hook"))["text"]
    assert text == 'run some-night\na drop of "4" points'
    receiver.wait_for(lambda body: "a drop is shown" in body, "/custom")
    assert "sk-not-a-key" not in str(receiver.got)


def custom_webhook(at_work: Product, url: str) -> None:
    """A notification block, as a person makes it on Prefect's page."""
    ask = at_work.served.ask
    kind = ask("GET", "/block_types/slug/custom-webhook")[1]
    schemas = {"block_schemas": {"block_type_id": {"any_": [kind["id"]]}}}
    schema = ask("POST", "/block_schemas/filter", schemas)[1][0]
    data = {"name": "x", "url": f"{url}/custom", "json_data": {"title": "{{subject}}", "text": "{{body}}"}}
    body = {"name": BLOCK, "data": data, "block_type_id": kind["id"], "block_schema_id": schema["id"]}
    assert ask("POST", "/block_documents/", body)[0] == 201


def test_a_server_that_is_away_holds_no_call_up_and_is_told_afterwards(at_work: Product) -> None:
    run_id = at_work.begin(80, 6)
    at_work.wait_for_answers(12)
    record = json.loads((at_work.home / "prefect" / "server.json").read_text(encoding="utf-8"))
    os.kill(record["pid"], signal.SIGSTOP)
    began = time.monotonic()
    try:
        at_work.wait_for_answers(80)
        print(f"the last answer came {time.monotonic() - began:.1f} s after the server went away")
        time.sleep(max(0.0, began + AWAY_S - time.monotonic()))
    finally:
        os.kill(record["pid"], signal.SIGCONT)
    at_work.served.wait_for(run_id, "Completed")
    assert at_work.run(run_id)["status"] == "complete"
    found = at_work.served.ask("POST", "/artifacts/filter", {"flow_runs": {"id": {"any_": [run_id]}}})[1]
    assert {"leaderboard", "summary"} <= {artifact["key"] for artifact in found}
