"""The server's own account of batches: what was accepted, what is billed, and who was told."""

import json
import socket
import time
from decimal import Decimal
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.service import Service
from tasks.call.simulated.settings import make_settings
from tests.tasks.call.simulated.batch_clients import NAMES, Api, Clock, Files, Name, custom_id, ids, talk
from tests.tasks.call.simulated.loopback import GPT, SONNET, ask

ALL = pytest.mark.parametrize("name", NAMES)
OVER = 1.01
KINDS = ("input", "cached_input", "cache_write", "cache_write_1h", "output")
# USD a million tokens; GPT-4o has no price of its own for its cache.
USD: dict[str, tuple[str, ...]] = {SONNET: ("3", "0.30", "3.75", "6", "15"), GPT: ("5", "5", "5", "5", "15")}


def billed(rows: list[dict[str, Any]]) -> Decimal:
    """What the ledger's rows come to."""
    return sum(
        (
            row[f"{kind}_tokens"] * Decimal(usd) / 1_000_000 * Decimal(str(row["price_share"]))
            for row in rows
            for kind, usd in zip(KINDS, USD[row["model"]], strict=True)
        ),
        Decimal(0),
    )


@ALL
def test_a_batch_is_billed_at_half_of_what_its_calls_cost_by_themselves(name: Name) -> None:
    async def both(api: Any, clock: Clock, service: Service) -> Any:
        await api.create(["one", "two"], messages=ask("word " * 100))
        clock.set(OVER)
        asked: dict[str, Any] = {"messages": ask("word " * 100), "max_tokens": 500}
        for _ in range(2):
            if name == "anthropic":
                await api.client.messages.create(model=SONNET, **asked)
            else:
                await api.client.chat.completions.create(model=GPT, **asked)
        return service.read_ledger()

    ledger = talk(both, name, cached=1.0, cache_written=1.0)
    batch = [row for row in ledger["rows"] if row["mode"] == "batch"]
    alone = [row for row in ledger["rows"] if row["mode"] == "realtime"]
    assert (len(batch), len(alone)) == (2, 2)
    assert billed(batch) * 2 == billed(alone) > 0
    assert batch[0]["cached_input_tokens"] > 0
    assert batch[0]["cache_write_tokens"] + batch[0]["cache_write_1h_tokens"] > 0
    assert [(row["price_share"], row["batch_id"], row["custom_id"]) for row in alone] == [
        (1.0, None, None)
    ] * 2
    totals = {total["mode"]: total for total in ledger["totals"]}
    for kind in KINDS:
        assert totals["batch"][f"{kind}_tokens"] == totals["realtime"][f"{kind}_tokens"]


@ALL
def test_the_bill_of_a_batch_is_what_its_results_say(name: Name) -> None:
    async def night(api: Api, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(50))
        clock.set(OVER)
        return await api.outcomes(batch.id), service.read_ledger()

    outcomes, ledger = talk(night, name, {"errored": 0.3}, cached=0.3)
    for row in ledger["rows"]:
        outcome = outcomes[row["custom_id"]]
        assert (row["outcome"] == "answered") == (outcome.kind == "succeeded")
        if outcome.kind == "succeeded":
            usage = outcome.raw["usage"]
            output = usage["output_tokens" if name == "anthropic" else "completion_tokens"]
            assert row["output_tokens"] == output
    assert len(ledger["rows"]) == 50


@ALL
def test_a_row_says_which_call_of_which_batch_it_was_and_when(name: Name) -> None:
    async def night(api: Api, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(8))
        clock.set(0.5)
        half = service.read_ledger()["rows"]
        clock.set(OVER)
        return batch.id, half, service.read_ledger()

    batch_id, half, ledger = talk(night, name)
    assert 2 <= len(half) <= 6, "requests are processed one after the other"
    assert ledger["rows"][: len(half)] == half
    assert sorted((row["n"], row["custom_id"]) for row in ledger["rows"]) == list(enumerate(ids(8), 1))
    for row in ledger["rows"]:
        assert (row["batch_id"], row["vendor"]) == (batch_id, name)
        assert row["sample"].endswith(f"{row['n'] - 1:012x}")
        assert 0 < row["ended_at"] - row["arrived_at"] < 100
    assert ledger["arrived"] == ledger["ended"] == ledger["in_flight"] == 0


def test_every_batch_has_a_row_and_custom_ids_are_counted() -> None:
    async def night(api: Files, clock: Clock, service: Service) -> Any:
        await api.create(ids(3))
        file = await api.upload(api.content([custom_id(0), custom_id(9), "unnamed"]))
        await api.start(file.id, metadata={"nightbench_run": "night-1"})
        await api.create(ids(2, "day-2"))
        clock.set(OVER)
        for batch in await api.listed():
            await api.retrieve(batch)
        return service.read_ledger()

    ledger = talk(night)
    first, second, third = ledger["batches"]
    assert (first["requests"], first["custom_ids"], first["run_ids"]) == (3, ids(3), ["night-1"])
    assert second["metadata"] == {"nightbench_run": "night-1"}
    assert third["run_ids"] == ["day-2"]
    assert {row["status"] for row in ledger["batches"]} == {"done"}
    assert {row["told"] for row in ledger["batches"]} == {"answered"}
    assert ledger["batches_by_run"] == {"night-1": 2, "day-2": 1}
    assert ledger["accepted"][custom_id(0)] == 2
    assert ledger["accepted_again"] == ledger["paid_again"] == {custom_id(0): 2}
    assert ledger["batch_requests"] == {"upload": 3, "create": 3, "list": 1, "retrieve": 3}
    json.dumps(ledger)


def created(server: SimulatedServer) -> list[dict[str, Any]]:
    """The rows of batches."""
    rows: list[dict[str, Any]] = server.ledger(0)["batches"]
    return rows


def creation(n: int) -> bytes:
    """The body that creates a batch of messages."""
    params = {"model": SONNET, "max_tokens": 50, "messages": ask()}
    return json.dumps({"requests": [{"custom_id": one, "params": params} for one in ids(n)]}).encode()


def head(body: bytes) -> bytes:
    """What goes before it."""
    lines = (
        "POST /v1/messages/batches HTTP/1.1",
        "host: x",
        "x-api-key: k",
        "anthropic-version: 2023-06-01",
        f"content-length: {len(body)}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


def test_a_client_that_dies_while_it_waits_for_the_answer_has_created_the_batch() -> None:
    with start_server(None, make_settings({"batch": {"seconds": 0.0, "upload_s": 0.3}})) as server:
        body = creation(20)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(head(body) + body)
            until = time.monotonic() + 5
            while not created(server) and time.monotonic() < until:
                time.sleep(0.01)
        while created(server)[0]["told"] is None and time.monotonic() < until:
            time.sleep(0.01)
        [row] = created(server)
        ledger = server.ledger()
    assert (row["told"], row["requests"], row["run_ids"]) == ("gone", 20, ["night-1"])
    assert [one["outcome"] for one in ledger["rows"]] == ["answered"] * 20


def test_a_client_that_dies_while_it_uploads_has_created_nothing() -> None:
    with start_server(None, make_settings({})) as server:
        body = creation(20)
        with socket.create_connection(("127.0.0.1", server.port)) as client:
            client.sendall(head(body) + body[:-1])
            time.sleep(0.05)
        assert created(server) == []


def test_the_settings_of_batches_may_be_in_a_file_and_a_reset_forgets_batches(tmp_path: Path) -> None:
    file, written = tmp_path / "settings.toml", tmp_path / "ledger.jsonl"
    file.write_text("[batch]\nseconds = 0\nerrored = 1.0\n[batch.faults]\nmax_in_a_row = 9\n")
    with start_server(None, file, ledger=written) as server:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
        headers = {"x-api-key": "k", "anthropic-version": "2023-06-01"}
        connection.request("POST", "/v1/messages/batches", creation(3), headers)
        batch = json.loads(connection.getresponse().read())
        rows = server.ledger()["rows"]
        assert [row["outcome"] for row in rows] == ["error"] * 3
        assert [json.loads(line) for line in written.read_text().splitlines()] == rows
        server.reset()
        assert created(server) == server.ledger()["rows"] == []
        connection.request("GET", f"/v1/messages/batches/{batch['id']}", headers=headers)
        assert connection.getresponse().status == 404
        connection.close()


@ALL
def test_thousands_of_requests_are_no_trouble(name: Name) -> None:
    async def night(api: Api, clock: Clock, service: Service) -> Any:
        started = time.perf_counter()
        batch = await api.create(ids(3000))
        clock.set(OVER)
        lines = await api.lines(batch.id)
        return len(lines), time.perf_counter() - started, len(service.read_ledger()["rows"])

    n, seconds, rows = talk(night, name)
    assert n == rows == 3000
    assert seconds < 20
