"""Which API a model is asked over, and what its parameters are called there."""

from typing import Any

import pytest
from openai.types.chat.completion_create_params import CompletionCreateParamsBase
from openai.types.responses.response_create_params import ResponseCreateParamsBase
from openai.types.shared import ChatModel, ResponsesModel

from tasks.call.api import NATIVE, PASSED_ON, api_of, api_params
from tasks.call.facts import OURS, REASONING_ROOM, facts
from tasks.call.sdk_models import _words
from warehouse.errors import SpecError

CHAT = set(CompletionCreateParamsBase.__annotations__)
RESPONSES = set(ResponseCreateParamsBase.__annotations__)
RENAMED = {"max_tokens", "max_completion_tokens", "reasoning_effort", "response_format", "verbosity"}
SUITE = {"max_tokens": 1024, "temperature": 0.0}
SCHEMA = {"type": "object", "properties": {"n": {"type": "integer"}}}


def test_models_that_have_only_the_responses_api_are_asked_over_it() -> None:
    chat, every = set(_words(ChatModel)), set(_words(ResponsesModel))
    assert every > chat
    for name in every - chat:
        assert api_of(f"openai/{name}", None) == "responses", name
    over_responses = {name for name in chat if api_of(f"openai/{name}", None) == "responses"}
    assert over_responses == {"gpt-5.1-codex", "gpt-5.2-pro", "gpt-5.2-pro-2025-12-11", "codex-mini-latest"}


@pytest.mark.parametrize(
    ("model", "said", "expected"),
    [
        ("openai/gpt-4o", None, "chat"),
        ("openai/gpt-4o", "responses", "responses"),
        ("openai/o3-pro", "chat", "chat"),
        ("azure/gpt-5-pro-eu", None, "responses"),
        ("azure/my-deployment", None, "chat"),
        ("compatible/gpt-5-pro", None, "chat"),
        ("compatible/llama", "responses", "responses"),
        ("simulated/o3-pro", None, "responses"),
        ("anthropic/claude-haiku-5-5", None, "chat"),
        ("recorded/gpt-5-pro", None, "chat"),
    ],
)
def test_the_api_of_a_model(model: str, said: Any, expected: str) -> None:
    assert api_of(model, said) == expected


@pytest.mark.parametrize("model", ["anthropic/claude-haiku-5-5", "simulated/claude-haiku-5-5", "recorded/x"])
def test_where_there_is_one_api_there_is_no_choice(model: str) -> None:
    with pytest.raises(SpecError, match="Leave it out"):
        api_of(model, "responses")


def test_every_parameter_of_either_api_has_its_place() -> None:
    responses = facts().vendors["openai"].responses
    assert responses is not None
    assert CHAT - RESPONSES - set(OURS) == responses.foreign | RENAMED
    own = RESPONSES - CHAT - set(OURS)
    assert (
        own - {"max_output_tokens", "reasoning", "text", "access_programs", "image"}
        == set(NATIVE) - {"stream"} | PASSED_ON
    )


@pytest.mark.parametrize(
    ("model", "suite", "variant", "sent"),
    [
        pytest.param(
            "openai/gpt-4o", SUITE, {}, {"max_output_tokens": 1024, "temperature": 0.0}, id="a suite's"
        ),
        pytest.param(
            "openai/gpt-6-luna",
            SUITE,
            {"reasoning_effort": "low"},
            {"max_output_tokens": 1024 + REASONING_ROOM, "reasoning": {"effort": "low"}},
            id="an effort by its name in chat completions",
        ),
        pytest.param(
            "openai/gpt-6-luna",
            SUITE,
            {"reasoning": {"effort": "none", "summary": "auto"}},
            {
                "max_output_tokens": 1024,
                "temperature": 0.0,
                "reasoning": {"effort": "none", "summary": "auto"},
            },
            id="and by its own, which the rules for temperature and room know",
        ),
        pytest.param(
            "openai/gpt-6-luna",
            {"reasoning": {"summary": "auto", "effort": "low"}},
            {"reasoning": {"effort": "high"}},
            {"reasoning": {"summary": "auto", "effort": "high"}},
            id="the variant's over the suite's, part by part",
        ),
        pytest.param(
            "openai/gpt-4.1",
            {"stop": ["\n"], "seed": 7, "frequency_penalty": 1, "max_tokens": 5},
            {},
            {"max_output_tokens": 16},
            id="what the API has not is left out of the suite's, and its least bound is kept",
        ),
        pytest.param(
            "compatible/llama",
            {"stop_sequences": ["\n"], "max_tokens": 64},
            {"top_k": 5},
            {"max_output_tokens": 64, "top_k": 5},
            id="a compatible server's own parameters are passed on",
        ),
        pytest.param(
            "openai/gpt-4.1",
            {"response_format": {"type": "json_schema", "json_schema": {"name": "n", "schema": SCHEMA}}},
            {"verbosity": "low"},
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}, "verbosity": "low"}},
            id="a schema lies flat",
        ),
        pytest.param(
            "openai/gpt-4.1",
            {"response_format": {"type": "json_object"}},
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}},
            {"text": {"format": {"type": "json_schema", "name": "n", "schema": SCHEMA}}},
            id="and may be written so",
        ),
        pytest.param(
            "openai/gpt-4.1",
            {"tools": [{"type": "function", "function": {"name": "f", "parameters": SCHEMA}}]},
            {"tool_choice": {"type": "function", "function": {"name": "f"}}},
            {
                "tools": [{"type": "function", "name": "f", "parameters": SCHEMA}],
                "tool_choice": {"type": "function", "name": "f"},
            },
            id="so does a tool",
        ),
        pytest.param(
            "openai/gpt-4.1",
            {},
            {"max_output_tokens": 99, "truncation": "auto", "store": True, "include": []},
            {"max_output_tokens": 99, "truncation": "auto", "store": True, "include": []},
            id="its own names",
        ),
    ],
)
def test_parameters_in_the_names_of_the_responses_api(
    model: str, suite: dict[str, Any], variant: dict[str, Any], sent: dict[str, Any]
) -> None:
    merged = api_params(model, "responses", suite, variant)
    assert merged == sent
    assert merged.keys() <= RESPONSES | {"top_k"}
    assert api_params(model, "responses", {}, merged) == merged, "what is sent stays what it is"


@pytest.mark.parametrize(
    ("model", "variant", "why"),
    [
        ("openai/gpt-4o", {"seed": 1}, "no such parameter"),
        ("openai/gpt-4o", {"stop": ["x"]}, "no such parameter"),
        ("openai/gpt-4o", {"stop_sequences": ["x"]}, "no such parameter"),
        ("openai/gpt-4o", {"max_output_tokens": 15}, "16 at the least"),
        ("openai/gpt-4o", {"max_tokens": 1}, "16 at the least"),
        ("openai/gpt-4o", {"input": "x"}, "the suite's prompt"),
        ("openai/gpt-4o", {"instructions": "x"}, 'the entry\'s "system"'),
        ("openai/gpt-4o", {"previous_response_id": "x"}, "a conversation of its own"),
        ("openai/gpt-4o", {"background": True}, "waits for its answer"),
        ("openai/gpt-4o", {"reasoning": "low"}, "no table"),
        ("openai/gpt-4o", {"reasoning": {"effort": "low"}}, "it has no effort"),
        ("openai/gpt-6-luna", {"reasoning": {"effort": "minimal"}}, "efforts are none, low"),
        ("openai/gpt-6-luna", {"temperature": 0.0}, "only with"),
        ("openai/gpt-4o", {"thinking": {"type": "enabled"}}, "no such parameter"),
    ],
)
def test_what_is_refused_of_the_variants_before_money_is_spent(
    model: str, variant: dict[str, Any], why: str
) -> None:
    with pytest.raises(SpecError) as caught:
        api_params(model, "responses", SUITE, variant)
    assert why in str(caught.value)
    assert "Nothing was sent." in str(caught.value)


def test_an_answer_of_the_responses_api_may_be_streamed() -> None:
    assert api_params("openai/gpt-4o-2024-08-06", "responses", {}, {"stream": True})["stream"] is True
