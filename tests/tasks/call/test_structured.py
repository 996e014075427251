"""Structured output over the real SDKs: what is asked, what comes, and what of it is graded."""

import asyncio
import json
from typing import Any

import pytest
from openai.types.chat import ChatCompletion

from tasks.call.api import api_of, api_params
from tasks.call.endpoint import resolve_endpoint
from tasks.call.provider import Reply
from tasks.call.providers import open_provider
from tasks.model import Api
from tasks.spec import ModelEntry
from tests.tasks import cases
from tests.tasks.call.simulated.loopback import ask as asked
from tests.tasks.call.simulated.loopback import entry, serving
from tests.tasks.call.vendor_server import ask, completion, message, says

SCHEMA = {
    "type": "object",
    "properties": {"meters": {"type": "integer"}, "unit": {"type": "string", "enum": ["m", "km"]}},
    "required": ["meters", "unit"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "run", "schema": SCHEMA, "strict": True}}
FUNCTION = {"type": "function", "function": {"name": "note", "parameters": SCHEMA}}


def called(arguments: object) -> dict[str, Any]:
    """A function's call in a completion."""
    return {"id": "call_1", "type": "function", "function": {"name": "f", "arguments": arguments}}


def test_the_bodies_used_here_are_what_the_sdks_types_say() -> None:
    ChatCompletion.model_validate(completion({"tool_calls": [called("{}")]}, "tool_calls"), strict=True)


@pytest.mark.parametrize(
    ("provider", "body", "expected"),
    [
        pytest.param(
            "anthropic",
            message(
                content=[{"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"n": 42, "für": "é"}}],
                stop_reason="tool_use",
            ),
            ('{"n": 42, "für": "é"}', "tool", None),
            id="anthropic: a tool's input is the text",
        ),
        pytest.param(
            "anthropic",
            message(
                content=[
                    {"type": "thinking", "thinking": "6 x 7. ", "signature": "x"},
                    {"type": "text", "text": "Let me note it."},
                    {"type": "tool_use", "id": "toolu_1", "name": "f", "input": {"n": 4}},
                    {"type": "tool_use", "id": "toolu_2", "name": "f", "input": {"n": 2}},
                ],
                stop_reason="tool_use",
            ),
            ('{"n": 4}\n{"n": 2}', "tool", "6 x 7. Let me note it."),
            id="anthropic: what is said before it is kept beside it",
        ),
        pytest.param(
            "anthropic",
            message(
                content=[{"type": "tool_use", "id": "toolu_1", "name": "f", "input": None}],
                stop_reason="max_tokens",
            ),
            ("", "length", None),
            id="anthropic: cut within a tool's input, of which nothing can be read",
        ),
        pytest.param(
            "openai",
            completion({"content": None, "tool_calls": [called('{"n": 42}')]}, "tool_calls"),
            ('{"n": 42}', "tool", None),
            id="openai: a tool's input is the text",
        ),
        pytest.param(
            "openai",
            completion({"content": "So:", "tool_calls": [called("{"), called("}")]}, "stop"),
            ("{\n}", "tool", "So:"),
            id="openai: a forced tool ends with stop",
        ),
        pytest.param(
            "openai",
            completion({"content": None, "tool_calls": [called('{"n": 4')]}, "length"),
            ('{"n": 4', "length", None),
            id="openai: cut within a tool's input",
        ),
        pytest.param(
            "compatible",
            completion({"tool_calls": [], "reasoning": "6 x 7"}),
            ("42", "stop", "6 x 7"),
            id="compatible: no tool at all",
        ),
        pytest.param(
            "compatible",
            completion(
                {"content": None, "tool_calls": [called({"n": 42}), {"function": 7}, None]}, "tool_calls"
            ),
            ('{"n": 42}', "tool", None),
            id="compatible: arguments that are parsed already, and calls that are none",
        ),
        pytest.param(
            "compatible", completion({"tool_calls": "none"}), ("42", "stop", None), id="compatible: nonsense"
        ),
    ],
)
def test_a_tools_input_is_the_text(provider: str, body: Any, expected: tuple[str, str, str | None]) -> None:
    answer = ask(provider, says(body)).answer
    assert (answer.text, answer.stop_reason, answer.reasoning) == expected


def put(model: str, params: dict[str, Any], api: Api | None = None, **settings: Any) -> Reply:
    """Put the question to a simulated model with these params, over its real SDK."""

    async def run() -> Reply:
        async with serving({"accuracy": 1.0, **settings}, plan=[entry()]) as (url, _):
            fields = {"model": model, "base_url": url} | ({"api": api} if api else {})
            endpoint = resolve_endpoint(ModelEntry.model_validate(fields), {})
            provider = open_provider(endpoint)
            sent = api_params(model, api_of(model, api), {"max_tokens": 1024}, params)
            try:
                return await provider.complete(
                    cases.make_call(1, model=model, params=sent, messages=tuple(asked()))
                )
            finally:
                await provider.close()

    return asyncio.run(run())


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_openai_writes_what_the_schema_says(api: Api) -> None:
    answer = put("simulated/gpt-4o", {"response_format": FORMAT}, api).answer
    assert answer.stop_reason == "stop"
    assert json.loads(answer.text or "") == {"meters": 540, "unit": "m"}


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_openai_writes_an_object_where_any_will_do(api: Api) -> None:
    answer = put("simulated/gpt-4o-2024-05-13", {"response_format": {"type": "json_object"}}, api).answer
    assert isinstance(json.loads(answer.text or ""), dict)


def test_anthropic_takes_the_same_param() -> None:
    answer = put("simulated/claude-haiku-5-5", {"response_format": FORMAT}).answer
    assert json.loads(answer.text or "") == {"meters": 540, "unit": "m"}
    assert answer.stop_reason == "stop"
    assert answer.reasoning, "it thinks before it writes"
    assert answer.usage is not None
    assert 0 < answer.usage.reasoning_tokens < answer.usage.output_tokens


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_openais_forced_function_is_answered_with_its_input(api: Api) -> None:
    choice = {"type": "function", "function": {"name": "note"}}
    answer = put("simulated/gpt-4o", {"tools": [FUNCTION], "tool_choice": choice}, api).answer
    assert (json.loads(answer.text or "")["meters"], answer.stop_reason) == (540, "tool")


def test_anthropics_forced_tool_is_answered_with_its_input() -> None:
    tools = [{"name": "note", "description": "Note a run.", "input_schema": SCHEMA}]
    choice = {"type": "tool", "name": "note"}
    answer = put("simulated/claude-sonnet-4-5", {"tools": tools, "tool_choice": choice}).answer
    assert (json.loads(answer.text or "")["meters"], answer.stop_reason) == (540, "tool")
    assert answer.raw_stop_reason == "tool_use"


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("simulated/gpt-4o", {"stop": ["540"], "seed": 7, "top_p": 0.9}),
        ("simulated/claude-sonnet-4-5", {"stop": ["540"], "top_p": 0.9}),
    ],
)
def test_stop_words_seed_and_top_p_reach_the_model(model: str, params: dict[str, Any]) -> None:
    answer = put(model, params).answer
    assert "540" not in (answer.text or "")
    assert answer.stop_reason == "stop"


def test_the_bound_cuts_structured_output_too() -> None:
    answer = put("simulated/gpt-4o", {"response_format": FORMAT, "max_tokens": 3}).answer
    assert answer.stop_reason == "length"
    with pytest.raises(ValueError, match=r"Unterminated|Expecting"):
        json.loads(answer.text or "")
