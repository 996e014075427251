"""Streams of the Responses API: the SDK takes the simulated ones for real, and ours is read as an answer."""

import asyncio
from typing import Any

import pytest
from openai import AsyncOpenAI, DefaultAioHttpClient
from openai.types.responses import Response, ResponseStreamEvent
from pydantic import TypeAdapter

from tasks.call.endpoint import resolve_endpoint
from tasks.call.provider import Reply
from tasks.call.providers import open_provider
from tasks.model import Call, Usage
from tasks.spec import ModelEntry
from tests.tasks import cases
from tests.tasks.call.simulated.loopback import GPT, QUESTION, ask, entry, serving
from tests.tasks.call.streaming import named, streams
from tests.tasks.call.test_assemble_response import delta, ended, response
from tests.tasks.call.vendor_server import ask as ask_vendor
from warehouse.errors import Transient

SCHEMA = {"type": "object", "properties": {"meters": {"type": "integer"}, "unit": {"type": "string"}}}
TOOL = {"type": "function", "name": "note", "parameters": SCHEMA, "strict": True}
CALLED: dict[str, Any] = {"tools": [TOOL], "tool_choice": {"type": "function", "name": "note"}}
THINKS = {"model": "o3", "max_output_tokens": 2000, "reasoning": {"summary": "auto"}}
MESSAGE = {
    "id": "msg_1",
    "type": "message",
    "role": "assistant",
    "status": "completed",
    "content": [{"type": "output_text", "text": "42", "annotations": [], "logprobs": []}],
}
USAGE = {
    "input_tokens": 12,
    "input_tokens_details": {"cached_tokens": 4, "cache_write_tokens": 0},
    "output_tokens": 3,
    "output_tokens_details": {"reasoning_tokens": 1},
    "total_tokens": 15,
}
EVENTS: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)


@pytest.mark.parametrize(
    ("settings", "params"),
    [
        pytest.param({"accuracy": 1.0}, {}, id="text"),
        pytest.param({}, THINKS, id="reasoning"),
        pytest.param({"refusals": 1.0}, {}, id="a refusal"),
        pytest.param({}, {"max_output_tokens": 16}, id="cut"),
        pytest.param({}, CALLED, id="a function's call"),
    ],
)
def test_the_sdk_reads_the_simulated_events_and_the_last_is_the_response(
    settings: dict[str, Any], params: dict[str, Any]
) -> None:
    async def run() -> tuple[list[Any], Response]:
        async with serving(settings, [entry()]) as (url, _):
            client = AsyncOpenAI(
                api_key="a key", base_url=f"{url}/v1", max_retries=0, http_client=DefaultAioHttpClient()
            )
            async with client:
                body: dict[str, Any] = {"model": GPT, "input": ask()} | params
                plain = await client.responses.create(**body)
                stream = await client.responses.create(**body, stream=True)
                return [event async for event in stream], plain

    events, plain = asyncio.run(run())
    for event in events:
        EVENTS.validate_python(event.model_dump(exclude_unset=True))
    assert [event.sequence_number for event in events] == list(range(len(events)))
    assert events[0].type == "response.created"
    last = events[-1]
    assert last.type == f"response.{plain.status}"
    assert last.response.status == plain.status
    assert last.response.output_text == plain.output_text
    assert last.response.usage == plain.usage
    deltas = [event.delta for event in events if event.type.endswith(".delta")]
    written = [part for item in plain.output for part in _texts(item)]
    assert "".join(deltas) == "".join(written)
    assert len(deltas) > 1


def _texts(item: Any) -> list[str]:
    if item.type == "message":
        return [part.refusal if part.type == "refusal" else part.text for part in item.content]
    return [item.arguments] if item.type == "function_call" else [part.text for part in item.summary]


def attempts(settings: dict[str, Any], *variants: dict[str, Any]) -> tuple[list[Reply], list[dict[str, Any]]]:
    """One call after the other to the simulated server, through the provider; and its ledger."""

    async def run() -> tuple[list[Reply], list[dict[str, Any]]]:
        async with serving(settings, [entry()]) as (url, service):
            model = ModelEntry.model_validate(
                {"model": f"simulated/{GPT}", "base_url": url, "api": "responses"}
            )
            provider = open_provider(resolve_endpoint(model, {}))
            try:
                replies = [await provider.complete(_call(params)) for params in variants]
            finally:
                await provider.close()
            return replies, service.ledger.to_json()["rows"]

    return asyncio.run(run())


def _call(params: dict[str, Any]) -> Call:
    turns = ({"role": "user", "content": QUESTION},)
    return cases.make_call(1, model=f"simulated/{GPT}", params=params, messages=turns)


def test_streamed_or_not_it_is_one_answer_and_one_bill() -> None:
    (plain, streamed), rows = attempts({"accuracy": 1.0, "latency_ms": 60}, {}, {"stream": True})
    assert plain.answer.ttft_s is None
    assert streamed.answer.ttft_s is not None
    assert (streamed.answer.text, streamed.answer.stop_reason) == (plain.answer.text, "stop")
    assert streamed.answer.usage == plain.answer.usage
    assert rows[0]["output_tokens"] == rows[1]["output_tokens"]


@pytest.mark.parametrize("fault", ["cut", "error_event", "garbled"])
def test_a_stream_that_breaks_in_its_middle_is_an_attempt_that_failed(fault: str) -> None:
    with pytest.raises(Transient):
        attempts({"faults": {fault: 1.0}}, {"stream": True})


def of(provider: str, *events: dict[str, Any]) -> Reply:
    pieces: list[bytes | float] = [named(**event) for event in events]
    return ask_vendor(provider, streams(pieces), params={"stream": True}, api="responses")


@pytest.mark.parametrize("provider", ["openai", "azure", "compatible"])
def test_the_last_event_is_read_as_a_response(provider: str) -> None:
    reply = of(
        provider,
        {"type": "response.created", "response": response("in_progress"), "sequence_number": 0},
        delta("4"),
        delta("2"),
        ended("completed", output=[MESSAGE], usage=USAGE),
    )
    assert (reply.answer.text, reply.answer.stop_reason) == ("42", "stop")
    assert reply.answer.usage == Usage(8, 3, 4, 0, 0, 1)
    assert reply.answer.ttft_s is not None


def test_a_filter_amid_the_stream_is_graded_and_a_failure_is_retried() -> None:
    why = {"reason": "content_filter"}
    cut = of("openai", delta("4"), ended("incomplete", output=[MESSAGE], incomplete_details=why))
    assert cut.answer.stop_reason == "content_filter"
    error = {"code": "server_error", "message": "the model is busy"}
    with pytest.raises(Transient, match="the model is busy"):
        of("openai", delta("4"), ended("failed", error=error))
    with pytest.raises(Transient):
        of("openai", delta("4"))
