"""OpenAI's Responses protocol and Azure's, as the openai SDK (3.57) types have it.

Keys, limits, headers and errors are those of chat completions; request and response are others. Cached and
written tokens lie inside `input_tokens`, reasoning inside `output_tokens`.
"""

from collections.abc import Mapping

from tasks.call.facts import Family
from tasks.call.simulated.caching import chat_marks
from tasks.call.simulated.openai import (
    ROLES,
    Azure,
    OpenAI,
    check_bound,
    check_sampling,
)
from tasks.call.simulated.responses_stream import stream_response, stream_response_error
from tasks.call.simulated.structured import chat_shape
from tasks.call.simulated.wire import (
    Json,
    Problem,
    Reply,
    Request,
    Streamed,
    Tokens,
    bad_request,
    count_tokens,
    streams,
    text_of,
)
from tasks.model import Message

LEAST_OUTPUT_TOKENS = 16
_UNKNOWN = (
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "reasoning_effort",
    "response_format",
    "stop",
    "seed",
)


class Responses(OpenAI):
    """POST /v1/responses."""

    def read(self, body: Json, headers: Mapping[str, str], model: str, family: Family | None) -> Request:
        """The request in our words; the instructions count as a leading system message."""
        for name in _UNKNOWN:
            if name in body:
                raise bad_request(
                    f"Unsupported parameter: '{name}'. In the Responses API, this parameter has moved or "
                    "does not exist.",
                    name,
                    "unsupported_parameter",
                )
        reasoning = body.get("reasoning") or {}
        if not isinstance(reasoning, dict):
            raise bad_request(
                "Invalid type for 'reasoning': expected an object.", "reasoning", "invalid_type"
            )
        effort = reasoning.get("effort")
        as_chat = body if effort is None else body | {"reasoning_effort": effort}
        max_tokens = check_bound(body, "max_output_tokens", family)
        if max_tokens is not None and max_tokens < LEAST_OUTPUT_TOKENS:
            raise bad_request(
                "Invalid 'max_output_tokens': integer below minimum value. Expected a value >= "
                f"{LEAST_OUTPUT_TOKENS}, but got {max_tokens} instead.",
                "max_output_tokens",
                "integer_below_min_value",
            )
        check_sampling(as_chat, family)
        messages = _messages(body)
        thinks = family is not None and family.thinks and (effort or family.default_effort) != "none"
        return Request(
            model=model,
            messages=messages,
            input_tokens=sum(count_tokens(message["content"]) for message in messages),
            max_tokens=max_tokens,
            thinks=thinks,
            shape=chat_shape(body),
            marks=chat_marks(body, model, _turns(body)),
            summarizes=reasoning.get("summary") is not None,
            streams=streams(body),
        )

    def stream(self, request: Request, reply: Reply, unique: str, now: float) -> Streamed:
        """Events, of which the last brings the `Response`."""
        return stream_response(self.reply(request, reply, unique, now))

    def stream_error(self, problem: Problem, request_id: str) -> bytes:
        """The event `error`."""
        return stream_response_error(self.problem(problem, request_id)[1]["error"])

    def reply(self, request: Request, reply: Reply, unique: str, now: float) -> Json:
        """A `Response`."""
        cut = reply.stop == "length"
        output: list[Json] = []
        if reply.reasoning is not None:
            summary = [{"type": "summary_text", "text": reply.reasoning}] if request.summarizes else []
            output.append({"id": f"rs_sim{unique}", "type": "reasoning", "summary": summary})
        if request.shape is not None and request.shape.tool is not None and reply.stop != "refusal":
            output.append(
                {
                    "id": f"fc_sim{unique}",
                    "type": "function_call",
                    "call_id": f"call_sim{unique}",
                    "name": request.shape.tool,
                    "arguments": reply.text,
                    "status": "incomplete" if cut else "completed",
                }
            )
        elif reply.text or not cut:
            output.append(_message(reply, f"msg_sim{unique}"))
        body: Json = {
            "id": f"resp_sim{unique}",
            "object": "response",
            "created_at": int(now),
            "status": "incomplete" if cut else "completed",
            "error": None,
            "incomplete_details": {"reason": "max_output_tokens"} if cut else None,
            "instructions": None,
            "model": request.model,
            "output": output,
            "parallel_tool_calls": True,
            "tool_choice": "auto",
            "tools": [],
            "service_tier": "default",
        }
        if reply.shows_usage:
            body["usage"] = _usage(reply.tokens)
        return body


class AzureResponses(Responses, Azure):
    """POST /openai/responses?api-version=..., with the deployment in the body's `model`."""

    def reply(self, request: Request, reply: Reply, unique: str, now: float) -> Json:
        """As OpenAI's: Azure puts nothing into it."""
        return Responses.reply(self, request, reply, unique, now)


def _message(reply: Reply, name: str) -> Json:
    part: Json = {"type": "output_text", "text": reply.text, "annotations": [], "logprobs": []}
    if reply.stop == "refusal":
        part = {"type": "refusal", "refusal": reply.text}
    return {
        "id": name,
        "type": "message",
        "role": "assistant",
        "status": "incomplete" if reply.stop == "length" else "completed",
        "content": [part],
    }


def _turns(body: Json) -> list[Json]:
    """The conversation, the instructions as a system message before it."""
    turns = body.get("input")
    if isinstance(turns, str) and turns:
        turns = [{"role": "user", "content": turns}]
    if not isinstance(turns, list) or not turns:
        raise bad_request("Missing required parameter: 'input'.", "input", "missing_required_parameter")
    if body.get("instructions") is None:
        return turns
    return [{"role": "system", "content": text_of(body["instructions"], "instructions")}, *turns]


def _messages(body: Json) -> tuple[Message, ...]:
    messages: list[Message] = []
    for place, turn in enumerate(_turns(body)):
        role = ROLES.get(str(turn.get("role"))) if isinstance(turn, dict) else None
        if role is None or turn.get("type", "message") != "message":
            raise bad_request(f"Invalid value: 'input[{place}]'.", f"input[{place}]", "invalid_value")
        content = turn.get("content")
        if isinstance(content, list):
            content = [
                {**part, "type": "text"}
                if isinstance(part, dict) and part.get("type") in {"input_text", "output_text"}
                else part
                for part in content
            ]
        messages.append({"role": role, "content": text_of(content, f"input[{place}].content")})
    return tuple(messages)


def _usage(tokens: Tokens) -> Json:
    return {
        "input_tokens": tokens.prompt,
        "input_tokens_details": {
            "cached_tokens": tokens.cached_input_tokens,
            "cache_write_tokens": tokens.cache_write_tokens + tokens.cache_write_1h_tokens,
        },
        "output_tokens": tokens.output_tokens,
        "output_tokens_details": {"reasoning_tokens": tokens.reasoning_tokens},
        "total_tokens": tokens.prompt + tokens.output_tokens,
    }
