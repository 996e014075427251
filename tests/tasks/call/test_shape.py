"""A wrong shape is refused before money is spent; a right one is sent as the vendor has it."""

import math
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.api import api_params
from tasks.call.facts import REASONING_ROOM
from tasks.call.shape import check_call, check_shape
from tests.tasks import cases
from warehouse.errors import SpecError

SCHEMA = {
    "type": "object",
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
    "additionalProperties": False,
}
FORMAT = {"type": "json_schema", "json_schema": {"name": "answer", "schema": SCHEMA, "strict": True}}
FUNCTION = {"type": "function", "function": {"name": "answer", "parameters": SCHEMA}}
TOOL = {"name": "answer", "input_schema": SCHEMA}
SONNET, HAIKU = "anthropic/claude-sonnet-4-5", "anthropic/claude-haiku-5-5"


def loose(**fields: Any) -> dict[str, Any]:
    """The format with a schema that strict does not take."""
    return {
        "type": "json_schema",
        "json_schema": {"name": "n", "strict": True, "schema": {**SCHEMA, **fields}},
    }


@pytest.mark.parametrize(
    ("model", "suite", "variant", "sent"),
    [
        pytest.param(
            "openai/gpt-4o", {"response_format": FORMAT}, {}, {"response_format": FORMAT}, id="openai"
        ),
        pytest.param(
            "azure/my-deployment", {}, {"response_format": FORMAT}, {"response_format": FORMAT}, id="azure"
        ),
        pytest.param(
            "openai/gpt-4o-2024-05-13",
            {"response_format": {"type": "json_object"}},
            {},
            {"response_format": {"type": "json_object"}},
            id="an older model's json_object",
        ),
        pytest.param(
            "openai/gpt-4o-2024-05-13", {"response_format": FORMAT}, {}, {}, id="which has no schemas"
        ),
        pytest.param(
            SONNET,
            {"response_format": FORMAT, "max_tokens": 9},
            {},
            {"output_config": {"format": {"type": "json_schema", "schema": SCHEMA}}, "max_tokens": 9},
            id="anthropic: the same param, in its own words",
        ),
        pytest.param(
            HAIKU,
            {"response_format": FORMAT, "max_tokens": 9},
            {"output_config": {"effort": "low"}},
            {
                "output_config": {"effort": "low", "format": {"type": "json_schema", "schema": SCHEMA}},
                "max_tokens": 9 + REASONING_ROOM,
            },
            id="anthropic: a suite's format and a variant's effort",
        ),
        pytest.param(
            "anthropic/claude-opus-4-5",
            {"output_config": {"effort": "max", "format": {"type": "json_schema", "schema": SCHEMA}}},
            {},
            {
                "output_config": {"format": {"type": "json_schema", "schema": SCHEMA}},
                "max_tokens": 8192,
            },
            id="anthropic: of a suite's two parts the one that the model has",
        ),
        pytest.param(
            "anthropic/claude-3-opus-20240229",
            {"response_format": FORMAT},
            {},
            {"max_tokens": 4096},
            id="anthropic: a model without structured output is plainly asked",
        ),
        pytest.param(
            SONNET,
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "answer"}, "max_tokens": 9},
            {},
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "answer"}, "max_tokens": 9},
            id="anthropic: a tool's schema",
        ),
        pytest.param(
            "compatible/llama",
            {},
            {"response_format": "whatever", "tools": 7, "top_p": "much"},
            {"response_format": "whatever", "tools": 7, "top_p": "much"},
            id="a compatible server is not second-guessed",
        ),
        pytest.param(
            "openai/gpt-4o",
            {},
            {"seed": 7, "top_p": 0.9, "stop": ["a", "b", "c", "d"]},
            {"seed": 7, "top_p": 0.9, "stop": ["a", "b", "c", "d"]},
            id="seed, top_p and stop words",
        ),
    ],
)
def test_structured_output_as_a_param(
    model: str, suite: dict[str, Any], variant: dict[str, Any], sent: dict[str, Any]
) -> None:
    merged = api_params(model, "chat", suite, variant)
    assert merged == sent
    assert api_params(model, "chat", {}, merged) == merged, "what is sent stays what it is"


@pytest.mark.parametrize(
    ("model", "params", "why"),
    [
        ("openai/gpt-4o", {"response_format": "json"}, "not a table with the type"),
        ("openai/gpt-4o", {"response_format": {"type": "xml"}}, "not a table with the type"),
        (
            "openai/gpt-4o",
            {"response_format": {"type": "json_schema"}},
            "json_schema = {name, schema} is missing",
        ),
        (
            "openai/gpt-4o",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "a b"}}},
            "'a b'",
        ),
        (
            "openai/gpt-4o",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": {"type": 7}}}},
            "not a JSON Schema at type",
        ),
        (
            "openai/gpt-4o",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": []}}},
            "[] is not a JSON Schema",
        ),
        (
            "openai/gpt-4o",
            {"response_format": loose(additionalProperties=True)},
            "additionalProperties = false",
        ),
        ("openai/gpt-4o", {"response_format": loose(required=[])}, "require every property, also n"),
        ("openai/gpt-4o", {"response_format": loose(type="array")}, "of the type object"),
        (
            "openai/gpt-4o",
            {"response_format": loose(properties={"n": {"type": "array", "items": {"type": "object"}}})},
            "its top.n[] must have additionalProperties",
        ),
        (
            "openai/gpt-4o-2024-05-13",
            {"response_format": FORMAT},
            "no format json_schema; it has json_object",
        ),
        (HAIKU, {"response_format": {"type": "json_object"}}, "no such parameter"),
        ("anthropic/claude-3-opus-20240229", {"response_format": FORMAT}, "ask for a tool's input instead"),
        (SONNET, {"output_config": {"format": {"type": "json_object"}}}, "no format json_object"),
        (SONNET, {"output_config": {"format": "json"}}, "is not {type"),
        (SONNET, {"output_config": {"format": {"type": "json_schema"}}}, "None is not a JSON Schema"),
        ("openai/gpt-4o", {"tools": [TOOL]}, "not of the form {type"),
        ("openai/gpt-4o", {"tools": []}, "not a list of tools"),
        ("openai/gpt-4o", {"tools": [{"type": "web_search"}]}, "web_search is the vendor's"),
        (SONNET, {"tools": [{"type": "web_search_20250305", "name": "web_search"}]}, "is the vendor's"),
        (SONNET, {"tools": [FUNCTION]}, "not of the form {name"),
        (SONNET, {"tools": [{**TOOL, "name": ""}]}, "the name ''"),
        (
            SONNET,
            {"tools": [TOOL], "tool_choice": {"type": "tool", "name": "other"}},
            "names none of the tools",
        ),
        (SONNET, {"tool_choice": {"type": "any"}}, "there are none"),
        (HAIKU, {"tools": [TOOL], "tool_choice": {"type": "any"}}, "cannot be forced on a model that thinks"),
        (
            "openai/gpt-4o",
            {"tools": [FUNCTION], "tool_choice": {"type": "function"}},
            "names none of the tools",
        ),
        ("openai/gpt-4o", {"tool_choice": "required"}, "there are none"),
        ("openai/gpt-4o", {"seed": "7"}, "not a whole number"),
        ("openai/gpt-4o", {"seed": True}, "not a whole number"),
        ("openai/gpt-4o", {"top_p": 1.5}, "not a number from 0 to 1"),
        ("openai/gpt-4o", {"top_p": math.nan}, "JSON"),
        ("openai/gpt-4o", {"stop": ["a", "b", "c", "d", "e"]}, "at most 4"),
        ("openai/gpt-4o", {"stop": [""]}, "a text or a list of texts"),
        (SONNET, {"stop": 7}, "a text or a list of texts"),
        (SONNET, {"thinking": "on"}, "thinking.type may be enabled or disabled"),
        (SONNET, {"thinking": {"type": "enabled"}}, "budget_tokens = None is not a whole number"),
        (SONNET, {"thinking": {"type": "enabled", "budget_tokens": 1023}}, "at least 1024"),
        (SONNET, {"thinking": {"type": "disabled", "budget_tokens": 2048}}, "goes with the type enabled"),
        (
            SONNET,
            {"thinking": {"type": "enabled", "budget_tokens": 2048}, "max_tokens": 2048},
            "no room for an answer within max_tokens = 2048",
        ),
        (
            SONNET,
            {
                "thinking": {"type": "enabled", "budget_tokens": 2048},
                "tools": [TOOL],
                "tool_choice": {"type": "tool", "name": "answer"},
            },
            "cannot be forced on a model that thinks",
        ),
    ],
)
def test_a_wrong_shape_is_refused_before_money_is_spent(model: str, params: dict[str, Any], why: str) -> None:
    with pytest.raises(SpecError) as caught:
        api_params(model, "chat", {"max_tokens": 1024}, params)
    assert why in str(caught.value)
    assert str(caught.value).startswith(f"{model}: ")
    assert "Nothing was sent." in str(caught.value)


def test_a_shape_that_only_suite_and_variant_together_make_is_refused_too() -> None:
    suite = {"thinking": {"type": "enabled", "budget_tokens": 4096}}
    with pytest.raises(SpecError, match="no room for an answer within max_tokens = 4000"):
        api_params(SONNET, "chat", suite, {"max_tokens": 4000})


@pytest.mark.parametrize(
    ("suite", "variant", "bound"),
    [
        pytest.param({"max_tokens": 1024}, 2048, 1024 + REASONING_ROOM, id="a small budget: the room of any"),
        pytest.param({"max_tokens": 1024}, 32_000, 1024 + 32_000, id="a large one: its own"),
        pytest.param({}, 32_000, 8192 + 32_000, id="and where nothing bounds the answer"),
    ],
)
def test_a_thinking_budget_leaves_room_for_the_answer(
    suite: dict[str, Any], variant: int, bound: int
) -> None:
    thinking = {"type": "enabled", "budget_tokens": variant}
    merged = api_params(SONNET, "chat", suite, {"thinking": thinking})
    assert merged == {"max_tokens": bound, "thinking": thinking}


@pytest.mark.parametrize(
    ("model", "variant", "bound"),
    [
        ("openai/gpt-6-luna", {"reasoning_effort": "max"}, 1024 + REASONING_ROOM),
        ("openai/gpt-6-luna", {"reasoning_effort": "none"}, 1024),
        ("openai/gpt-5.2", {"reasoning_effort": "high"}, 1024 + REASONING_ROOM),
        (HAIKU, {"output_config": {"effort": "low"}}, 1024 + REASONING_ROOM),
        (HAIKU, {"thinking": {"type": "adaptive", "display": "summarized"}}, 1024 + REASONING_ROOM),
        (HAIKU, {"thinking": {"type": "disabled"}}, 1024),
    ],
)
def test_a_model_that_reasons_has_room_for_both(model: str, variant: dict[str, Any], bound: int) -> None:
    merged = api_params(model, "chat", {"max_tokens": 1024}, variant)
    assert {merged.get("max_tokens"), merged.get("max_completion_tokens")} == {bound, None}
    assert merged.items() >= variant.items()


@pytest.mark.parametrize(
    ("model", "params"),
    [
        ("openai/gpt-4o", {"response_format": {"type": "json_object"}}),
        ("simulated/gpt-4o", {"text": {"format": {"type": "json_object"}}}),
    ],
)
def test_a_prompt_for_any_object_must_speak_of_json(model: str, params: dict[str, Any]) -> None:
    silent = cases.make_call(1, model=model, params=params, sample_id="s1")
    with pytest.raises(SpecError, match=r'sample "s1".*the word "JSON"'):
        check_call(silent)
    check_call(replace(silent, messages=({"role": "user", "content": "Answer in Json."},)))
    check_call(replace(silent, params={"response_format": FORMAT}))
    check_call(replace(silent, model="compatible/llama"))


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "name", "schema", "json_schema", "function", "strict", "format"]), inner
        )
    ),
    max_leaves=12,
)


@given(
    st.sampled_from(["openai/gpt-4o", SONNET, "azure/d", "compatible/m"]),
    st.dictionaries(
        st.sampled_from(
            ["response_format", "tools", "tool_choice", "output_config", "thinking", "stop", "seed", "top_p"]
        ),
        ANYTHING,
    ),
)
def test_whatever_a_spec_holds_it_is_taken_or_refused_with_a_sentence(
    model: str, params: dict[str, Any]
) -> None:
    try:
        check_shape(model, params)
    except SpecError as error:
        refused = str(error)
    else:
        refused = "Nothing was sent."
    assert "Nothing was sent." in refused
