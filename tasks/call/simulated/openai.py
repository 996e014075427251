"""The OpenAI chat completions protocol and Azure's dialect of it, as the openai SDK (3.57) types have them.

Cached and written tokens lie inside `prompt_tokens`, reasoning inside `completion_tokens`. Azure names the
model by the deployment in the path, has error codes of its own, and refuses filtered prompts with a 400.
"""

import math
from collections.abc import Mapping, Sequence
from functools import lru_cache

from tasks.call.api import api_of
from tasks.call.facts import Family
from tasks.call.simulated.caching import chat_marks
from tasks.call.simulated.families import listed_models
from tasks.call.simulated.openai_stream import stream_completion, wants_usage
from tasks.call.simulated.structured import chat_shape
from tasks.call.simulated.wire import (
    Headers,
    Json,
    Level,
    Problem,
    Refused,
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
from tasks.model import Message, short_hash

ROLES = {"system": "system", "developer": "system", "user": "user", "assistant": "assistant"}
_STOPS = {"stop": "stop", "stop_sequence": "stop", "length": "length", "refusal": "stop"}
_NO_ACCESS = (
    "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key "
    "for an active subscription and use a correct regional API endpoint for your resource."
)
_NO_DEPLOYMENT = (
    "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
    "minutes, please wait a moment and try again."
)
_FILTERS = ("hate", "self_harm", "sexual", "violence")


class OpenAI(Vendor):
    """POST /v1/chat/completions."""

    name = "openai"

    def key(self, headers: Mapping[str, str]) -> str | None:
        """The bearer token."""
        return headers.get("authorization", "").removeprefix("Bearer ").strip() or None

    def read(self, body: Json, headers: Mapping[str, str], model: str, family: Family | None) -> Request:
        """The request in our words; `developer` is what newer models call the system message."""
        if api_of(f"openai/{model}", None) == "responses":
            only = "This model is only supported in v1/responses and not in v1/chat/completions."
            raise Refused(Problem("no_model", only))
        max_tokens = _max_tokens(body, family)
        check_sampling(body, family)
        if body.get("n") not in (None, 1):
            raise bad_request("n: the simulated server gives one choice only", "n", "unsupported_value")
        messages = _messages(body)
        return Request(
            model=model,
            messages=messages,
            input_tokens=sum(count_tokens(message["content"]) for message in messages),
            max_tokens=max_tokens,
            stop=stop_words(body, "stop"),
            thinks=family is not None and family.thinks and _effort(body, family) != "none",
            shape=chat_shape(body),
            streams=streams(body),
            stream_usage=wants_usage(body),
            marks=chat_marks(body, model, body["messages"]),
        )

    def reply(self, request: Request, reply: Reply, unique: str, now: float) -> Json:
        """A `ChatCompletion`."""
        refused = reply.stop == "refusal"
        tool = request.shape.tool if request.shape and not refused else None
        body: Json = {
            "id": f"chatcmpl-sim{unique}",
            "object": "chat.completion",
            "created": int(now),
            "model": request.model,
            "choices": [
                {
                    "index": 0,
                    "message": {
                        "role": "assistant",
                        "content": None if refused or tool else reply.text,
                        "refusal": reply.text if refused else None,
                        "annotations": [],
                        **({"tool_calls": [_tool_call(tool, reply.text, unique)]} if tool else {}),
                    },
                    "logprobs": None,
                    "finish_reason": "tool_calls" if tool and reply.stop == "stop" else _STOPS[reply.stop],
                }
            ],
        }
        if reply.shows_usage:
            body["usage"] = _usage(reply.tokens)
        return body | {
            "service_tier": "default",
            "system_fingerprint": _fingerprint(request.model),
        }

    def stream(self, request: Request, reply: Reply, unique: str, now: float) -> Streamed:
        """`chat.completion.chunk`s."""
        return stream_completion(request, self.reply(request, reply, unique, now))

    def stream_error(self, problem: Problem, request_id: str) -> bytes:
        """A chunk that is an error."""
        return event(to_bytes(self.problem(problem, request_id)[1]))

    def problem(self, problem: Problem, request_id: str) -> tuple[int, Json]:
        """Status and `{"error": ErrorObject}`."""
        status, message, kind, param, code = _error(problem)
        return status, {"error": {"message": message, "type": kind, "param": param, "code": code}}

    def headers(self, request_id: str, latency_ms: int) -> Headers:
        """The request's id and what it took."""
        return [
            ("x-request-id", request_id),
            ("openai-processing-ms", str(latency_ms)),
            ("openai-version", "2020-10-01"),
            ("openai-organization", "org-simulated"),
        ]

    def limit_headers(self, levels: Sequence[Level], now: float) -> Headers:
        """`x-ratelimit-limit|remaining|reset-requests|tokens`; the reset is a duration such as `1m0.5s`."""
        headers: Headers = []
        for level in levels:
            if level.kind == "output_tokens":
                continue  # OpenAI has one limit on tokens
            kind = "requests" if level.kind == "requests" else "tokens"
            headers += [
                (f"x-ratelimit-limit-{kind}", str(level.limit)),
                (f"x-ratelimit-remaining-{kind}", str(level.remaining)),
                (f"x-ratelimit-reset-{kind}", _duration(level.reset_s)),
            ]
        return headers

    def retry_headers(self, retry_after_s: float, *, exact: bool) -> Headers:
        """Also in milliseconds, which the SDKs prefer."""
        milliseconds = math.ceil(retry_after_s * 1000)
        return [
            ("retry-after-ms", str(milliseconds)),
            *super().retry_headers(retry_after_s, exact=exact),
        ]

    def models(self, names: Sequence[str]) -> Json:
        """A list of `Model`."""
        data = [
            {
                "id": model.id,
                "object": "model",
                "created": int(model.released_at.timestamp()),
                "owned_by": "system",
            }
            for model in listed_models("openai", names)
        ]
        return {"object": "list", "data": data}


class Azure(OpenAI):
    """POST /openai/deployments/{deployment}/chat/completions?api-version=..."""

    name = "azure"

    def key(self, headers: Mapping[str, str]) -> str | None:
        """`api-key`, or a token of the directory."""
        return headers.get("api-key") or super().key(headers)

    def reply(self, request: Request, reply: Reply, unique: str, now: float) -> Json:
        """With what the content filters found: nothing."""
        body = super().reply(request, reply, unique, now)
        found = {name: {"filtered": False, "severity": "safe"} for name in _FILTERS}
        body["prompt_filter_results"] = [{"prompt_index": 0, "content_filter_results": found}]
        body["choices"][0]["content_filter_results"] = found
        return body

    def problem(self, problem: Problem, request_id: str) -> tuple[int, Json]:
        """Azure's own bodies where it has its own; else OpenAI's."""
        match problem.kind:
            case "content_filter":
                return 400, {"error": _filtered()}
            case "auth":
                return 401, {"error": {"code": "401", "message": _NO_ACCESS}}
            case "no_model":
                return 404, {"error": {"code": "DeploymentNotFound", "message": _NO_DEPLOYMENT}}
            case "no_route":
                return 404, {"error": {"code": "404", "message": problem.message or "Resource not found"}}
            case "rate_limited":
                wait = math.ceil(problem.retry_after_s or 1)
                what = "call rate limit" if problem.limit_kind == "requests" else "token rate limit"
                message = (
                    "Requests to the ChatCompletions_Create Operation have exceeded the "
                    f"{what} of your current pricing tier. Please retry after {wait} seconds."
                )
                return 429, {"error": {"code": "429", "message": message}}
            case _:
                return super().problem(problem, request_id)

    def headers(self, request_id: str, latency_ms: int) -> Headers:
        """The gateway's id as well."""
        return [("x-request-id", request_id), ("apim-request-id", request_id), ("x-ms-region", "simulated")]


@lru_cache(maxsize=1024)
def _fingerprint(model: str) -> str:
    return f"fp_sim{short_hash(model)}"


def _tool_call(name: str, arguments: str, unique: str) -> Json:
    return {
        "id": f"call_sim{unique}",
        "type": "function",
        "function": {"name": name, "arguments": arguments},
    }


def _max_tokens(body: Json, family: Family | None) -> int | None:
    newer = body.get("max_completion_tokens") is not None
    name = "max_completion_tokens" if newer else "max_tokens"
    sent = body.get(name) is not None
    if sent and not newer and family and family.max_tokens_field == "max_completion_tokens":
        raise bad_request(
            "Unsupported parameter: 'max_tokens' is not supported with this model. Use "
            "'max_completion_tokens' instead.",
            name,
            "unsupported_parameter",
        )
    return check_bound(body, name, family)


def check_bound(body: Json, name: str, family: Family | None) -> int | None:
    """The bound of the output, by its name in the API; refused where the model writes less."""
    max_tokens = whole_number(body, name)
    most = family.max_output_tokens if family else None
    if max_tokens is not None and most is not None and max_tokens > most:
        raise bad_request(
            f"{name} is too large: {max_tokens}. This model supports at most {most} completion tokens, "
            f"whereas you provided {max_tokens}.",
            name,
            "invalid_value",
        )
    return max_tokens


def check_sampling(body: Json, family: Family | None) -> None:
    """Refuse a temperature or top_p that the model does not take."""
    check_temperature(body, 2.0)
    if family is None or family.sampling not in {"none", "no_effort"}:
        return
    if family.sampling == "no_effort" and _effort(body, family) == "none":
        return
    for name in ("temperature", "top_p"):
        if body.get(name) not in (None, 1):
            raise bad_request(
                f"Unsupported value: '{name}' does not support {body[name]} with this model. Only the "
                "default (1) value is supported.",
                name,
                "unsupported_value",
            )


def _effort(body: Json, family: Family) -> object:
    return body.get("reasoning_effort") or family.default_effort


def _messages(body: Json) -> tuple[Message, ...]:
    turns = body.get("messages")
    if not isinstance(turns, list) or not turns:
        raise bad_request("Missing required parameter: 'messages'.", "messages", "missing_required_parameter")
    messages: list[Message] = []
    for place, turn in enumerate(turns):
        role = ROLES.get(str(turn.get("role"))) if isinstance(turn, dict) else None
        if role is None:
            raise bad_request(
                f"Invalid value for 'messages[{place}].role'. Supported values are: {', '.join(ROLES)}.",
                f"messages[{place}].role",
                "invalid_value",
            )
        messages.append({"role": role, "content": text_of(turn.get("content"), f"messages[{place}].content")})
    return tuple(messages)


def _usage(tokens: Tokens) -> Json:
    return {
        "prompt_tokens": tokens.prompt,
        "completion_tokens": tokens.output_tokens,
        "total_tokens": tokens.prompt + tokens.output_tokens,
        "prompt_tokens_details": {
            "cached_tokens": tokens.cached_input_tokens,
            "cache_write_tokens": tokens.cache_write_tokens + tokens.cache_write_1h_tokens,
            "audio_tokens": 0,
        },
        "completion_tokens_details": {
            "reasoning_tokens": tokens.reasoning_tokens,
            "audio_tokens": 0,
            "accepted_prediction_tokens": 0,
            "rejected_prediction_tokens": 0,
        },
    }


def _error(problem: Problem) -> tuple[int, str, str, str | None, str | None]:
    """Status, message, type, param, code."""
    wrong = "invalid_request_error"
    match problem.kind:
        case "auth":
            message = problem.message or (
                "Incorrect API key provided: ***. You can find your API key at "
                "https://platform.openai.com/account/api-keys."
            )
            return 401, message, wrong, None, "invalid_api_key"
        case "context_overflow":
            message = (
                f"This model's maximum context length is {problem.maximum} tokens. However, your messages "
                f"resulted in {problem.tokens} tokens. Please reduce the length of the messages."
            )
            return 400, message, wrong, "messages", "context_length_exceeded"
        case "no_model":
            message = (
                problem.message
                or f"The model `{problem.model}` does not exist or you do not have access to it."
            )
            return 404, message, wrong, None, "model_not_found"
        case "no_route":
            return 404, problem.message or "Invalid URL", wrong, None, None
        case "conflict":
            return 409, problem.message, wrong, None, None
        case "overloaded":
            return 503, "The server is currently overloaded. Please retry later.", "server_error", None, None
        case "server_error":
            message = "The server had an error while processing your request. Sorry about that!"
            return 500, message, "server_error", None, None
        case "too_large":
            return 413, "The request is too large.", wrong, None, None
        case "rate_limited":
            return 429, _rate_limited(problem), *_limit_words(problem)
        case _:
            return 400, problem.message, wrong, problem.param, problem.code


def _rate_limited(problem: Problem) -> str:
    what = "requests per min (RPM)" if problem.limit_kind == "requests" else "tokens per min (TPM)"
    limit = "" if problem.limit is None else f": Limit {problem.limit}"
    return (
        f"Rate limit reached for {problem.model} in organization org-simulated on {what}{limit}. "
        f"Please try again in {_duration(problem.retry_after_s or 1.0)}."
    )


def _limit_words(problem: Problem) -> tuple[str, None, str]:
    return "requests" if problem.limit_kind == "requests" else "tokens", None, "rate_limit_exceeded"


def _filtered() -> Json:
    result: Json = {name: {"filtered": False, "severity": "safe"} for name in _FILTERS}
    result["violence"] = {"filtered": True, "severity": "medium"}
    result["jailbreak"] = {"filtered": False, "detected": False}
    return {
        "message": (
            "The response was filtered due to the prompt triggering Azure OpenAI's content management "
            "policy. Please modify your prompt and retry. To learn more about our content filtering policies "
            "please read our documentation: https://go.microsoft.com/fwlink/?linkid=2198766"
        ),
        "type": None,
        "param": "prompt",
        "code": "content_filter",
        "status": 400,
        "innererror": {"code": "ResponsibleAIPolicyViolation", "content_filter_result": result},
    }


def _duration(seconds: float) -> str:
    if seconds < 1:
        return f"{math.ceil(seconds * 1000)}ms"
    minutes, rest = divmod(math.ceil(seconds * 1000) / 1000, 60)
    return f"{int(minutes)}m{rest:g}s" if minutes else f"{rest:g}s"
