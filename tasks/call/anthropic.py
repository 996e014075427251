"""Anthropic's Messages API. Source: the SDK's types (anthropic.types.Message, Usage), API 2026-10-21."""

from collections.abc import Mapping
from datetime import UTC, datetime

import anthropic
import httpx2
from pydantic import BaseModel, ValidationError

from tasks.call.assemble import MessageAssembly
from tasks.call.endpoint import Endpoint
from tasks.call.exchange import TIMEOUT_S, UNREAD, SdkErrors, http_client, send, timeouts, told_apart
from tasks.call.facts import default_max_tokens, sampling_version
from tasks.call.faults import Received, answer_or_raise, bad_body, is_error_body
from tasks.call.prefix import marked_message
from tasks.call.provider import Reply
from tasks.call.rate_headers import parse_rate_headers, server_now
from tasks.call.usage import anthropic_usage
from tasks.model import Answer, Call, StopReason, as_json

PATH = "/v1/messages"
ERRORS = SdkErrors(anthropic.APIStatusError, anthropic.AnthropicError)
STOP_REASONS: Mapping[str, StopReason] = {
    "end_turn": "stop",
    "stop_sequence": "stop",
    "max_tokens": "length",
    "model_context_window_exceeded": "length",
    "refusal": "refusal",
    "tool_use": "tool",
    "pause_turn": "other",
}


class Block(BaseModel):
    """A block of a message's content; of the many types, text, thinking and a tool's use are read."""

    type: str
    text: str | None = None
    thinking: str | None = None
    input: object = None


class MessageBody(BaseModel):
    """What is read of a Message."""

    content: list[Block]
    model: str | None = None
    stop_reason: str | None = None
    usage: object = None


class AnthropicProvider:
    """One client of the Messages API."""

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._pins_version = any(name.lower() == "anthropic-version" for name in endpoint.headers)
        self._client = anthropic_client(endpoint)

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to."""
        return self._endpoint.host

    async def complete(self, call: Call, *, timeout_s: float = TIMEOUT_S) -> Reply:
        """Make one attempt. Raises: Transient, Rejected, Unusable."""
        version = None if self._pins_version else sampling_version(call.params)
        headers = told_apart(self._endpoint, call) | ({"anthropic-version": version} if version else {})
        post = self._client.post(
            PATH,
            cast_to=httpx2.Response,
            body=message_request(call),
            options={"headers": headers},
            stream=UNREAD,
        )
        assembly = MessageAssembly() if call.params.get("stream") else None
        received = await send(post, ERRORS, self._endpoint, timeout_s, assembly)
        return read_message(received, self._endpoint.host)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def anthropic_client(endpoint: Endpoint) -> anthropic.AsyncAnthropic:
    """The SDK's client; to Anthropic's own address with the environment's headers."""
    client = anthropic.AsyncAnthropic(
        api_key=endpoint.api_key.reveal(),
        base_url=endpoint.base_url,
        default_headers=dict(endpoint.headers),
        max_retries=0,
        timeout=timeouts(),
        open_telemetry=False,
        http_client=http_client(anthropic.DefaultAioHttpClient, endpoint),
    )
    if endpoint.own_address:  # ANTHROPIC_CUSTOM_HEADERS may hold a key, which is not for other servers
        client._custom_headers = dict(endpoint.headers)
    return client


def message_request(call: Call) -> dict[str, object]:
    """The body of a request: system messages that lead the conversation go into the field of their own."""
    turns = list(call.messages)
    system: list[str] = []
    while turns and turns[0]["role"] == "system":
        system.append(turns.pop(0)["content"])
    body: dict[str, object] = {
        "max_tokens": default_max_tokens(call.model),
        **call.params,
        "model": call.model.partition("/")[2],
        "messages": turns,
    }
    if system:
        body["system"] = "\n\n".join(system)
    return body if call.prefix is None else marked_message(body, call.prefix, len(system))


def read_message(received: Received, host: str) -> Reply:
    """The reply in a response. All text blocks are joined; a refusal keeps what text there is.

    Where the model uses a tool, the text is the tool's input as JSON, a line for each use.

    Raises: Transient, Rejected, Unusable: it is an error, or no message.
    """
    body = received.json()
    request_id = received.headers.get("request-id")
    limits = parse_rate_headers(received.headers, server_now(received.headers, datetime.now(UTC)))
    if received.status >= 300 or is_error_body(body):
        return Reply(answer_or_raise(received, body, host, request_id), limits, received.status)
    message = _parse(body)
    if message is None:
        raise bad_body(received, host, "something else than a message", request_id)
    thinking = [block.thinking for block in message.content if block.type == "thinking" and block.thinking]
    said = "".join(block.text or "" for block in message.content if block.type == "text")
    inputs = [
        as_json(block.input)
        for block in message.content
        if block.type == "tool_use" and block.input is not None
    ]
    if inputs and said:
        thinking.append(said)  # what is said on the way to a tool is not the tool's input, and is kept
    answer = Answer(
        text="\n".join(inputs) if inputs else said,
        stop_reason=STOP_REASONS.get(message.stop_reason or "", "other"),
        raw_stop_reason=message.stop_reason,
        usage=anthropic_usage(message.usage),
        reasoning="".join(thinking) or None,
        served_model=message.model,
        request_id=request_id,
        ttft_s=received.ttft_s,
    )
    return Reply(answer, limits, received.status)


def _parse(body: object) -> MessageBody | None:
    try:
        return MessageBody.model_validate(body)
    except ValidationError:
        return None
