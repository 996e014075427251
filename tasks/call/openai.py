"""OpenAI's chat completions, which Azure and every compatible server speak too.

Source: the SDK's types (openai.types.chat.ChatCompletion, CompletionUsage). Compatible servers add reasoning
text as `reasoning_content` (DeepSeek, vLLM) or `reasoning` (OpenRouter, newer vLLM).
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import TypeVar

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from tasks.call.assemble import CompletionAssembly
from tasks.call.endpoint import Endpoint
from tasks.call.exchange import TIMEOUT_S, UNREAD, SdkErrors, http_client, send, timeouts, told_apart
from tasks.call.faults import Received, answer_or_raise, bad_body, is_error_body
from tasks.call.prefix import keyed
from tasks.call.provider import Reply
from tasks.call.rate_headers import parse_rate_headers, server_now
from tasks.call.usage import openai_usage
from tasks.model import Answer, Call, StopReason, as_json

PATH = "/chat/completions"
ERRORS = SdkErrors(openai.APIStatusError, openai.OpenAIError)
STOP_REASONS: Mapping[str, StopReason] = {
    "stop": "stop",
    "length": "length",
    "content_filter": "content_filter",
    "tool_calls": "tool",
    "function_call": "tool",
    # compatible servers'
    "eos": "stop",
    "eos_token": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
}
Client = TypeVar("Client", openai.AsyncOpenAI, openai.AsyncAzureOpenAI)
REFUSED_OPTION = "a refusal of stream_options, which is left out from now on"  # older Azure versions
REQUEST_IDS = ("x-request-id", "apim-request-id", "request-id")


class Part(BaseModel):
    """A part of a content that is a list, as some compatible servers write it."""

    type: str
    text: str | None = None


class ChatMessage(BaseModel):
    """What is read of a choice's message."""

    content: str | list[Part] | None = None
    refusal: str | None = None
    tool_calls: object = None
    reasoning_content: str | None = None
    reasoning: object = None


class Choice(BaseModel):
    """What is read of a choice; an `error` in it is OpenRouter's."""

    message: ChatMessage
    finish_reason: str | None = None
    error: object = None


class CompletionBody(BaseModel):
    """What is read of a ChatCompletion."""

    choices: list[Choice]
    id: str | None = None
    model: str | None = None
    system_fingerprint: str | None = None
    usage: object = None


class OpenAIProvider:
    """One client of the chat completions API, at OpenAI, Azure or a compatible server."""

    def __init__(self, endpoint: Endpoint, client: openai.AsyncOpenAI) -> None:
        self._endpoint = endpoint
        self._client = client
        self._tells_usage = True  # False once the server refused to be asked for a stream's usage

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to."""
        return self._endpoint.host

    async def complete(self, call: Call, *, timeout_s: float = TIMEOUT_S) -> Reply:
        """Make one attempt. Raises: Transient, Rejected, Unusable."""
        streams = bool(call.params.get("stream"))
        asks_usage = streams and self._tells_usage
        post = self._client.post(
            PATH,
            cast_to=httpx2.Response,
            body={
                **completion_request(call),
                **({"stream_options": {"include_usage": True}} if asks_usage else {}),
            },
            options={"security": {"bearer_auth": True}, "headers": told_apart(self._endpoint, call)},
            stream=UNREAD,
        )
        assembly = CompletionAssembly() if streams else None
        received = await send(post, ERRORS, self._endpoint, timeout_s, assembly)
        if asks_usage and received.status in {400, 422} and b"stream_options" in received.body:
            self._tells_usage = False
            raise bad_body(received, self._endpoint.host, REFUSED_OPTION, None)
        return read_completion(received, self._endpoint.host)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def openai_client(endpoint: Endpoint) -> openai.AsyncOpenAI:
    """The SDK's client; to OpenAI's own address with the environment's organisation, project and headers."""
    client = openai.AsyncOpenAI(
        api_key=endpoint.api_key.reveal(),
        base_url=endpoint.base_url,
        default_headers=dict(endpoint.headers),
        max_retries=0,
        timeout=timeouts(),
        http_client=http_client(openai.DefaultAioHttpClient, endpoint),
    )
    return without_environment(client, endpoint) if endpoint.own_address else client


def without_environment(client: Client, endpoint: Endpoint) -> Client:
    """The client without what the environment holds for OpenAI: that is not for other servers.

    The SDK reads organisation, project and OPENAI_CUSTOM_HEADERS (which may hold a key) by itself.
    """
    client.organization = client.project = client.admin_api_key = None
    client._custom_headers = dict(endpoint.headers)
    return client


def completion_request(call: Call) -> dict[str, object]:
    """The body of a request."""
    body: dict[str, object] = {
        **call.params,
        "model": call.model.partition("/")[2],
        "messages": list(call.messages),
    }
    return body if call.prefix is None else keyed(body, call.model, call.prefix, "messages", "text")


def read_completion(received: Received, host: str) -> Reply:
    """The reply in a response. A refusal is the answer's text, with the stop reason `refusal`.

    Where the model calls a tool, the text is the tool's input, a line for each call.

    Raises: Transient, Rejected, Unusable: it is an error, or no completion.
    """
    body = received.json()
    request_id = next((received.headers[name] for name in REQUEST_IDS if name in received.headers), None)
    limits = parse_rate_headers(received.headers, server_now(received.headers, datetime.now(UTC)))
    if received.status >= 300 or is_error_body(body):
        return Reply(answer_or_raise(received, body, host, request_id), limits, received.status)
    completion = _parse(body)
    if completion is None or not completion.choices:
        raise bad_body(received, host, "something else than a completion", request_id)
    choice = completion.choices[0]
    request_id = request_id or completion.id
    if choice.error:
        answer = answer_or_raise(received, {"error": choice.error}, host, request_id)
        return Reply(answer, limits, received.status)
    message = choice.message
    thought = message.reasoning_content or message.reasoning
    reasoning = thought if isinstance(thought, str) else ""
    said, inputs = _content(message), _tool_inputs(message.tool_calls)
    if inputs and said:
        reasoning = f"{reasoning}\n\n{said}".strip()  # said on the way to a tool: not its input, and kept
    answer = Answer(
        text=message.refusal or ("\n".join(inputs) if inputs else said),
        stop_reason="refusal" if message.refusal else _stop_reason(choice.finish_reason, inputs),
        raw_stop_reason=choice.finish_reason,
        usage=openai_usage(completion.usage),
        reasoning=reasoning or None,
        served_model=completion.model,
        fingerprint=completion.system_fingerprint,
        request_id=request_id,
        ttft_s=received.ttft_s,
    )
    return Reply(answer, limits, received.status)


def _stop_reason(word: str | None, inputs: list[str]) -> StopReason:
    """A forced tool's call ends with the word `stop` at OpenAI; it is a tool's input all the same."""
    stop = STOP_REASONS.get(word or "", "other")
    return "tool" if inputs and stop == "stop" else stop


def _tool_inputs(calls: object) -> list[str]:
    """What the model hands to tools, as it wrote it; some servers have parsed it already."""
    functions = (
        [call.get("function") for call in calls if isinstance(call, dict)] if isinstance(calls, list) else []
    )
    given = [function.get("arguments") for function in functions if isinstance(function, dict)]
    return [one if isinstance(one, str) else as_json(one) for one in given if one is not None]


def _content(message: ChatMessage) -> str:
    if isinstance(message.content, list):
        return "".join(part.text or "" for part in message.content if part.type in {"text", "output_text"})
    return message.content or ""


def _parse(body: object) -> CompletionBody | None:
    try:
        return CompletionBody.model_validate(body)
    except ValidationError:
        return None
