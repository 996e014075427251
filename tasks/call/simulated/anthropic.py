"""The Anthropic Messages protocol, as the types of the anthropic SDK (2.13) have it.

Input tokens lie beside the cached and the written ones, never around them. An error is
`{"type": "error", "error": {"type", "message"}, "request_id"}`, the request id a header too.
"""

import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from tasks.call.facts import Family, facts
from tasks.call.simulated.anthropic_stream import stream_message
from tasks.call.simulated.caching import message_marks
from tasks.call.simulated.families import listed_models
from tasks.call.simulated.structured import messages_shape
from tasks.call.simulated.wire import (
    Headers,
    Json,
    Level,
    Problem,
    Reply,
    Request,
    Streamed,
    Tokens,
    Vendor,
    bad_request,
    check_temperature,
    count_tokens,
    event,
    stop_words,
    streams,
    text_of,
    to_bytes,
    whole_number,
)
from tasks.model import Message

_STOPS = {"stop": "end_turn", "length": "max_tokens", "stop_sequence": "stop_sequence", "refusal": "refusal"}
_ERRORS = {
    "auth": (401, "authentication_error"),
    "bad_request": (400, "invalid_request_error"),
    "conflict": (400, "invalid_request_error"),
    "content_filter": (400, "invalid_request_error"),
    "context_overflow": (400, "invalid_request_error"),
    "no_model": (404, "not_found_error"),
    "no_route": (404, "not_found_error"),
    "overloaded": (529, "overloaded_error"),
    "rate_limited": (429, "rate_limit_error"),
    "server_error": (500, "api_error"),
    "too_large": (413, "request_too_large"),
}


class Anthropic(Vendor):
    """POST /v1/messages."""

    name = "anthropic"

    def key(self, headers: Mapping[str, str]) -> str | None:
        """`x-api-key`, or a bearer token."""
        return headers.get("x-api-key") or headers.get("authorization", "").removeprefix("Bearer ") or None

    def read(self, body: Json, headers: Mapping[str, str], model: str, family: Family | None) -> Request:
        """The request in our words; the top-level system counts as a leading system message."""
        _check_sampling(body, headers, family)
        max_tokens = whole_number(body, "max_tokens")
        if max_tokens is None:
            raise bad_request("max_tokens: Field required")
        most = family.max_output_tokens if family else None
        if most is not None and max_tokens > most:
            raise bad_request(
                f"max_tokens: {max_tokens} > {most}, which is the maximum allowed number of output tokens "
                f"for {model}"
            )
        messages = _messages(body)
        return Request(
            model=model,
            messages=messages,
            input_tokens=sum(count_tokens(message["content"]) for message in messages),
            max_tokens=max_tokens,
            stop=stop_words(body, "stop_sequences"),
            thinks=_thinks(body, family),
            streams=streams(body),
            two_lifetimes=True,
            shape=messages_shape(body),
            marks=message_marks(body),
        )

    def reply(self, request: Request, reply: Reply, unique: str, now: float) -> Json:
        """A `Message`."""
        refused = reply.stop == "refusal"
        content: list[Json] = []
        if reply.reasoning is not None:
            content.append({"type": "thinking", "thinking": reply.reasoning, "signature": f"sim{unique}"})
        tool = request.shape.tool if request.shape else None
        if tool is not None and not refused:
            content.append(_tool_use(tool, reply, unique))
        elif reply.text and not refused:
            content.append({"type": "text", "text": reply.text})
        body: Json = {
            "id": f"msg_sim{unique}",
            "type": "message",
            "role": "assistant",
            "model": request.model,
            "content": content,
            "stop_reason": "tool_use" if tool is not None and reply.stop == "stop" else _STOPS[reply.stop],
            "stop_sequence": reply.stop_sequence,
        }
        if refused:
            body["stop_details"] = {"type": "refusal", "category": None, "explanation": reply.text}
        if reply.shows_usage:
            body["usage"] = _usage(reply.tokens, thinks=reply.reasoning is not None)
        return body

    def stream(self, request: Request, reply: Reply, unique: str, now: float) -> Streamed:
        """`message_start` to `message_stop`."""
        return stream_message(self.reply(request, reply, unique, now))

    def stream_error(self, problem: Problem, request_id: str) -> bytes:
        """`event: error`."""
        return event(to_bytes(self.problem(problem, request_id)[1]), "error")

    def problem(self, problem: Problem, request_id: str) -> tuple[int, Json]:
        """Status and `ErrorResponse`."""
        status, kind = _ERRORS[problem.kind]
        error = {"details": None, "type": kind, "message": _sentence(problem)}
        return status, {"type": "error", "error": error, "request_id": request_id}

    def headers(self, request_id: str, latency_ms: int) -> Headers:
        """The request's id."""
        return [("request-id", request_id), ("anthropic-organization-id", "org-simulated")]

    def limit_headers(self, levels: Sequence[Level], now: float) -> Headers:
        """`anthropic-ratelimit-<kind>-limit|remaining|reset`; the reset is a time.

        `tokens` sums up input and output, as the API does where both are limited.
        """
        headers = []
        tokens = [level for level in levels if level.kind != "requests"]
        for level in levels:
            headers += _level(level.kind.replace("_", "-"), level.limit, level.remaining, level.reset_s, now)
        if tokens:
            limit, remaining = sum(level.limit for level in tokens), sum(level.remaining for level in tokens)
            headers += _level("tokens", limit, remaining, max(level.reset_s for level in tokens), now)
        return headers

    def models(self, names: Sequence[str]) -> Json:
        """A page of `ModelInfo`."""
        data = [
            {
                "type": "model",
                "id": model.id,
                "display_name": model.name,
                "created_at": model.released_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
                "lifecycle": "active",
                "deprecated_at": None,
                "retires_at": None,
            }
            for model in listed_models("anthropic", names)
        ]
        ids: list[Any] = [model["id"] for model in data] or [None]
        return {"data": data, "has_more": False, "first_id": ids[0], "last_id": ids[-1]}


def _tool_use(name: str, reply: Reply, unique: str) -> Json:
    """A tool's use; where the text was cut within its input, the input is what could be read: nothing."""
    given = json.loads(reply.text) if reply.stop == "stop" else {}
    return {"type": "tool_use", "id": f"toolu_sim{unique}", "name": name, "input": given}


def _check_sampling(body: Json, headers: Mapping[str, str], family: Family | None) -> None:
    """The older version of the API takes sampling parameters, of the models that take them at all."""
    version = headers.get("anthropic-version")
    if version is None:
        raise bad_request("anthropic-version: header is required")
    sent = [name for name in facts().vendors["anthropic"].samplers if body.get(name) is not None]
    if sent and version != facts().vendors["anthropic"].sampling_version:
        raise bad_request(f"{sent[0]}: Extra inputs are not permitted", sent[0])
    check_temperature(body, 1.0)
    if family and family.sampling == "none" and any(body[name] != 1 for name in sent):
        raise bad_request(f"{sent[0]}: this model accepts only its own value", sent[0])
    if family and family.sampling == "one" and {"temperature", "top_p"} <= set(sent):
        raise bad_request("`temperature` and `top_p` cannot both be specified for this model.")


def _thinks(body: Json, family: Family | None) -> bool:
    thinking = body.get("thinking")
    if isinstance(thinking, dict):
        return thinking.get("type") in {"enabled", "adaptive"}
    return family is not None and family.thinks


def _messages(body: Json) -> tuple[Message, ...]:
    turns = body.get("messages")
    if not isinstance(turns, list) or not turns:
        raise bad_request("messages: at least one message is required")
    messages: list[Message] = []
    if body.get("system") is not None:
        messages.append({"role": "system", "content": text_of(body["system"], "system")})
    for place, turn in enumerate(turns):
        role = turn.get("role") if isinstance(turn, dict) else None
        if role not in {"user", "assistant", "system"}:
            raise bad_request(f'messages.{place}: Unexpected role "{role}".')
        messages.append({"role": role, "content": text_of(turn.get("content"), f"messages.{place}.content")})
    return tuple(messages)


def _usage(tokens: Tokens, *, thinks: bool) -> Json:
    usage: Json = {
        "input_tokens": tokens.input_tokens,
        "cache_creation_input_tokens": tokens.cache_write_tokens + tokens.cache_write_1h_tokens,
        "cache_read_input_tokens": tokens.cached_input_tokens,
        "cache_creation": {
            "ephemeral_5m_input_tokens": tokens.cache_write_tokens,
            "ephemeral_1h_input_tokens": tokens.cache_write_1h_tokens,
        },
        "output_tokens": tokens.output_tokens,
        "service_tier": "standard",
    }
    if thinks:
        usage["output_tokens_details"] = {"thinking_tokens": tokens.reasoning_tokens}
    return usage


def _sentence(problem: Problem) -> str:
    match problem.kind:
        case "auth":
            return problem.message or "invalid x-api-key"
        case "context_overflow":
            return f"prompt is too long: {problem.tokens} tokens > {problem.maximum} maximum"
        case "no_model":
            return f"model: {problem.model}"
        case "no_route":
            return problem.message or "Not found"
        case "overloaded":
            return "Overloaded"
        case "server_error":
            return "Internal server error"
        case "too_large":
            return "Request exceeds the maximum size"
        case "rate_limited" if problem.limit is not None:
            what = problem.limit_kind.replace("_", " ")
            return (
                f"This request would exceed the rate limit for your organization of {problem.limit:,} {what} "
                "per minute."
            )
        case "rate_limited":
            return "This request would exceed your organization's rate limit."
        case _:
            return problem.message


def _level(kind: str, limit: int, remaining: int, reset_s: float, now: float) -> Headers:
    reset = datetime.fromtimestamp(math.ceil(now + reset_s), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return [
        (f"anthropic-ratelimit-{kind}-limit", str(limit)),
        (f"anthropic-ratelimit-{kind}-remaining", str(remaining)),
        (f"anthropic-ratelimit-{kind}-reset", reset),
    ]
