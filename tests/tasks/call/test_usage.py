"""Tokens are mapped into kinds that do not overlap and add up to what the vendor billed."""

from typing import Any

import pytest
from anthropic.types import CacheCreation, OutputTokensDetails
from anthropic.types import Usage as AnthropicUsage
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CompletionUsage
from openai.types.completion_usage import CompletionTokensDetails, PromptTokensDetails

from tasks.call.usage import anthropic_usage, openai_usage
from tasks.model import Usage

COUNTS = st.integers(0, 10**7)
PARTS = sorted(
    {
        *CacheCreation.model_fields,
        *OutputTokensDetails.model_fields,
        *PromptTokensDetails.model_fields,
        *CompletionTokensDetails.model_fields,
    }
)
ODD = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3) | st.lists(st.none())


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        pytest.param({"input_tokens": 25, "output_tokens": 15}, Usage(25, 15), id="no cache"),
        pytest.param(
            {
                "input_tokens": 3,
                "output_tokens": 5,
                "cache_read_input_tokens": 100,
                "cache_creation_input_tokens": 70,
                "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20},
            },
            Usage(3, 5, 100, 50, 20),
            id="cached and written tokens are beside the input",
        ),
        pytest.param(
            {"input_tokens": 3, "output_tokens": 5, "cache_creation_input_tokens": 70},
            Usage(3, 5, 0, 70, 0),
            id="a total without its split is five minutes",
        ),
        pytest.param(
            {
                "input_tokens": 3,
                "output_tokens": 5,
                "cache_creation_input_tokens": 70,
                "cache_creation": {"ephemeral_1h_input_tokens": 20},
            },
            Usage(3, 5, 0, 50, 20),
            id="half a split leaves the rest",
        ),
        pytest.param(
            {
                "input_tokens": 3,
                "output_tokens": 5,
                "cache_creation_input_tokens": 90,
                "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20},
            },
            Usage(3, 5, 0, 70, 20, estimated=True),
            id="a split that does not add up is marked, and nothing is dropped",
        ),
        pytest.param(
            {"input_tokens": 3, "output_tokens": 50, "output_tokens_details": {"thinking_tokens": 40}},
            Usage(3, 50, reasoning_tokens=40),
            id="thinking is inside the output",
        ),
        pytest.param(
            {"input_tokens": -3, "output_tokens": 5}, Usage(0, 5, estimated=True), id="negative is zero"
        ),
        pytest.param(
            {"input_tokens": 3, "output_tokens": 5, "output_tokens_details": {"thinking_tokens": 9}},
            Usage(3, 5, reasoning_tokens=5, estimated=True),
            id="a part does not exceed its whole",
        ),
        pytest.param({"input_tokens": 3}, None, id="no output count"),
        pytest.param({"input_tokens": "3", "output_tokens": True}, None, id="not numbers"),
        pytest.param(None, None, id="no usage"),
        pytest.param([1], None, id="not an object"),
    ],
)
def test_anthropic(said: Any, kinds: Usage | None) -> None:
    assert anthropic_usage(said) == kinds


@pytest.mark.parametrize(
    ("said", "kinds"),
    [
        pytest.param({"prompt_tokens": 19, "completion_tokens": 10}, Usage(19, 10), id="no details"),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 10,
                "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            },
            Usage(10, 10, 60, 30),
            id="cached and written tokens are inside the prompt",
        ),
        pytest.param(
            {
                "prompt_tokens": 5,
                "completion_tokens": 100,
                "total_tokens": 105,
                "completion_tokens_details": {"reasoning_tokens": 80},
            },
            Usage(5, 100, reasoning_tokens=80),
            id="reasoning is inside the completion",
        ),
        pytest.param(
            {
                "prompt_tokens": 5,
                "completion_tokens": 100,
                "total_tokens": 185,
                "completion_tokens_details": {"reasoning_tokens": 80},
            },
            Usage(5, 180, reasoning_tokens=80),
            id="reasoning beside the completion, as the total shows",
        ),
        pytest.param(
            {"prompt_tokens": 100, "completion_tokens": 1, "prompt_cache_hit_tokens": 64},
            Usage(36, 1, 64),
            id="a compatible server's name for cached tokens",
        ),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": 90, "cache_write_tokens": 30},
            },
            Usage(0, 1, 90, 10, estimated=True),
            id="parts above the whole are cut and marked",
        ),
        pytest.param(
            {
                "prompt_tokens": 100,
                "completion_tokens": 1,
                "prompt_tokens_details": {"cached_tokens": -5},
            },
            Usage(100, 1, estimated=True),
            id="negative is zero",
        ),
        pytest.param(
            {"prompt_tokens": 12.0, "completion_tokens": 3.0, "prompt_tokens_details": None},
            Usage(12, 3),
            id="whole numbers written as floats",
        ),
        pytest.param({"prompt_tokens": 10**30, "completion_tokens": 1}, None, id="no such number of tokens"),
        pytest.param({"total_tokens": 3}, None, id="only a total"),
        pytest.param("many", None, id="not an object"),
    ],
)
def test_openai(said: Any, kinds: Usage | None) -> None:
    assert openai_usage(said) == kinds


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_anthropic_kinds_add_up_to_what_the_sdk_type_says(
    fresh: int, cached: int, five: int, hour: int, output: int, thinking: int
) -> None:
    said = AnthropicUsage(
        input_tokens=fresh,
        cache_read_input_tokens=cached,
        cache_creation_input_tokens=five + hour,
        cache_creation=CacheCreation(ephemeral_5m_input_tokens=five, ephemeral_1h_input_tokens=hour),
        output_tokens=output + thinking,
        output_tokens_details=OutputTokensDetails(thinking_tokens=thinking),
    )
    usage = anthropic_usage(said.model_dump(mode="json"))
    assert usage == Usage(fresh, output + thinking, cached, five, hour, thinking)


@given(COUNTS, COUNTS, COUNTS, COUNTS, COUNTS)
def test_openai_kinds_add_up_to_what_the_sdk_type_says(
    fresh: int, cached: int, written: int, output: int, reasoning: int
) -> None:
    prompt, completion = fresh + cached + written, output + reasoning
    said = CompletionUsage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=prompt + completion,
        prompt_tokens_details=PromptTokensDetails(cached_tokens=cached, cache_write_tokens=written),
        completion_tokens_details=CompletionTokensDetails(reasoning_tokens=reasoning),
    )
    usage = openai_usage(said.model_dump(mode="json"))
    assert usage == Usage(fresh, completion, cached, written, reasoning_tokens=reasoning)


@given(
    st.dictionaries(
        st.sampled_from(sorted({*AnthropicUsage.model_fields, *CompletionUsage.model_fields})),
        ODD | st.dictionaries(st.sampled_from(PARTS), ODD),
    )
)
def test_no_body_gives_a_negative_count_or_an_error(said: dict[str, Any]) -> None:
    for usage in (anthropic_usage(said), openai_usage(said)):
        if usage is not None:
            assert min(usage.input_tokens, usage.output_tokens, usage.cached_input_tokens) >= 0
            assert min(usage.cache_write_tokens, usage.cache_write_1h_tokens) >= 0
            assert 0 <= usage.reasoning_tokens <= usage.output_tokens
