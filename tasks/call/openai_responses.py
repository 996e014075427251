"""OpenAI's Responses API, which Azure and some compatible servers speak too.

A call is a request of its own: nothing is kept at the vendor (`store` is false unless a parameter asks for
it), and no earlier response is referred to.

Source: the SDK's types (openai.types.responses.Response, ResponseUsage, response_create_params).
"""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime

import httpx2
import openai
from pydantic import BaseModel, ValidationError

from tasks.call.assemble_response import ResponseAssembly
from tasks.call.endpoint import Endpoint
from tasks.call.exchange import TIMEOUT_S, UNREAD, send, told_apart
from tasks.call.faults import Received, answer_or_raise, bad_body, is_error_body
from tasks.call.openai import ERRORS, REQUEST_IDS
from tasks.call.prefix import keyed
from tasks.call.provider import Reply
from tasks.call.rate_headers import parse_rate_headers, server_now
from tasks.call.usage import responses_usage
from tasks.model import Answer, Call, StopReason

PATH = "/responses"
FAILED = {"error": {"code": "server_error", "message": "the response has the status failed, and no error"}}
STOP_REASONS: Mapping[str, StopReason] = {  # the status, or why it is incomplete
    "completed": "stop",
    "max_output_tokens": "length",
    "content_filter": "content_filter",
    "max_messages": "other",
    "steered": "other",
}
UNDER_WAY = {"queued", "in_progress", "cancelled"}  # statuses of what is no answer, and will not become one


class Item(BaseModel):
    """What is read of an item of the output, if it is a message, reasoning or a tool's call."""

    type: str
    content: object = None
    summary: object = None  # of reasoning
    phase: object = None  # of a message: commentary is not the answer
    arguments: object = None  # of a function's call
    input: object = None  # of a custom tool's call


class Incomplete(BaseModel):
    """Why a response is incomplete."""

    reason: str | None = None


class ResponseBody(BaseModel):
    """What is read of a Response."""

    output: list[Item]
    id: str | None = None
    model: str | None = None
    status: str | None = None
    incomplete_details: Incomplete | None = None
    usage: object = None


class ResponsesProvider:
    """One client of the Responses API, at OpenAI, Azure or a compatible server."""

    def __init__(self, endpoint: Endpoint, client: openai.AsyncOpenAI) -> None:
        self._endpoint = endpoint
        self._client = client

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to."""
        return self._endpoint.host

    async def complete(self, call: Call, *, timeout_s: float = TIMEOUT_S) -> Reply:
        """Make one attempt. Raises: Transient, Rejected, Unusable."""
        post = self._client.post(
            PATH,
            cast_to=httpx2.Response,
            body=response_request(call),
            options={"security": {"bearer_auth": True}, "headers": told_apart(self._endpoint, call)},
            stream=UNREAD,
        )
        assembly = ResponseAssembly() if call.params.get("stream") else None
        received = await send(post, ERRORS, self._endpoint, timeout_s, assembly)
        return read_response(received, self._endpoint.host)

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()


def response_request(call: Call) -> dict[str, object]:
    """The body of a request: system messages that lead the conversation are its instructions."""
    turns = list(call.messages)
    system: list[str] = []
    while turns and turns[0]["role"] == "system":
        system.append(turns.pop(0)["content"])
    body: dict[str, object] = {
        "store": False,
        **call.params,
        "model": call.model.partition("/")[2],
        "input": turns,
    }
    if system:
        body["instructions"] = "\n\n".join(system)
    prefix = call.prefix if len(system) < 2 else None
    return body if prefix is None else keyed(body, call.model, prefix, "input", "input_text")


def read_response(received: Received, host: str) -> Reply:
    """The reply in a response. A refusal is the answer's text, a tool's input likewise.

    Raises: Transient, Rejected, Unusable: it is an error, or no response; also one that came with 200.
    """
    body = received.json()
    request_id = next((received.headers[name] for name in REQUEST_IDS if name in received.headers), None)
    limits = parse_rate_headers(received.headers, server_now(received.headers, datetime.now(UTC)))
    if received.status >= 300 or is_error_body(body):
        answer = answer_or_raise(received, body, host, request_id)
        usage = responses_usage(body.get("usage")) if isinstance(body, dict) else None
        return Reply(replace(answer, usage=usage), limits, received.status)
    response = _parse(body)
    if response is None or response.status in UNDER_WAY:
        raise bad_body(received, host, "something else than a finished response", request_id)
    request_id = request_id or response.id
    if response.status == "failed":
        return Reply(answer_or_raise(received, FAILED, host, request_id), limits, received.status)
    answer = _answer(response, request_id)
    return Reply(replace(answer, ttft_s=received.ttft_s), limits, received.status)


def _answer(response: ResponseBody, request_id: str | None) -> Answer:
    messages = [item for item in response.output if item.type == "message"]
    final = [item for item in messages if item.phase != "commentary"] or messages
    refusal = "".join(text for item in messages for text in _texts(item.content, "refusal", "refusal"))
    said = "".join(text for item in final for text in _texts(item.content, "output_text", "text"))
    inputs = [text for item in response.output if (text := _tool_input(item)) is not None]
    reasoning = [text for item in response.output if item.type == "reasoning" for text in _reasoning(item)]
    if inputs and said:
        reasoning.append(said)  # what is said on the way to a tool is not the tool's input, and is kept
    raw = response.status
    if response.status == "incomplete" and response.incomplete_details:
        raw = response.incomplete_details.reason or raw
    stop = STOP_REASONS.get(raw or "", "other")
    if stop == "stop" and inputs:
        stop = "tool"
    return Answer(
        text=refusal or ("\n".join(inputs) if inputs else said),
        stop_reason="refusal" if refusal else stop,
        raw_stop_reason=raw,
        usage=responses_usage(response.usage),
        reasoning="\n\n".join(reasoning) or None,
        served_model=response.model,
        request_id=request_id,
    )


def _reasoning(item: Item) -> list[str]:
    """The text of a reasoning item: as it was thought, where the server shows that, else the summary."""
    thought = list(_texts(item.content, "reasoning_text", "text"))
    return thought or list(_texts(item.summary, "summary_text", "text"))


def _tool_input(item: Item) -> str | None:
    """What the model hands to a tool; None where the item is no call of one of ours."""
    given = {"function_call": item.arguments, "custom_tool_call": item.input}.get(item.type)
    return given if isinstance(given, str) else None


def _texts(parts: object, kind: str, field: str) -> Iterator[str]:
    """The texts of a kind in a list of parts; whatever else is there is passed over."""
    for part in parts if isinstance(parts, list) else ():
        if isinstance(part, dict) and part.get("type") == kind and isinstance(part.get(field), str):
            yield part[field]


def _parse(body: object) -> ResponseBody | None:
    try:
        return ResponseBody.model_validate(body)
    except ValidationError:
        return None
