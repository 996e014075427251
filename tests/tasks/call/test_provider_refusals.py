"""What the model or its service would not take is an answer without text, however the vendor says so."""

from typing import Any

import pytest

from tests.tasks.call.vendor_server import anthropic_error, ask, openai_error, says

AZURE_FILTERED = openai_error(
    "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
    None,
    "content_filter",
    status=400,
    innererror={
        "code": "ResponsibleAIPolicyViolation",
        "content_filter_result": {"violence": {"filtered": True, "severity": "medium"}},
    },
)


ANSWERS = [
    pytest.param(
        "anthropic",
        400,
        anthropic_error("invalid_request_error", "prompt is too long: 345320 tokens > 199999 maximum"),
        "context_overflow",
        id="anthropic: prompt is too long",
    ),
    pytest.param(
        "anthropic",
        400,
        anthropic_error(
            "invalid_request_error",
            "input length and `max_tokens` exceed context limit: 199000 + 8192 > 200000",
        ),
        "context_overflow",
        id="anthropic: prompt and bound exceed the context",
    ),
    pytest.param(
        "anthropic",
        400,
        anthropic_error("invalid_request_error", "Output blocked by content filtering policy"),
        "content_filter",
        id="anthropic: content filter",
    ),
    pytest.param(
        "openai",
        400,
        openai_error("too long", "invalid_request_error", "context_length_exceeded"),
        "context_overflow",
        id="openai: code",
    ),
    pytest.param(
        "openai",
        400,
        openai_error("flagged", "invalid_request_error", "content_policy_violation"),
        "content_filter",
        id="openai: content policy",
    ),
    pytest.param(
        "openai",
        400,
        openai_error(
            "Invalid prompt: your prompt was flagged as potentially violating our usage policy.",
            "invalid_request_error",
            "invalid_prompt",
        ),
        "content_filter",
        id="openai: flagged prompt",
    ),
    pytest.param("azure", 400, AZURE_FILTERED, "content_filter", id="azure: content filter"),
    pytest.param(
        "compatible",
        400,
        {
            "object": "error",
            "message": "This model's maximum context length is 4096 tokens. However, you requested 5000 "
            "tokens (4900 in the messages, 100 in the completion).",
            "type": "BadRequestError",
            "param": None,
            "code": 400,
        },
        "context_overflow",
        id="vLLM, older body",
    ),
    pytest.param(
        "compatible",
        400,
        openai_error(
            "'max_tokens' or 'max_completion_tokens' is too large: 1024. This model's maximum context "
            "length is 4096 tokens and your request has 4000 input tokens",
            "BadRequestError",
            400,
        ),
        "context_overflow",
        id="vLLM: prompt and bound exceed the context",
    ),
    pytest.param(
        "compatible",
        400,
        openai_error(
            "request (1407 tokens) exceeds the available context size (256 tokens)",
            "exceed_context_size_error",
            400,
            n_prompt_tokens=1407,
            n_ctx=256,
        ),
        "context_overflow",
        id="llama.cpp",
    ),
    pytest.param(
        "compatible",
        500,
        openai_error("the request exceeds the available context size", "exceed_context_size_error", 500),
        "context_overflow",
        id="llama.cpp, older status",
    ),
    pytest.param(
        "compatible",
        200,
        openai_error("This endpoint's maximum context length is 8192 tokens.", None, 400),
        "context_overflow",
        id="OpenRouter, with 200",
    ),
]


@pytest.mark.parametrize(("provider", "status", "body", "kind"), ANSWERS)
def test_what_the_model_or_its_service_would_not_take_is_an_answer(
    provider: str, status: int, body: Any, kind: str
) -> None:
    reply = ask(provider, says(body, status, {"request-id": "r1", "x-request-id": "r1"}))
    answer = reply.answer
    assert (answer.text, answer.error_kind, answer.request_id) == (None, kind, "r1")
    assert answer.stop_reason == ("content_filter" if kind == "content_filter" else "other")
    assert answer.error
    assert answer.usage is None
    assert reply.http_status == status
