"""Every error a vendor is known to send becomes the one of ours that says what to do next."""

import json
from typing import Any

import pytest

from tasks.call.faults import kind_of, read_error
from tests.tasks.call.vendor_server import CANARY, MODELS, ask, completion, good, message, says
from warehouse.errors import ProviderError, Rejected, Transient, Unusable


def anthropic_error(kind: str, text: str, **details: Any) -> dict[str, Any]:
    error = {"type": kind, "message": text} | ({"details": details} if details else {})
    return {"type": "error", "error": error, "request_id": "req_1"}


def openai_error(
    text: str, kind: str | None = None, code: str | int | None = None, **more: Any
) -> dict[str, Any]:
    return {"error": {"message": text, "type": kind, "param": None, "code": code, **more}}


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


def row(name: str, provider: str, status: int, body: Any, error: type[ProviderError], kind: str) -> Any:
    return pytest.param(provider, status, body, error, kind, id=f"{provider} {status}: {name}")


ERRORS = [
    row(
        "bad key",
        "anthropic",
        401,
        anthropic_error("authentication_error", "invalid x-api-key"),
        Unusable,
        "auth",
    ),
    row("not allowed", "anthropic", 403, anthropic_error("permission_error", "no access"), Unusable, "auth"),
    row(
        "organisation on hold",
        "anthropic",
        400,
        anthropic_error("invalid_request_error", "disabled", error_code="organization_on_hold"),
        Unusable,
        "auth",
    ),
    row(
        "unknown model",
        "anthropic",
        404,
        anthropic_error("not_found_error", "model: claude-9"),
        Unusable,
        "no_model",
    ),
    row(
        "no credit",
        "anthropic",
        400,
        anthropic_error(
            "invalid_request_error", "Your credit balance is too low to access the Anthropic API."
        ),
        Unusable,
        "no_credit",
    ),
    row(
        "own spend limit",
        "anthropic",
        400,
        anthropic_error("invalid_request_error", "You have reached your specified API usage limits."),
        Unusable,
        "no_credit",
    ),
    row("billing", "anthropic", 402, anthropic_error("billing_error", "pay"), Unusable, "no_credit"),
    row(
        "spend limit of the tier",
        "anthropic",
        429,
        anthropic_error("rate_limit_error", "limit", error_code="enforced_spend_limit_reached"),
        Unusable,
        "no_credit",
    ),
    row(
        "ramp limit",
        "anthropic",
        429,
        anthropic_error("rate_limit_error", "slower", error_code="ramp_limit_exceeded"),
        Transient,
        "rate_limited",
    ),
    row(
        "rate limit",
        "anthropic",
        429,
        anthropic_error("rate_limit_error", "per minute"),
        Transient,
        "rate_limited",
    ),
    row(
        "refused parameter",
        "anthropic",
        400,
        anthropic_error("invalid_request_error", "temperature: Extra inputs are not permitted"),
        Rejected,
        "bad_request",
    ),
    row(
        "too many bytes",
        "anthropic",
        413,
        anthropic_error("request_too_large", "Request exceeds the maximum size"),
        Rejected,
        "bad_request",
    ),
    row("server", "anthropic", 500, anthropic_error("api_error", "oops"), Transient, "server_error"),
    row("timeout", "anthropic", 504, anthropic_error("timeout_error", "slow"), Transient, "timeout"),
    row("overload", "anthropic", 529, anthropic_error("overloaded_error", "busy"), Transient, "server_error"),
    row(
        "overload with 200",
        "anthropic",
        200,
        anthropic_error("overloaded_error", "busy"),
        Transient,
        "server_error",
    ),
    row(
        "bad key",
        "openai",
        401,
        openai_error("Incorrect API key provided", "invalid_request_error", "invalid_api_key"),
        Unusable,
        "auth",
    ),
    row(
        "country",
        "openai",
        403,
        openai_error("not supported", None, "unsupported_country_region_territory"),
        Unusable,
        "auth",
    ),
    row(
        "model of another project",
        "openai",
        403,
        openai_error("no access to model", "invalid_request_error", "model_not_found"),
        Unusable,
        "no_model",
    ),
    row(
        "unknown model",
        "openai",
        404,
        openai_error("The model `gpt-9` does not exist", "invalid_request_error", "model_not_found"),
        Unusable,
        "no_model",
    ),
    row(
        "no credit",
        "openai",
        429,
        openai_error("You exceeded your current quota", "insufficient_quota", "insufficient_quota"),
        Unusable,
        "no_credit",
    ),
    row(
        "rate limit",
        "openai",
        429,
        openai_error("Rate limit reached for gpt-4o", "tokens", "rate_limit_exceeded"),
        Transient,
        "rate_limited",
    ),
    row(
        "larger than a minute's tokens",
        "openai",
        429,
        openai_error("Request too large for gpt-4o on tokens per min", "tokens", "rate_limit_exceeded"),
        Rejected,
        "rate_limited",
    ),
    row(
        "refused parameter",
        "openai",
        400,
        openai_error("Unsupported value: 'temperature'", "invalid_request_error", "unsupported_value"),
        Rejected,
        "bad_request",
    ),
    row("unprocessable", "openai", 422, openai_error("no"), Rejected, "bad_request"),
    row("timeout", "openai", 408, openai_error("slow"), Transient, "timeout"),
    row("conflict", "openai", 409, openai_error("locked"), Transient, "server_error"),
    row("too early", "openai", 425, openai_error("early"), Transient, "server_error"),
    row("server", "openai", 500, openai_error("sorry", "server_error"), Transient, "server_error"),
    row("gateway", "openai", 502, "<html>Bad gateway</html>", Transient, "server_error"),
    row("overload", "openai", 503, openai_error("overloaded"), Transient, "server_error"),
    row("empty", "openai", 500, "", Transient, "server_error"),
    row("redirect", "openai", 307, "", Unusable, "bad_request"),
    row(
        "no deployment",
        "azure",
        404,
        openai_error("The API deployment does not exist.", None, "DeploymentNotFound"),
        Unusable,
        "no_model",
    ),
    row(
        "bad key",
        "azure",
        401,
        {"statusCode": 401, "message": "Access denied due to invalid subscription key"},
        Unusable,
        "auth",
    ),
    row("rate limit", "azure", 429, openai_error("call rate limit", None, "429"), Transient, "rate_limited"),
    row("FastAPI", "compatible", 422, {"detail": [{"msg": "field required"}]}, Rejected, "bad_request"),
    row(
        "error in a list",
        "compatible",
        400,
        [{"error": {"code": 400, "message": "bad", "status": "INVALID_ARGUMENT"}}],
        Rejected,
        "bad_request",
    ),
    row("error that is a text", "compatible", 500, {"error": "out of memory"}, Transient, "server_error"),
    row("error with 200", "compatible", 200, openai_error("busy", None, 502), Transient, "server_error"),
    row("rate limit with 200", "compatible", 200, openai_error("slow", None, 429), Transient, "rate_limited"),
    row("no credit with 200", "compatible", 200, openai_error("pay", None, 402), Unusable, "no_credit"),
    row("bad key with 200", "compatible", 200, openai_error("key", None, "401"), Unusable, "auth"),
    row("unexplained with 200", "compatible", 200, {"error": "it broke"}, Transient, "server_error"),
    row(
        "old vLLM with 200",
        "compatible",
        200,
        {"object": "error", "message": "bad", "type": "invalid_request_error", "code": 400},
        Rejected,
        "bad_request",
    ),
    row(
        "a choice's error",
        "compatible",
        200,
        {"choices": [{"message": {}, "finish_reason": "error", "error": {"code": 502, "message": "x"}}]},
        Transient,
        "server_error",
    ),
    row(
        "max_tokens above the context alone",
        "compatible",
        400,
        openai_error(
            "'max_tokens' or 'max_completion_tokens' is too large: 9000. This model's maximum context length "
            "is 4096 tokens and your request has 10 input tokens",
            "BadRequestError",
            400,
        ),
        Rejected,
        "bad_request",
    ),
]


@pytest.mark.parametrize(("provider", "status", "body", "error", "kind"), ERRORS)
def test_error(provider: str, status: int, body: Any, error: type[ProviderError], kind: str) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(provider, says(body, status, {"location": "http://127.0.0.1:1/elsewhere"}))
    assert type(caught.value) is error
    assert caught.value.fault.kind == kind
    assert caught.value.fault.http_status == status
    assert f"answered {status}" in str(caught.value)


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


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize(
    "body",
    [
        pytest.param("<html>welcome to the hotel</html>", id="not JSON"),
        pytest.param("", id="empty"),
        pytest.param('{"choices": [{"message": {"content": "4', id="JSON that ends early"),
        pytest.param({"choices": [], "content": "42"}, id="the wrong types"),
        pytest.param({"ok": True}, id="another object"),
        pytest.param([1, 2], id="a list"),
        pytest.param("[" * 100_000, id="nested beyond reason"),
        pytest.param('{"content": ' + "9" * 10_000 + "}", id="a number beyond reason"),
        pytest.param({"choices": [{"message": {"content": 42}}], "content": [{"text": 1}]}, id="no text"),
    ],
)
def test_a_success_without_its_body_is_worth_a_retry(provider: str, body: Any) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, says(body))
    assert caught.value.fault.kind == "bad_body"
    assert caught.value.fault.http_status == 200
    assert len(str(caught.value)) < 700


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize(
    ("headers", "wait_s"),
    [
        pytest.param({"retry-after": "7"}, 7.0, id="seconds"),
        pytest.param({"retry-after-ms": "250"}, 0.25, id="milliseconds"),
        pytest.param(
            {"date": "Wed, 25 Nov 2026 04:30:00 GMT", "retry-after": "Wed, 25 Nov 2026 04:30:09 GMT"},
            9.0,
            id="a date, by the server's clock",
        ),
        pytest.param(
            {
                "x-ratelimit-remaining-tokens": "0",
                "x-ratelimit-reset-tokens": "1m1s",
                "x-ratelimit-remaining-requests": "5",
                "x-ratelimit-reset-requests": "1h",
            },
            61.0,
            id="the reset of what is used up",
        ),
        pytest.param({}, None, id="nothing"),
    ],
)
def test_a_wait_that_the_server_asks_for(
    provider: str, headers: dict[str, str], wait_s: float | None
) -> None:
    with pytest.raises(Transient) as caught:
        ask(provider, says(openai_error("slow"), 429, headers))
    assert caught.value.fault.retry_after_s == wait_s


@pytest.mark.parametrize("provider", list(MODELS))
@pytest.mark.parametrize("status", [200, 307, 400, 401, 404, 429, 500])
def test_no_error_shows_the_key_or_holds_the_request(provider: str, status: int) -> None:
    body = openai_error(f"Incorrect API key provided: {CANARY}. Or {CANARY[:9]}****{CANARY[-4:]}", CANARY)
    headers = {"request-id": CANARY, "x-request-id": CANARY}
    with pytest.raises(ProviderError) as caught:
        ask(provider, says(body, status, headers))
    assert_keyless(caught.value)


@pytest.mark.parametrize("provider", list(MODELS))
def test_a_key_that_the_server_echoes_into_its_answer_is_not_kept(provider: str) -> None:
    body = json.dumps(good(provider)).replace('"42"', f'"your key is {CANARY}"')
    reply = ask(provider, says(body, headers={"request-id": CANARY, "x-request-id": CANARY}))
    assert reply.answer.text == "your key is [key]"
    assert CANARY not in repr(reply)


def test_a_long_error_text_is_cut_to_one_line() -> None:
    with pytest.raises(Transient) as caught:
        ask("openai", says("<p>\n" + "x" * 100_000, 503))
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)


def test_codes_count_before_prose() -> None:
    quoted = openai_error('your prompt says "maximum context length"', None, "rate_limit_exceeded")
    assert kind_of(429, read_error(quoted)) == "rate_limited"


def assert_keyless(error: BaseException) -> None:
    seen: list[BaseException] = []
    todo: list[BaseException | None] = [error]
    while todo:
        link = todo.pop()
        if link is None or link in seen:
            continue
        seen.append(link)
        todo += [link.__cause__, link.__context__]
        assert not hasattr(link, "request"), "an SDK's exception holds the request's headers"
        for text in (str(link), repr(link), repr(link.args), repr(vars(link))):
            assert CANARY not in text
            assert CANARY[-4:] not in text


def test_the_bodies_of_good_answers_are_no_errors() -> None:
    assert ask("anthropic", says(message())).answer.error_kind is None
    assert ask("openai", says(completion(error=None))).answer.error_kind is None
