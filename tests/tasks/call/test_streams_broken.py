"""A stream that breaks is an attempt that failed; what came whole before it broke is an answer."""

import asyncio
import time
from typing import Any

import pytest
from aiohttp import web

from tasks.call import events, reading
from tasks.call.providers import open_provider
from tests.tasks.call.streaming import (
    DONE,
    STREAM,
    chunk,
    completion_stream,
    good_stream,
    message_stream,
    named,
    streams,
    unnamed,
)
from tests.tasks.call.vendor_server import (
    CANARY,
    MODELS,
    Seen,
    anthropic_error,
    ask,
    assert_keyless,
    endpoint,
    make_call,
    openai_error,
    says,
    serving,
)
from warehouse.errors import ProviderError, Rejected, Transient

EVERY = pytest.mark.parametrize("provider", list(MODELS))
OPENAI_LIKE = pytest.mark.parametrize("provider", ["openai", "azure", "compatible"])


def before_its_end(provider: str) -> list[bytes]:
    """A stream up to its answer's end mark, which is missing."""
    return good_stream(provider)[: -2 if provider == "anthropic" else -3]


def test_every_end_mark_is_left_out() -> None:
    assert b"stop_reason" not in b"".join(before_its_end("anthropic")[1:])
    assert b'"stop"' not in b"".join(before_its_end("openai"))


@EVERY
@pytest.mark.parametrize("ends", [False, True], ids=["with its connection", "with an end of its own"])
def test_half_an_answer_is_none(provider: str, ends: bool) -> None:
    for n in range(len(before_its_end(provider)) + 1):
        with pytest.raises(Transient) as caught:
            ask(provider, streams(before_its_end(provider)[:n], ends=ends), params=STREAM)
        assert caught.value.fault.kind == "connection"
        assert_keyless(caught.value)


@EVERY
def test_a_line_that_breaks_after_the_answer_loses_no_answer(provider: str) -> None:
    pieces = good_stream(provider)
    pieces = pieces[:-1] if provider == "anthropic" else pieces[:-2]  # without message_stop; without usage
    answer = ask(provider, streams(pieces, ends=False), params=STREAM).answer
    assert answer.text == "42"
    assert (answer.usage is None) == (provider != "anthropic")


@EVERY
@pytest.mark.parametrize("after", [0, 3])
def test_a_stream_that_stops_coming_is_timed_out(provider: str, after: int) -> None:
    began = time.monotonic()
    with pytest.raises(Transient) as caught:
        ask(provider, streams([*good_stream(provider)[:after], 30.0]), params=STREAM, timeout_s=0.3)
    assert time.monotonic() - began < 5
    assert caught.value.fault.kind == "timeout"
    assert_keyless(caught.value)


@EVERY
def test_a_stream_that_never_ends_is_timed_out(provider: str) -> None:
    pieces: list[bytes | float] = [*good_stream(provider)[:3]]
    drop = chunk({"content": "x"})
    if provider == "anthropic":
        drop = named(type="ping")
    for _ in range(500):
        pieces += [drop, 0.02]
    with pytest.raises(Transient) as caught:
        ask(provider, streams(pieces), params=STREAM, timeout_s=0.5)
    assert caught.value.fault.kind == "timeout"


@OPENAI_LIKE
def test_who_waits_for_the_usage_after_the_end_does_not_wait_for_ever(
    provider: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "LINGER_S", 0.2)
    began = time.monotonic()
    answer = ask(provider, streams([*completion_stream()[:-2], 30.0]), params=STREAM).answer
    assert time.monotonic() - began < 5
    assert (answer.text, answer.usage) == ("42", None)


@EVERY
def test_what_follows_the_end_mark_is_not_waited_for(provider: str) -> None:
    began = time.monotonic()
    answer = ask(provider, streams([*good_stream(provider), b"data: }{\n\n", 30.0]), params=STREAM).answer
    assert time.monotonic() - began < 5
    assert answer.text == "42"


@pytest.mark.parametrize(
    ("provider", "event", "error", "kind"),
    [
        pytest.param(
            "anthropic",
            named(**anthropic_error("overloaded_error", "Overloaded")),
            Transient,
            "server_error",
            id="anthropic: overloaded",
        ),
        pytest.param(
            "anthropic",
            named(**anthropic_error("rate_limit_error", "slower")),
            Transient,
            "rate_limited",
            id="anthropic: rate limit",
        ),
        pytest.param(
            "anthropic",
            b'event: error\ndata: {"error": {"type": "api_error", "message": "x"}}\n\n',
            Transient,
            "server_error",
            id="anthropic: a type in its name only",
        ),
        pytest.param(
            "openai",
            unnamed(openai_error("The server had an error", "server_error")),
            Transient,
            "server_error",
            id="openai",
        ),
        pytest.param(
            "azure", unnamed(openai_error("slow", None, "429")), Transient, "rate_limited", id="azure"
        ),
        pytest.param(
            "compatible",
            b'event: error\ndata: {"message": "out of memory", "code": 500}\n\n',
            Transient,
            "server_error",
            id="compatible: named, bare",
        ),
        pytest.param(
            "compatible",
            unnamed(
                {
                    "error": {"code": 502, "message": "upstream"},
                    "choices": [{"index": 0, "delta": {"content": ""}, "finish_reason": "error"}],
                }
            ),
            Transient,
            "server_error",
            id="OpenRouter",
        ),
        pytest.param(
            "compatible",
            unnamed({"object": "error", "message": "bad", "type": "invalid_request_error", "code": 400}),
            Rejected,
            "bad_request",
            id="vLLM",
        ),
    ],
)
def test_an_error_in_a_stream_is_that_error(
    provider: str, event: bytes, error: type[ProviderError], kind: str
) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(provider, streams([*before_its_end(provider), event]), params=STREAM)
    assert type(caught.value) is error
    assert caught.value.fault.kind == kind
    assert_keyless(caught.value)


def test_a_filter_in_a_stream_is_an_answer() -> None:
    event = unnamed(openai_error("filtered", None, "content_filter"))
    answer = ask("azure", streams([chunk({"content": "x"}), event]), params=STREAM).answer
    assert (answer.text, answer.error_kind, answer.ttft_s) == (None, "content_filter", None)


@EVERY
@pytest.mark.parametrize("status", [429, 500, 529])
def test_an_error_before_the_stream_is_as_without_one(provider: str, status: int) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, says(openai_error("busy"), status), params=STREAM)
    assert caught.value.fault.http_status == status


GARBAGE = [
    pytest.param([b"<html>busy</html>"], id="a page"),
    pytest.param([b"data: {\n\n"], id="half a JSON"),
    pytest.param([b"data: 7\n\n"], id="no object"),
    pytest.param([b"data: " + b"[" * 100_000 + b"\n\n"], id="nested beyond reason"),
    pytest.param([b"data: " + b"9" * 10_000 + b"\n\n"], id="a number beyond reason"),
    pytest.param([unnamed({"type": "content_block_delta", "choices": "x"})], id="the wrong types"),
    pytest.param([unnamed({"type": "message_stop", "choices": [7]})], id="an end without a start"),
    pytest.param(
        [unnamed({"type": "content_block_start", "index": -1, "choices": [{"index": 1}]})], id="wrong indices"
    ),
]


@EVERY
@pytest.mark.parametrize("pieces", GARBAGE)
def test_garbage_is_no_answer(provider: str, pieces: list[bytes | float]) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, streams(pieces), params=STREAM)
    assert caught.value.fault.kind == "bad_body"
    assert caught.value.fault.http_status == 200
    assert_keyless(caught.value)


@EVERY
@pytest.mark.parametrize("pieces", GARBAGE[1:5])
def test_garbage_amid_an_answer_is_no_answer(provider: str, pieces: list[bytes]) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, streams([*before_its_end(provider), *pieces, *good_stream(provider)]), params=STREAM)
    assert caught.value.fault.kind == "bad_body"


@EVERY
def test_a_stream_that_is_over_before_it_said_anything_is_no_answer(provider: str) -> None:
    with pytest.raises(Transient):
        ask(provider, streams([DONE]), params=STREAM)


class Flood:
    """A body of any size, of which it counts what was taken."""

    def __init__(self, piece: bytes, size: int, kind: str = "text/event-stream", status: int = 200) -> None:
        self.sent, self._piece, self._size, self._kind, self._status = 0, piece, size, kind, status

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=self._status, headers={"content-type": self._kind})
        await response.prepare(request)
        while self.sent < self._size:
            await response.write(self._piece)
            self.sent += len(self._piece)
        return response


@pytest.mark.parametrize(
    ("flood", "params"),
    [
        pytest.param(Flood(b"data: " + b"x" * 65_536, 2**30), STREAM, id="a line without an end"),
        pytest.param(Flood(chunk({"content": "x" * 60_000}), 2**30), STREAM, id="an answer without an end"),
        pytest.param(Flood(named(type="ping") * 1000, 2**30), STREAM, id="nothing, without an end"),
        pytest.param(Flood(b" " * 65_536, 2**30, "application/json"), {}, id="a body without an end"),
        pytest.param(Flood(b" " * 65_536, 2**30, "application/json"), STREAM, id="a body and no stream"),
    ],
)
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_a_flood_is_refused_long_before_it_ends(
    provider: str, flood: Flood, params: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    flood.sent = 0
    monkeypatch.setattr(reading, "MOST_BYTES", 4 * 2**20)
    monkeypatch.setattr(events, "MOST_LINE", 2 * 2**20)
    with pytest.raises(Transient) as caught:
        ask(provider, flood, params=params)
    assert caught.value.fault.kind == "bad_body"
    assert "MiB" in str(caught.value) or provider == "anthropic"  # a delta of OpenAI's is none of Anthropic's
    assert flood.sent < 16 * 2**20
    assert len(str(caught.value)) < 700


@EVERY
def test_of_an_errors_body_only_the_start_is_read(provider: str) -> None:
    flood = Flood(b"<p>busy</p>" * 6_000, 2**30, "text/html", 503)
    with pytest.raises(Transient) as caught:
        ask(provider, flood)
    assert caught.value.fault.http_status == 503
    assert "busy" in str(caught.value)
    assert flood.sent < 16 * 2**20


@OPENAI_LIKE
def test_a_server_that_refuses_to_tell_the_usage_is_asked_without(provider: str) -> None:
    seen = Seen()
    refusal = openai_error(
        "Unknown parameter: 'stream_options'.", "invalid_request_error", "unknown_parameter"
    )

    async def old(request: web.Request) -> web.StreamResponse:
        if "stream_options" in (await request.json()):
            return await says(refusal, 400)(request)
        return await streams([*completion_stream()[:-2], DONE])(request)

    async def run() -> str | None:
        async with serving(old, seen) as url:
            client = open_provider(endpoint(provider, url))
            try:
                with pytest.raises(Transient, match="stream_options"):
                    await client.complete(make_call(provider, STREAM))
                return (await client.complete(make_call(provider, STREAM))).answer.text
            finally:
                await client.close()

    assert asyncio.run(run()) == "42"
    assert ["stream_options" in body for body in seen.bodies] == [True, False]


@EVERY
def test_no_error_of_a_stream_shows_the_key(provider: str) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, streams([f"<html>{CANARY}</html>".encode()]), params=STREAM)
    assert_keyless(caught.value)


def test_a_message_of_too_many_blocks_is_refused() -> None:
    start = message_stream()[0]
    block = {"type": "text", "text": ""}
    blocks = [
        b"".join(named(type="content_block_start", index=n + m, content_block=block) for m in range(1_000))
        for n in range(0, 12_000, 1_000)
    ]
    with pytest.raises(Transient, match="blocks"):
        ask("anthropic", streams([start, *blocks]), params=STREAM)
