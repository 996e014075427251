"""A loopback server that answers as told, and one call to it through a provider's real SDK."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

from aiohttp import web

from tasks.call.endpoint import Endpoint, resolve_endpoint
from tasks.call.provider import Reply
from tasks.call.providers import open_provider
from tasks.model import Call, Message
from tasks.spec import ModelEntry
from tests.tasks import cases

CANARY = "sk-canary-9f8e7d6c5b4a39281706"
MODELS = {
    "anthropic": "anthropic/claude-3-5-sonnet-20240620",
    "openai": "openai/gpt-4o-2024-05-13",
    "azure": "azure/gpt-4o-west",
    "compatible": "compatible/org/llama-70b",
}
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Seen:
    """What the server got."""

    paths: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)
    bodies: list[Any] = field(default_factory=list)


def environ(url: str) -> dict[str, str]:
    return {
        "ANTHROPIC_API_KEY": CANARY,
        "ANTHROPIC_BASE_URL": url,
        "OPENAI_API_KEY": CANARY,
        "OPENAI_BASE_URL": f"{url}/v1",
        "AZURE_OPENAI_API_KEY": CANARY,
        "AZURE_OPENAI_ENDPOINT": url,
        "OPENAI_API_VERSION": "2024-10-21",
        "COMPATIBLE_BASE_URL": f"{url}/v1",
        "COMPATIBLE_API_KEY": CANARY,
    }


def endpoint(provider: str, url: str, **fields: Any) -> Endpoint:
    entry = ModelEntry.model_validate({"model": MODELS[provider], **fields})
    return resolve_endpoint(entry, environ(url))


def make_call(provider: str, params: Mapping[str, Any] | None = None, *turns: Message) -> Call:
    asked = turns or ({"role": "user", "content": "What is 6 x 7?"},)
    return cases.make_call(1, model=MODELS[provider], params=params or {}, messages=asked)


@asynccontextmanager
async def serving(handler: Handler, seen: Seen | None = None) -> AsyncIterator[str]:
    """The address of a server that hands every request to the handler."""

    async def handle(request: web.Request) -> web.StreamResponse:
        if seen is not None:
            seen.paths.append(request.path_qs)
            seen.headers.append({name.lower(): value for name, value in request.headers.items()})
            seen.bodies.append(json.loads(await request.read()))
        return await handler(request)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


def ask(
    provider: str,
    handler: Handler,
    *,
    params: Mapping[str, Any] | None = None,
    turns: tuple[Message, ...] = (),
    seen: Seen | None = None,
    timeout_s: float = 20.0,
    model: str | None = None,
    **fields: Any,
) -> Reply:
    """One attempt against a server with this handler."""

    async def run() -> Reply:
        async with serving(handler, seen) as url:
            client = open_provider(endpoint(provider, url, **fields))
            try:
                call = make_call(provider, params, *turns)
                return await client.complete(replace(call, model=model or call.model), timeout_s=timeout_s)
            finally:
                await client.close()

    return asyncio.run(run())


def says(
    body: Any, status: int = 200, headers: Mapping[str, str] | None = None, kind: str = "application/json"
) -> Handler:
    """A handler that always gives this answer; a str or bytes body is sent as it is."""

    async def handle(_: web.Request) -> web.StreamResponse:
        raw = (
            body
            if isinstance(body, bytes)
            else body.encode()
            if isinstance(body, str)
            else json.dumps(body).encode()
        )
        return web.Response(body=raw, status=status, headers={"content-type": kind, **(headers or {})})

    return handle


def message(**fields: Any) -> dict[str, Any]:
    """A Message as api.anthropic.com writes it."""
    return {
        "id": "msg_01XFDUDYJgAACzvnptvVoYEL",
        "type": "message",
        "role": "assistant",
        "model": "claude-3-5-sonnet-20240620",
        "content": [{"type": "text", "text": "42"}],
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {
            "input_tokens": 25,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": 0,
            "cache_creation": {"ephemeral_5m_input_tokens": 0, "ephemeral_1h_input_tokens": 0},
            "output_tokens": 15,
            "service_tier": "standard",
        },
        **fields,
    }


def completion(message: Mapping[str, Any] | None = None, finish: Any = "stop", **fields: Any) -> Any:
    """A ChatCompletion as api.openai.com writes it."""
    return {
        "id": "chatcmpl-B9MBs8CjcvOU2jLn4n570S5qMJKcT",
        "object": "chat.completion",
        "created": 1741569952,
        "model": "gpt-4o-2024-05-13",
        "choices": [
            {
                "index": 0,
                "message": {
                    "role": "assistant",
                    "content": "42",
                    "refusal": None,
                    "annotations": [],
                    **(message or {}),
                },
                "logprobs": None,
                "finish_reason": finish,
            }
        ],
        "usage": {
            "prompt_tokens": 19,
            "completion_tokens": 10,
            "total_tokens": 29,
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": 0,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        },
        "service_tier": "default",
        "system_fingerprint": "fp_44709d6fcb",
        **fields,
    }


def good(provider: str) -> Any:
    return message() if provider == "anthropic" else completion()


def anthropic_error(kind: str, text: str, **details: Any) -> dict[str, Any]:
    """An error as api.anthropic.com writes it."""
    error = {"type": kind, "message": text} | ({"details": details} if details else {})
    return {"type": "error", "error": error, "request_id": "req_1"}


def openai_error(
    text: str, kind: str | None = None, code: str | int | None = None, **more: Any
) -> dict[str, Any]:
    """An error as api.openai.com writes it."""
    return {"error": {"message": text, "type": kind, "param": None, "code": code, **more}}


def assert_keyless(error: BaseException) -> None:
    """Nothing that a log may show of the error, or of what it came out of, has any of the key."""
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop()
        if link is None or link in seen:
            continue
        seen.append(link)
        todo += [link.__cause__, link.__context__]
        assert not hasattr(link, "request"), "an SDK's exception holds the request's headers"
        for text in (str(link), repr(link), repr(link.args), repr(vars(link))):
            assert CANARY not in text
            assert CANARY[-4:] not in text
