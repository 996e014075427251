"""What is read of a good response, and what is sent, for each provider through its real SDK."""

import asyncio
import contextlib
import json
import subprocess
import sys
from typing import Any, get_args

import anthropic
import pytest
from aiohttp import web
from anthropic.types import Message as SdkMessage
from anthropic.types import StopReason as AnthropicStopReason
from openai.types.chat import ChatCompletion
from openai.types.chat.chat_completion import Choice

from tasks.call.anthropic import STOP_REASONS as ANTHROPIC_STOPS
from tasks.call.openai import STOP_REASONS as OPENAI_STOPS
from tasks.call.providers import PROVIDERS, open_provider
from tasks.model import Answer, Usage
from tests.tasks.call.vendor_server import (
    CANARY,
    MODELS,
    Seen,
    ask,
    completion,
    endpoint,
    good,
    make_call,
    message,
    says,
    serving,
)

EVERY = pytest.mark.parametrize("provider", list(MODELS))
OPENAI_LIKE = pytest.mark.parametrize("provider", ["openai", "azure", "compatible"])


def test_the_bodies_used_here_are_what_the_sdks_types_say() -> None:
    SdkMessage.model_validate(message(), strict=True)
    ChatCompletion.model_validate(completion(), strict=True)


def test_every_protocol_has_a_provider() -> None:
    assert set(PROVIDERS) == set(MODELS)


def test_anthropic_reads_every_part() -> None:
    body = message(
        content=[
            {"type": "thinking", "thinking": "6 x 7 ", "signature": "EqQB"},
            {"type": "redacted_thinking", "data": "EmwK"},
            {"type": "thinking", "thinking": "is 42.", "signature": "EqQC"},
            {"type": "text", "text": "The answer"},
            {"type": "text", "text": " is 42.", "citations": None},
        ],
        model="claude-served",
        stop_reason="stop_sequence",
        usage={
            "input_tokens": 3,
            "cache_read_input_tokens": 100,
            "cache_creation_input_tokens": 70,
            "cache_creation": {"ephemeral_5m_input_tokens": 50, "ephemeral_1h_input_tokens": 20},
            "output_tokens": 40,
            "output_tokens_details": {"thinking_tokens": 30},
        },
    )
    headers = {
        "request-id": "req_018EeWyXxfu5pfWkrYcMdjWG",
        "anthropic-ratelimit-requests-limit": "4000",
        "anthropic-ratelimit-requests-remaining": "3998",
    }
    SdkMessage.model_validate(body, strict=True)
    reply = ask("anthropic", says(body, headers=headers))
    assert reply.answer == Answer(
        text="The answer is 42.",
        stop_reason="stop",
        raw_stop_reason="stop_sequence",
        usage=Usage(3, 40, 100, 50, 20, 30),
        reasoning="6 x 7 is 42.",
        served_model="claude-served",
        request_id="req_018EeWyXxfu5pfWkrYcMdjWG",
    )
    assert reply.http_status == 200
    assert reply.limits is not None
    assert (reply.limits.requests_limit, reply.limits.requests_remaining) == (4000, 3998)


@OPENAI_LIKE
def test_openai_reads_every_part(provider: str) -> None:
    body = completion(
        usage={
            "prompt_tokens": 100,
            "completion_tokens": 50,
            "total_tokens": 150,
            "prompt_tokens_details": {"cached_tokens": 60, "cache_write_tokens": 30},
            "completion_tokens_details": {"reasoning_tokens": 40},
        }
    )
    headers = {
        "x-request-id": "req_7",
        "x-ratelimit-remaining-tokens": "99",
        "x-ratelimit-reset-tokens": "1s",
    }
    ChatCompletion.model_validate(body, strict=True)
    reply = ask(provider, says(body, headers=headers))
    assert reply.answer == Answer(
        text="42",
        stop_reason="stop",
        raw_stop_reason="stop",
        usage=Usage(10, 50, 60, 30, reasoning_tokens=40),
        served_model="gpt-4o-2024-05-13",
        fingerprint="fp_44709d6fcb",
        request_id="req_7",
    )
    assert reply.limits is not None
    assert (reply.limits.tokens_remaining, reply.limits.tokens_reset_s) == (99, 1.0)


def test_every_stop_reason_of_the_sdks_types_is_mapped() -> None:
    assert set(get_args(AnthropicStopReason)) == set(ANTHROPIC_STOPS)
    assert set(get_args(Choice.model_fields["finish_reason"].annotation)) <= set(OPENAI_STOPS)


@pytest.mark.parametrize(
    ("raw", "stop"),
    [
        ("end_turn", "stop"),
        ("stop_sequence", "stop"),
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "length"),
        ("refusal", "refusal"),
        ("tool_use", "tool"),
        ("pause_turn", "other"),
        ("a word of tomorrow", "other"),
        (None, "other"),
    ],
)
def test_anthropic_stop_reason(raw: str | None, stop: str) -> None:
    answer = ask("anthropic", says(message(stop_reason=raw))).answer
    assert (answer.stop_reason, answer.raw_stop_reason) == (stop, raw)


@pytest.mark.parametrize(
    ("raw", "stop"),
    [
        ("stop", "stop"),
        ("length", "length"),
        ("content_filter", "content_filter"),
        ("tool_calls", "tool"),
        ("function_call", "tool"),
        ("eos_token", "stop"),
        ("a word of tomorrow", "other"),
        (None, "other"),
    ],
)
def test_openai_finish_reason(raw: str | None, stop: str) -> None:
    answer = ask("openai", says(completion(finish=raw))).answer
    assert (answer.stop_reason, answer.raw_stop_reason) == (stop, raw)


@pytest.mark.parametrize(
    ("provider", "body", "expected"),
    [
        pytest.param(
            "openai",
            completion({"content": None, "refusal": "I can't help with that."}),
            ("I can't help with that.", "refusal", None),
            id="openai: a refusal is the text",
        ),
        pytest.param(
            "openai", completion({"content": None}, "length"), ("", "length", None), id="openai: no content"
        ),
        pytest.param(
            "anthropic",
            message(
                content=[],
                stop_reason="refusal",
                stop_details={"type": "refusal", "category": "bio", "explanation": "no"},
            ),
            ("", "refusal", None),
            id="anthropic: a refusal without text",
        ),
        pytest.param(
            "anthropic",
            message(content=[{"type": "thinking", "thinking": "", "signature": "x"}]),
            ("", "stop", None),
            id="anthropic: thinking that is omitted is no reasoning",
        ),
        pytest.param(
            "compatible",
            completion({"reasoning_content": "6 x 7"}),
            ("42", "stop", "6 x 7"),
            id="compatible: reasoning_content",
        ),
        pytest.param(
            "compatible",
            completion({"reasoning": "6 x 7"}),
            ("42", "stop", "6 x 7"),
            id="compatible: reasoning",
        ),
        pytest.param(
            "compatible",
            completion({"reasoning": {"effort": "low"}}),
            ("42", "stop", None),
            id="compatible: reasoning that is no text",
        ),
        pytest.param(
            "compatible",
            completion({"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "42"}]}),
            ("42", "stop", None),
            id="compatible: content in parts",
        ),
    ],
)
def test_text_and_reasoning(provider: str, body: Any, expected: tuple[str, str, str | None]) -> None:
    answer = ask(provider, says(body)).answer
    assert (answer.text, answer.stop_reason, answer.reasoning) == expected


@EVERY
def test_a_response_without_usage_is_an_answer_without_usage(provider: str) -> None:
    body = {name: value for name, value in good(provider).items() if name != "usage"}
    answer = ask(provider, says(body)).answer
    assert (answer.text, answer.usage) == ("42", None)


def test_a_compatible_server_may_leave_out_all_but_the_text() -> None:
    body = {"choices": [{"message": {"content": "42"}}]}
    answer = ask("compatible", says(body, kind="text/plain")).answer
    assert answer == Answer("42", "other", None, None)


@EVERY
@pytest.mark.parametrize(
    ("written", "read"),
    [
        pytest.param(b"\\ud83d\\ude00", "\U0001f600", id="a pair"),
        pytest.param(b"a\\ud83d", "a�", id="half a pair"),
        pytest.param(b"\xff", "�", id="broken utf-8"),
        pytest.param("né".encode(), "né", id="utf-8"),
    ],
)
def test_an_answer_is_not_lost_for_a_bad_character(provider: str, written: bytes, read: str) -> None:
    body = json.dumps(good(provider)).encode().replace(b'"42"', b'"' + written + b'"')
    text = ask(provider, says(body)).answer.text
    assert text == read
    text.encode()


def test_anthropic_sends_system_apart_and_a_bound() -> None:
    seen = Seen()
    turns = (
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "6 x 7?"},
        {"role": "assistant", "content": "42"},
        {"role": "user", "content": "8 x 7?"},
    )
    ask("anthropic", says(message()), turns=turns, seen=seen)  # type: ignore[arg-type]  # plain dicts
    assert seen.paths == ["/v1/messages"]
    assert seen.bodies == [
        {
            "model": "claude-3-5-sonnet-20240620",
            "max_tokens": 4096,
            "system": "Be brief.",
            "messages": list(turns[1:]),
        }
    ]
    assert seen.headers[0]["authorization"] == f"Bearer {CANARY}"
    assert seen.headers[0]["anthropic-version"] == "2026-10-21"


def test_anthropic_asks_for_the_older_version_where_a_sampling_parameter_needs_it() -> None:
    seen = Seen()
    ask("anthropic", says(message()), params={"temperature": 0.0, "max_tokens": 5}, seen=seen)
    ask(
        "anthropic",
        says(message()),
        params={"temperature": 0.0},
        seen=seen,
        headers={"Anthropic-Version": "2024-01-01", "x-team": "eval"},
    )
    assert [headers["anthropic-version"] for headers in seen.headers] == ["2023-06-01", "2024-01-01"]
    assert [body["temperature"] for body in seen.bodies] == [0.0, 0.0]
    assert seen.headers[1]["x-team"] == "eval"


@pytest.mark.parametrize(
    ("provider", "path", "name", "auth"),
    [
        ("openai", "/v1/chat/completions", "gpt-4o-2024-05-13", ("authorization", f"Bearer {CANARY}")),
        (
            "azure",
            "/openai/deployments/gpt-4o-west/chat/completions?api-version=2024-10-21",
            "gpt-4o-west",
            ("api-key", CANARY),
        ),
        ("compatible", "/v1/chat/completions", "org/llama-70b", ("authorization", f"Bearer {CANARY}")),
    ],
)
def test_openai_sends(provider: str, path: str, name: str, auth: tuple[str, str]) -> None:
    seen = Seen()
    params = {"temperature": 0.0, "max_tokens": 5, "top_k": 3}
    ask(provider, says(completion()), params=params, seen=seen, headers={"x-team": "eval"})
    assert seen.paths == [path]
    assert seen.bodies == [
        {"model": name, "messages": [{"role": "user", "content": "What is 6 x 7?"}], **params}
    ]
    assert seen.headers[0][auth[0]] == auth[1]
    assert seen.headers[0]["x-team"] == "eval"


def test_a_compatible_server_gets_nothing_that_is_meant_for_openai(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_ADMIN_KEY", "OPENAI_ORG_ID", "OPENAI_PROJECT_ID"):
        monkeypatch.setenv(name, f"secret-{name}")
    monkeypatch.setenv("OPENAI_CUSTOM_HEADERS", "x-gateway-key: secret-header")
    seen = Seen()
    ask("compatible", says(completion()), seen=seen)
    assert "secret" not in str(seen.headers).lower()


def test_anthropics_other_credentials_are_not_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_AUTH_TOKEN", "secret-token")
    seen = Seen()
    ask("anthropic", says(message()), seen=seen)
    assert "secret" not in str(seen.headers).lower()


def test_a_deprecated_model_is_called_without_a_warning() -> None:
    name = next(iter(anthropic.resources.messages.DEPRECATED_MODELS))
    assert ask("anthropic", says(message()), model=f"anthropic/{name}").answer.text == "42"


@EVERY
@pytest.mark.parametrize(
    ("in_flight", "calls", "most"),
    [
        pytest.param(64, 64, 64, id="64, the default"),
        pytest.param(150, 150, 150, id="more than the 100 connections of aiohttp and of httpx"),
        pytest.param(3, 9, 3, id="never more"),
    ],
)
def test_as_many_calls_as_the_limit_says_are_in_flight(
    provider: str, in_flight: int, calls: int, most: int
) -> None:
    now, peak = 0, 0

    async def run() -> None:
        full = asyncio.Event()

        async def hold(_: web.Request) -> web.StreamResponse:
            nonlocal now, peak
            now += 1
            peak = max(peak, now)
            if now == most:
                full.set()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(full.wait(), 20)
            await asyncio.sleep(0.05)
            now -= 1
            return web.json_response(good(provider))

        async with serving(hold) as url:
            client = open_provider(endpoint(provider, url, limits={"in_flight": in_flight}))
            try:
                await asyncio.gather(*(client.complete(make_call(provider)) for _ in range(calls)))
            finally:
                await client.close()

    asyncio.run(run())
    assert peak == most


def test_an_sdk_is_imported_only_where_it_is_used() -> None:
    code = (
        "import sys; from tasks.call import endpoint, facts, providers, rate_headers, sdk_models; "
        "from tasks.call import secret, usage; "
        "assert not {'anthropic', 'openai'} & set(sys.modules); "
        "providers.PROVIDERS['openai'](endpoint.Endpoint('openai', 'm', 'openai', 'http://h/v1', 'h', "
        "secret.Secret('k'))); assert 'anthropic' not in sys.modules"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
