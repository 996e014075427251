"""What a server may say that is no batch, no list and no result: huge, odd, half, or the key itself."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.batch.failed import verdict_on
from tasks.call.batch.ids import custom_id
from tasks.call.batch.provider import BatchStatus, Flaw, NoSuchBatch, Result, surely_not_sent
from tasks.call.batch.providers import open_batches
from tasks.call.batch.wire import Splitter
from tasks.call.provider import Reply
from tests.tasks.call.batch.batch_cases import RUN, Plan, batches_at, run_here
from tests.tasks.call.vendor_server import CANARY, completion, endpoint, message, serving
from tests.tasks.cases import key_of
from warehouse.errors import Fault, ProviderError, Rejected, Transient, Unusable

NAME = custom_id(RUN, key_of(1))
PROVIDERS = ("anthropic", "openai", "azure")


def ended(files: tuple[str, ...] = ("f",)) -> BatchStatus:
    return BatchStatus("b", "ended", "ended", datetime.now(UTC), files=files)


def results(provider: str, body: bytes, status: int = 200) -> list[tuple[str | None, Result]]:
    """What comes of a body of results."""

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.Response(body=body, status=status)

    async def go() -> list[tuple[str | None, Result]]:
        async with serving(handle) as url:
            client = open_batches(endpoint(provider, url))
            try:
                return [item async for item in client.results(ended())]
            finally:
                await client.close()

    return asyncio.run(go())


def ask(
    provider: str, body: Any, do: Callable[[Any], Awaitable[Any]], status: int = 200, **headers: str
) -> Any:
    """One request to a server that always says this."""

    async def handle(_: web.Request) -> web.StreamResponse:
        raw = body if isinstance(body, bytes) else json.dumps(body).encode()
        return web.Response(body=raw, status=status, headers=headers)

    async def go() -> Any:
        async with serving(handle) as url:
            client = open_batches(endpoint(provider, url))
            try:
                return await do(client)
            finally:
                await client.close()

    return asyncio.run(go())


def line_of(provider: str, **more: Any) -> bytes:
    """A good line of results."""
    if provider == "anthropic":
        line: dict[str, Any] = {
            "custom_id": NAME,
            "result": {"type": "succeeded", "message": message(**more)},
        }
    else:
        body = completion(**more)
        line = {
            "custom_id": NAME,
            "response": {"status_code": 200, "request_id": "r", "body": body},
            "error": None,
        }
    return json.dumps(line).encode()


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_good_line_is_an_answer_with_or_without_its_last_newline(provider: str) -> None:
    line = line_of(provider)
    for body in (line, line + b"\n", b"\n\n" + line + b"\r\n\r\n"):
        ((name, result),) = results(provider, body)
        assert name == NAME
        assert isinstance(result, Reply)
        assert result.answer.text == "42"


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize(
    "line",
    [
        b"<html>",
        b"null",
        b"[]",
        b"{}",
        b'{"custom_id": 7}',
        b'{"custom_id": "' + b"x" * 70 + b'"}',
        b'{"custom_id": "' + NAME.encode() + b'", "result": {"type": "succeeded"}, "response": {}}',
        b'{"custom_id": "' + NAME.encode() + b'", "result": [], "response": "no", "error": 5}',
        b"[" * 100_000,
        b'{"a": "\xff\xfe"}',
    ],
)
def test_a_bad_line_is_an_error_of_its_own_and_ends_nothing(provider: str, line: bytes) -> None:
    found = results(provider, line + b"\n" + line_of(provider))
    assert len(found) == 2
    assert found[0][0] in {None, NAME}
    assert isinstance(found[0][1], Transient)
    assert isinstance(found[1][1], Reply)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_the_key_is_nowhere_although_the_server_repeats_it(provider: str) -> None:
    said = {"content": [{"type": "text", "text": f"my key is {CANARY}"}]} if provider == "anthropic" else {}
    line = line_of(provider, **said)
    if provider != "anthropic":
        line = line.replace(b'"42"', json.dumps(f"my key is {CANARY}").encode())
    ((name, result),) = results(provider, line)
    assert name == NAME
    assert isinstance(result, Reply)
    assert result.answer.text == "my key is [key]"
    error = {"error": {"type": "authentication_error", "message": f"bad key {CANARY}"}, "type": "error"}
    with pytest.raises(Unusable) as raised:
        ask(provider, error, lambda client: client.status("b"), 401)
    assert CANARY not in str(raised.value)


@pytest.mark.parametrize("provider", PROVIDERS)
@pytest.mark.parametrize("body", [b"<html>", [], {}, {"id": 5}, {"id": "b", "created_at": "never"}, None])
def test_what_is_no_batch_is_tried_again(provider: str, body: Any) -> None:
    with pytest.raises(Transient):
        ask(provider, body, lambda client: client.status("b"))
    with pytest.raises(Transient) as raised:
        ask(provider, body, lambda client: client.submit(b"{}" if provider == "anthropic" else "f", "", {}))
    assert not surely_not_sent(raised.value), "a batch may have been made"


@pytest.mark.parametrize("provider", PROVIDERS)
def test_a_list_without_an_end_is_not_followed_for_ever(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.batch.wire.MOST_PAGES", 5)
    batch: dict[str, Any] = {"id": "b", "status": "completed", "created_at": 4_000_000_000}
    if provider == "anthropic":
        batch = {"id": "b", "processing_status": "ended", "created_at": "2096-01-01T00:00:00Z"}
    page = {"data": [batch], "has_more": True}
    with pytest.raises(Transient, match="no list, or has no end"):
        ask(provider, page, lambda client: client.list_since(datetime(2026, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("provider", PROVIDERS)
def test_an_id_cannot_lead_elsewhere(provider: str) -> None:
    with pytest.raises(NoSuchBatch):
        ask(provider, {"error": {"message": "no"}}, lambda client: client.status("../../evil?x=1#y"), 404)


@pytest.mark.parametrize("provider", PROVIDERS)
def test_results_that_are_gone_are_gone(provider: str) -> None:
    with pytest.raises(NoSuchBatch):
        results(provider, b'{"error": {"message": "no such file"}}', 404)


@given(st.lists(st.binary(max_size=40)), st.integers(1, 50), st.data())
def test_lines_come_out_whole_whatever_the_pieces(
    lines: list[bytes], longest: int, data: st.DataObject
) -> None:
    lines = [line.replace(b"\n", b" ").strip() for line in lines]
    whole = b"\n".join(lines)
    splitter, found, at = Splitter(longest), [], 0
    while at < len(whole):
        size = data.draw(st.integers(1, 20))
        found += splitter.feed(whole[at : at + size])
        at += size
    found += splitter.end()
    assert found == [line if len(line) <= longest else None for line in lines if line]


@pytest.mark.parametrize(
    ("error", "sure"),
    [
        (Rejected(Fault("bad_request", "", 400)), True),
        (Rejected(Fault("bad_request", "it cannot be written")), True),
        (Rejected(Fault("context_overflow", "", 500)), False),
        (Unusable(Fault("auth", "", 401)), True),
        (Transient(Fault("rate_limited", "", 429)), True),
        (Transient(Fault("connection", "", unsent=True)), True),
        (Transient(Fault("connection", "")), False),
        (Transient(Fault("timeout", "")), False),
        (Transient(Fault("timeout", "", 408)), False),
        (Transient(Fault("server_error", "", 409)), False),
        (Transient(Fault("server_error", "", 500)), False),
        (Transient(Fault("server_error", "", 529)), False),
        (Transient(Fault("bad_body", "", 200)), False),
    ],
)
def test_only_a_refusal_says_that_there_is_no_batch(error: ProviderError, sure: bool) -> None:
    assert surely_not_sent(error) == sure


@pytest.mark.parametrize(
    ("flaws", "full", "kind"),
    [
        ((Flaw("token_limit_exceeded", "Enqueued token limit reached"),), True, None),
        ((Flaw("model_not_found", "no such model"),), False, "no_model"),
        ((Flaw("billing_hard_limit_reached", "pay"),), False, "no_credit"),
        ((), False, "bad_request"),
    ],
)
def test_why_a_batch_failed_as_a_whole(flaws: tuple[Flaw, ...], full: bool, kind: str | None) -> None:
    status = BatchStatus("b", "failed", "failed", datetime.now(UTC), flaws=flaws)
    verdict = verdict_on(status, "api.test")
    assert (verdict.full, verdict.fatal and verdict.fatal.fault.kind) == (full, kind)


def test_of_a_sealed_suite_no_words_are_told() -> None:
    flaws = (Flaw("invalid_json_line", "What is the secret?", 1),)
    status = BatchStatus("b", "failed", "failed", datetime.now(UTC), flaws=flaws)
    for sealed, quoted in ((False, True), (True, False)):
        verdict = verdict_on(status, "api.test", sealed=sealed)
        assert ("secret" in verdict.fault.message, "secret" in verdict.lines[0][1].message) == (
            quoted,
            quoted,
        )


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])
def test_a_refusal_that_quotes_a_sealed_suite_is_not_told(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 3)
    error = {"type": "error", "error": {"type": "permission_error", "message": "How much is 0 plus 17?"}}

    async def handle(_: web.Request) -> web.StreamResponse:
        return web.json_response(error, status=403)

    async def go() -> str:
        async with serving(handle) as url:
            ran = await run_here(tmp_path / "j", url, plan, sealed=True)
            return str(ran.session.fatal)

    said = asyncio.run(go())
    assert ("plus 17" in said, "sealed suite" in said) == (False, True)


class Faultfinder:
    """Batches that have always failed, for a line that is not theirs; everything else is the provider's."""

    def __init__(self, inner: Any, line: int) -> None:
        self._inner, self._line = inner, line

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def status(self, batch_id: str) -> BatchStatus:
        """Failed."""
        flaw = Flaw("invalid_json_line", "not JSON", self._line)
        return BatchStatus(batch_id, "failed", "failed", datetime.now(UTC), flaws=(flaw,))


@pytest.mark.parametrize("line", [0, -1, 6, 10**9])
def test_a_batch_that_fails_for_a_line_that_it_has_not_is_not_sent_for_ever(
    line: int, tmp_path: Path
) -> None:
    async def go() -> None:
        async with batches_at() as (url, service):
            plan = Plan("openai", 5)
            ran = await run_here(tmp_path / "j", url, plan, wrap=lambda inner: Faultfinder(inner, line))
            assert isinstance(ran.session.fatal, Unusable)
            assert len(service.ledger.batches) == 1

    asyncio.run(asyncio.wait_for(go(), 10))
