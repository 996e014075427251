"""Streams as the vendors write them, and handlers that send them in pieces."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.tasks.call.vendor_server import Handler

STREAM = {"stream": True}
SSE = {"content-type": "text/event-stream; charset=utf-8"}


def named(**data: Any) -> bytes:
    """An event of Anthropic's: its name is its type."""
    return b"event: %s\ndata: %s\n\n" % (data["type"].encode(), json.dumps(data).encode())


def unnamed(data: Any) -> bytes:
    """An event of OpenAI's."""
    return b"data: %s\n\n" % (data if isinstance(data, bytes) else json.dumps(data).encode())


def message_stream(
    *deltas: Mapping[str, Any],
    stop: str | None = "end_turn",
    start_usage: Mapping[str, Any] | None = None,
    end_usage: Mapping[str, Any] | None = None,
) -> list[bytes]:
    """A message of one block for each kind of delta in a row."""
    message: dict[str, Any] = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-served",
        "content": [],
        "stop_reason": None,
        "stop_sequence": None,
        "usage": start_usage or {"input_tokens": 25, "output_tokens": 1},
    }
    events = [named(type="message_start", message=message), named(type="ping")]
    index, kind = -1, ""
    for delta in deltas or ({"type": "text_delta", "text": "4"}, {"type": "text_delta", "text": "2"}):
        block = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "tool_use"}
        if block.get(delta["type"], kind) != kind:
            index, kind = index + 1, block[delta["type"]]
            empty = {"text": {"text": ""}, "thinking": {"thinking": "", "signature": ""}}
            content = {"type": kind, **empty.get(kind, {"id": "toolu_1", "name": "f", "input": {}})}
            events.append(named(type="content_block_start", index=index, content_block=content))
        events.append(named(type="content_block_delta", index=index, delta=dict(delta)))
    events.append(named(type="content_block_stop", index=index))
    if stop is not None:
        ending: dict[str, Any] = {"delta": {"stop_reason": stop, "stop_sequence": None}}
        if end_usage != {}:
            ending["usage"] = end_usage or {"output_tokens": 15}
        events += [named(type="message_delta", **ending), named(type="message_stop")]
    return events


def chunk(delta: Mapping[str, Any] | None = None, finish: str | None = None, **fields: Any) -> bytes:
    """A chunk of a completion with one choice, or without one where there is no delta."""
    choices = [] if delta is None else [{"index": 0, "delta": dict(delta), "finish_reason": finish}]
    body = {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1741569952,
        "model": "gpt-4o-2024-05-13",
        "system_fingerprint": "fp_44709d6fcb",
        "choices": choices,
    }
    return unnamed({**body, **fields})


USAGE = {"prompt_tokens": 19, "completion_tokens": 10, "total_tokens": 29}
DONE = unnamed(b"[DONE]")


def completion_stream(*texts: str) -> list[bytes]:
    """A completion that says its usage and that it is over."""
    return [
        chunk({"role": "assistant", "content": ""}),
        *(chunk({"content": text}) for text in texts or ("4", "2")),
        chunk({}, "stop"),
        chunk(usage=USAGE),
        DONE,
    ]


def good_stream(provider: str) -> list[bytes]:
    return message_stream() if provider == "anthropic" else completion_stream()


def streams(
    pieces: Sequence[bytes | float],
    headers: Mapping[str, str] | None = None,
    *,
    ends: bool = True,
    status: int = 200,
) -> Handler:
    """A handler that sends these pieces, waits where one is a number, and then ends the body or the line."""

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(status=status, headers={**SSE, **(headers or {})})
        await response.prepare(request)
        for piece in pieces:
            if isinstance(piece, bytes):
                await response.write(piece)
            else:
                await asyncio.sleep(piece)
        if ends:
            await response.write_eof()
        else:
            assert request.transport is not None
            request.transport.close()
        return response

    return handle
