"""A stream of the Responses API amounts to the response in its last event, or to its error."""

from typing import Any

import pytest
from openai.types.responses import ResponseStreamEvent
from pydantic import TypeAdapter

from tasks.call.assemble_response import TOKENS, ResponseAssembly
from tasks.call.events import Event, Unreadable
from tests.tasks.call.streaming import unnamed

WHERE = {"item_id": "i", "output_index": 0, "content_index": 0, "logprobs": [], "sequence_number": 1}


def response(status: str, **fields: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1741569952.0,
        "model": "gpt-6-luna",
        "output": [],
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "status": status,
        **fields,
    }


def delta(text: str, kind: str = "response.output_text.delta") -> dict[str, Any]:
    return {"type": kind, "delta": text, **WHERE}


def ended(status: str, **fields: Any) -> dict[str, Any]:
    return {"type": f"response.{status}", "response": response(status, **fields), "sequence_number": 9}


def take(*events: dict[str, Any] | bytes) -> ResponseAssembly:
    assembly = ResponseAssembly()
    for event in events:
        data = event if isinstance(event, bytes) else unnamed(event).removeprefix(b"data: ").strip()
        assembly.take(Event("", data))
    return assembly


def test_the_events_used_here_are_what_the_sdks_types_say() -> None:
    adapter: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent)
    for event in (delta("4"), ended("completed"), ended("failed"), ended("incomplete")):
        adapter.validate_python(event)


@pytest.mark.parametrize("status", ["completed", "incomplete", "failed"])
def test_the_last_event_brings_all(status: str) -> None:
    created = {"type": "response.created", "response": response("in_progress")}
    half = take(created, delta("4"))
    assert (half.started, half.whole, half.over) == (True, False, False)
    whole = take(created, delta("4"), delta("2"), ended(status), b"[DONE]")
    assert (whole.started, whole.whole, whole.over) == (True, True, True)
    assert whole.body() == response(status)


@pytest.mark.parametrize("kind", sorted(TOKENS))
def test_the_first_token_is_of_text_reasoning_or_a_tools_arguments(kind: str) -> None:
    assert not take({"type": "response.created"}, delta("", kind)).started
    assert take(delta("x", kind)).started


def test_an_error_is_an_error() -> None:
    error = {"type": "error", "code": "server_error", "message": "busy", "sequence_number": 2}
    failed = take(delta("4"), error)
    assert (failed.whole, failed.over) == (False, True)
    assert failed.body()["error"]["code"] == "server_error"


@pytest.mark.parametrize("event", [b"{", b"7", {"type": "response.completed"}])
def test_garbage_is_none(event: dict[str, Any] | bytes) -> None:
    with pytest.raises(Unreadable):
        take(event)
