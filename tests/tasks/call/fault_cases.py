"""What each row of the table in docs/faults.md is like on the wire, for whom, and what says so."""

import asyncio
import socket
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.tasks.call.streaming import STREAM, chunk, good_stream, message_stream, named, streams, unnamed
from tests.tasks.call.vendor_server import (
    MODELS,
    Handler,
    anthropic_error,
    completion,
    good,
    message,
    openai_error,
    says,
    serving,
)

EVERYONE = tuple(MODELS)
Line = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@dataclass(frozen=True)
class Case:
    """A fault as it comes from a provider: an answer over HTTP, a line that is none, or nobody there."""

    providers: Sequence[str]
    answer: Handler | Line | None
    is_line: bool = False
    params: Mapping[str, Any] = field(default_factory=dict)


def status(*codes: int) -> list[Case]:
    """These statuses, in each vendor's words where it has some, from everyone."""
    kinds = {
        401: "authentication_error",
        403: "permission_error",
        404: "not_found_error",
        429: "rate_limit_error",
    }
    cases = []
    for code in codes:
        error = anthropic_error(
            kinds.get(code, "api_error" if code >= 500 else "invalid_request_error"), "so"
        )
        cases.append(Case(["anthropic"], says(error, code)))
        cases.append(Case(["openai", "azure", "compatible"], says(openai_error("so", None, None), code)))
    return cases


def bodies(of: Mapping[str, Any], code: int = 200) -> list[Case]:
    """A body for each provider."""
    return [Case([provider], says(body, code)) for provider, body in of.items()]


def streamed(pieces: Callable[[str], Sequence[bytes | float]], *, ends: bool = True) -> list[Case]:
    """A stream of these pieces from everyone."""
    return [Case([one], streams(pieces(one), ends=ends), params=STREAM) for one in EVERYONE]


async def reset(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    sock: socket.socket = writer.get_extra_info("socket")
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    writer.transport.abort()


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")


async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{")
    await writer.drain()


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


def without_usage(provider: str) -> dict[str, Any]:
    return {name: value for name, value in good(provider).items() if name != "usage"}


def error_event(provider: str) -> list[bytes | float]:
    error = (
        named(**anthropic_error("overloaded_error", "busy"))
        if provider == "anthropic"
        else unnamed(openai_error("The server had an error", "server_error"))
    )
    return [*good_stream(provider)[:-3], error]


def no_usage_stream(provider: str) -> list[bytes | float]:
    if provider == "anthropic":
        return [*message_stream(end_usage={})]
    return [piece for piece in good_stream(provider) if b"total_tokens" not in piece]


def whole_then_cut(provider: str) -> list[bytes | float]:
    return [*good_stream(provider)[:-1]]


def endless(provider: str) -> list[bytes | float]:
    drop = named(type="ping") if provider == "anthropic" else chunk({"content": "x"})
    pieces: list[bytes | float] = [*good_stream(provider)[:2]]
    for _ in range(400):
        pieces += [drop, 0.02]
    return pieces


FILTERED = openai_error(
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    None,
    "content_filter",
    innererror={"code": "ResponsibleAIPolicyViolation"},
)
TOO_LONG = "prompt is too long: 345320 tokens > 199999 maximum"
BLOCKED = "Output blocked by content filtering policy"
TEXT = {"content": "no"}

CASES: Mapping[str, list[Case]] = {
    "400: the prompt is beyond the model's context": [
        Case(["anthropic"], says(anthropic_error("invalid_request_error", TOO_LONG), 400)),
        Case(
            ["openai", "azure", "compatible"],
            says(openai_error("too long", "invalid_request_error", "context_length_exceeded"), 400),
        ),
    ],
    "400: a content filter's block, Azure's too": [
        Case(["anthropic"], says(anthropic_error("invalid_request_error", BLOCKED), 400)),
        Case(["openai"], says(openai_error("flagged", None, "content_policy_violation"), 400)),
        Case(["azure", "compatible"], says(FILTERED, 400)),
    ],
    "any other 400, 413 or 422": status(400, 413, 422),
    "429: the request alone is larger than a minute's tokens": [
        Case(
            ["openai", "azure", "compatible"],
            says(openai_error("Request too large for gpt-4o on tokens per min", "tokens"), 429),
        )
    ],
    "401, 403": status(401, 403),
    "404": status(404),
    "402, or no credit left": [
        *status(402),
        Case(
            ["openai", "azure"], says(openai_error("quota", "insufficient_quota", "insufficient_quota"), 429)
        ),
        Case(
            ["anthropic"],
            says(
                anthropic_error("invalid_request_error", "Your credit balance is too low to access it"), 400
            ),
        ),
    ],
    "a redirect": [Case(EVERYONE, says("", 307, {"location": "http://127.0.0.1:1/"}))],
    "408": status(408),
    "409, 425": status(409, 425),
    "429": status(429),
    "500, 502, 503, 529": [
        *status(500, 502, 503, 529),
        Case(EVERYONE, says("<html>Bad gateway</html>", 502)),
    ],
    "504": status(504),
    "the connection is refused": [Case(EVERYONE, None)],
    "the connection is reset, or closed without an answer": [
        Case(EVERYONE, reset, is_line=True),
        Case(EVERYONE, hang_up, is_line=True),
    ],
    "the connection is cut in the middle of the body": [Case(EVERYONE, cut, is_line=True)],
    "no whole answer within ten minutes": [Case(EVERYONE, silence, is_line=True)],
    "200 with an error in its body": [
        Case(["anthropic"], says(anthropic_error("overloaded_error", "busy"))),
        Case(["openai", "azure", "compatible"], says(openai_error("busy", "server_error"))),
    ],
    "200 with a body that is not JSON, or not the API's": [
        Case(EVERYONE, says("<html>welcome to the hotel</html>")),
        Case(EVERYONE, says('{"content": [{"type": "te')),
        Case(EVERYONE, says({"ok": True})),
    ],
    "200 with a body of more than 64 MiB": [Case(EVERYONE, says(b" " * (65 * 2**20)))],
    "200 without usage": bodies({one: without_usage(one) for one in EVERYONE}),
    "the model refuses": [
        *bodies({"anthropic": message(content=[{"type": "text", "text": "no"}], stop_reason="refusal")}),
        *bodies(dict.fromkeys(EVERYONE[1:], completion({"content": None, "refusal": "I can't."}))),
    ],
    "the answer is cut at max_tokens": [
        *bodies({"anthropic": message(stop_reason="max_tokens")}),
        *bodies(dict.fromkeys(EVERYONE[1:], completion(TEXT, "length"))),
    ],
    "a stream that breaks off before its answer's end": [
        *streamed(lambda one: good_stream(one)[:-3], ends=False),
        *streamed(lambda one: good_stream(one)[:-3]),
    ],
    "a stream with an error event": streamed(error_event),
    "a stream that stops coming, or never ends": [
        *streamed(lambda one: [*good_stream(one)[:3], 30.0]),
        *streamed(endless),
    ],
    "a stream of garbage": [
        *streamed(lambda one: [b"<html>busy</html>"]),
        *streamed(lambda one: [*good_stream(one)[:3], b"data: {broken\n\n", *good_stream(one)[3:]]),
    ],
    "a stream that tells no usage": streamed(no_usage_stream),
    "a stream that breaks off after its answer's end": streamed(whole_then_cut, ends=False),
}


@asynccontextmanager
async def at(case: Case) -> AsyncIterator[str]:
    """The address of a server that has this fault."""
    if case.answer is None:
        with socket.socket() as unheard:
            unheard.bind(("127.0.0.1", 0))
            yield f"http://127.0.0.1:{unheard.getsockname()[1]}"
    elif not case.is_line:
        async with serving(case.answer) as url:  # type: ignore[arg-type]  # is_line tells them apart
            yield url
    else:
        async with on_the_line(case.answer) as url:  # type: ignore[arg-type]
            yield url


@asynccontextmanager
async def on_the_line(line: Line) -> AsyncIterator[str]:
    """The address of a server that does this with every connection."""
    handlers: set[asyncio.Task[None]] = set()

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        handlers.add(task)
        try:
            await line(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass  # the client went first
        finally:
            writer.close()

    server = await asyncio.start_server(handle, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        for task in handlers:
            task.cancel()
        await asyncio.gather(*handlers, return_exceptions=True)
