"""Every error a vendor is known to send becomes the one of ours that says what to do next."""

from typing import Any

import pytest

from tasks.call.faults import kind_of, read_error
from tests.tasks.call.vendor_server import anthropic_error, ask, completion, message, openai_error, says
from warehouse.errors import ProviderError, Rejected, Transient, Unusable


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


def test_codes_count_before_prose() -> None:
    quoted = openai_error('your prompt says "maximum context length"', None, "rate_limit_exceeded")
    assert kind_of(429, read_error(quoted)) == "rate_limited"


def test_the_bodies_of_good_answers_are_no_errors() -> None:
    assert ask("anthropic", says(message())).answer.error_kind is None
    assert ask("openai", says(completion(error=None))).answer.error_kind is None
