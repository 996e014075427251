"""The real anthropic SDK, on its aiohttp transport, takes the simulated server for the Messages API."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anthropic
import pytest
from anthropic import AsyncAnthropic, DefaultAioHttpClient
from anthropic.types import Message

from tests.tasks.call.simulated.loopback import QUESTION, SONNET, ask, entry, serving

OLDER = {"anthropic-version": "2023-06-01"}


def talk(
    do: Callable[[AsyncAnthropic], Awaitable[Any]],
    settings: dict[str, Any] | None = None,
    api_key: str = "a key",
    **more: Any,
) -> Any:
    """Run one conversation with a fresh server."""

    async def run() -> Any:
        async with serving(settings, **more) as (url, service):
            client = AsyncAnthropic(
                api_key=api_key, base_url=url, max_retries=0, http_client=DefaultAioHttpClient()
            )
            async with client:
                result = await do(client)
            return result, service.ledger.to_json()

    return asyncio.run(run())


async def create(client: AsyncAnthropic, **params: Any) -> Message:
    asked: dict[str, Any] = {"model": SONNET, "max_tokens": 1024, "messages": ask()} | params
    message = await client.messages.create(**asked)
    assert isinstance(message, Message)
    return message


def test_an_answer_parses_into_the_sdks_message_and_the_ledger_counts_the_same() -> None:
    message, ledger = talk(create, {"accuracy": 1.0}, plan=[entry()])
    [block] = message.content
    assert block.type == "text"
    assert "540" in block.text.splitlines()[-1]
    assert (message.type, message.role, message.model) == ("message", "assistant", SONNET)
    assert (message.stop_reason, message.stop_sequence) == ("end_turn", None)
    assert message.usage.input_tokens == -(-len(QUESTION) // 4)
    assert message.usage.output_tokens == -(-len(block.text.encode()) // 4)
    [row] = ledger["rows"]
    assert row["request_id"] == message._request_id
    assert (row["outcome"], row["status"], row["vendor"]) == ("answered", 200, "anthropic")
    assert (row["input_tokens"], row["output_tokens"]) == (
        message.usage.input_tokens,
        message.usage.output_tokens,
    )


def test_cached_and_written_tokens_lie_beside_the_input_and_add_up_to_the_prompt() -> None:
    async def many(client: AsyncAnthropic) -> list[Message]:
        return [
            await create(client, messages=ask(QUESTION * 4), extra_headers={"x-nightbench-sample": str(n)})
            for n in range(12)
        ]

    messages, ledger = talk(many, {"cached": 0.7, "cache_written": 0.7})
    usages = [message.usage for message in messages]
    for usage, row in zip(usages, ledger["rows"], strict=True):
        assert usage.cache_creation is not None
        written = (
            usage.cache_creation.ephemeral_5m_input_tokens + usage.cache_creation.ephemeral_1h_input_tokens
        )
        assert usage.cache_creation_input_tokens == written
        total = usage.input_tokens + (usage.cache_read_input_tokens or 0) + written
        assert total == -(-len(QUESTION * 4) // 4)
        assert row["cached_input_tokens"] == usage.cache_read_input_tokens
        assert row["cache_write_tokens"] == usage.cache_creation.ephemeral_5m_input_tokens
        assert row["cache_write_1h_tokens"] == usage.cache_creation.ephemeral_1h_input_tokens
    assert any(usage.cache_read_input_tokens for usage in usages)
    assert any(usage.cache_creation and usage.cache_creation.ephemeral_1h_input_tokens for usage in usages)


def test_the_top_level_system_counts_as_a_leading_system_message() -> None:
    _, ledger = talk(lambda client: create(client, system="Be brief."))
    in_blocks = [{"type": "text", "text": "Be "}, {"type": "text", "text": "brief."}]
    _, same = talk(lambda client: create(client, system=in_blocks))
    first = [{"role": "system", "content": "Be brief."}, *ask()]
    _, among = talk(lambda client: create(client, messages=first))
    _, other = talk(create)
    assert ledger["rows"][0]["prompt_hash"] == among["rows"][0]["prompt_hash"]
    assert ledger["rows"][0]["prompt_hash"] == same["rows"][0]["prompt_hash"]
    assert ledger["rows"][0]["prompt_hash"] != other["rows"][0]["prompt_hash"]


def test_the_older_api_version_takes_a_temperature() -> None:
    message, _ = talk(lambda client: create(client, extra_body={"temperature": 0.0}, extra_headers=OLDER))
    assert message.stop_reason == "end_turn"


def test_an_answer_is_cut_at_max_tokens() -> None:
    message, _ = talk(lambda client: create(client, max_tokens=7))
    assert message.stop_reason == "max_tokens"
    assert message.usage.output_tokens == 7
    assert len(message.content[0].text) == 28


def test_an_answer_stops_before_a_stop_sequence() -> None:
    message, _ = talk(lambda client: create(client, stop_sequences=["."]))
    assert (message.stop_reason, message.stop_sequence) == ("stop_sequence", ".")
    assert "." not in message.content[0].text


def test_a_refusal_has_its_stop_reason_and_its_details() -> None:
    message, _ = talk(create, {"refusals": 1.0})
    assert message.stop_reason == "refusal"
    assert message.content == []
    assert message.stop_details is not None
    assert message.stop_details.explanation


def test_thinking_comes_in_its_own_block_and_its_tokens_inside_the_output() -> None:
    thinking = {"type": "enabled", "budget_tokens": 1024}
    message, ledger = talk(lambda client: create(client, max_tokens=4096, thinking=thinking))
    assert [block.type for block in message.content] == ["thinking", "text"]
    details = message.usage.output_tokens_details
    assert details is not None
    assert 0 < details.thinking_tokens < message.usage.output_tokens
    assert ledger["rows"][0]["reasoning_tokens"] == details.thinking_tokens


def test_usage_can_be_missing() -> None:
    message, ledger = talk(create, {"faults": {"missing_usage": 1.0}})
    assert getattr(message, "usage", None) is None
    assert ledger["totals"][0]["output_tokens"] > 0


@pytest.mark.parametrize(
    ("settings", "params", "error", "status", "kind", "words"),
    [
        pytest.param(
            {"context_tokens": 10},
            {},
            anthropic.BadRequestError,
            400,
            "invalid_request_error",
            "prompt is too long: 22 tokens > 10 maximum",
            id="context overflow",
        ),
        pytest.param(
            {"models": ["claude-other"]},
            {},
            anthropic.NotFoundError,
            404,
            "not_found_error",
            f"model: {SONNET}",
            id="no such model",
        ),
        pytest.param(
            {"faults": {"overloaded": 1.0}},
            {},
            anthropic.InternalServerError,
            529,
            "overloaded_error",
            "Overloaded",
            id="overloaded",
        ),
        pytest.param(
            {"faults": {"server_error": 1.0}},
            {},
            anthropic.InternalServerError,
            500,
            "api_error",
            "Internal server error",
            id="server error",
        ),
        pytest.param(
            {"faults": {"rate_limited": 1.0}},
            {},
            anthropic.RateLimitError,
            429,
            "rate_limit_error",
            "exceed your organization's rate limit",
            id="rate limited without a limit",
        ),
        pytest.param(
            {},
            {"max_tokens": 9000},
            anthropic.BadRequestError,
            400,
            "invalid_request_error",
            "max_tokens: 9000 > 8192",
            id="more output than the model gives",
        ),
        pytest.param(
            {},
            {"extra_body": {"temperature": 0.0}},
            anthropic.BadRequestError,
            400,
            "invalid_request_error",
            "temperature: Extra inputs are not permitted",
            id="temperature in the API version of 2026",
        ),
        pytest.param(
            {},
            {"extra_body": {"temperature": 1.5}, "extra_headers": OLDER},
            anthropic.BadRequestError,
            400,
            "invalid_request_error",
            "temperature: range: 0..1",
            id="temperature out of range",
        ),
        pytest.param(
            {},
            {"model": "claude-opus-5", "extra_body": {"temperature": 0.0}, "extra_headers": OLDER},
            anthropic.BadRequestError,
            400,
            "invalid_request_error",
            "temperature: this model accepts only its own value",
            id="temperature for a model that takes none",
        ),
        pytest.param(
            {},
            {"messages": [{"role": "tool", "content": "4"}]},
            anthropic.BadRequestError,
            400,
            "invalid_request_error",
            'messages.0: Unexpected role "tool"',
            id="a role that does not exist",
        ),
    ],
)
def test_each_error_becomes_the_sdks_exception(
    settings: dict[str, Any],
    params: dict[str, Any],
    error: type[anthropic.APIStatusError],
    status: int,
    kind: str,
    words: str,
) -> None:
    async def fail(client: AsyncAnthropic) -> anthropic.APIStatusError:
        with pytest.raises(error) as caught:
            await create(client, **params)
        return caught.value

    raised, ledger = talk(fail, settings)
    assert raised.status_code == status
    assert raised.type == kind
    assert words in raised.api_message
    assert raised.request_id == ledger["rows"][0]["request_id"]
    assert raised.body["request_id"] == raised.request_id
    assert ledger["rows"][0]["status"] == status


def test_a_wrong_key_is_an_authentication_error_and_is_not_repeated_in_it() -> None:
    async def fail(client: AsyncAnthropic) -> anthropic.AuthenticationError:
        with pytest.raises(anthropic.AuthenticationError) as caught:
            await create(client)
        return caught.value

    raised, ledger = talk(fail, {"refused_keys": ["canary-7f3a"]}, api_key="canary-7f3a")
    assert raised.type == "authentication_error"
    assert "canary" not in str(raised.body) + str(ledger)


def test_the_limits_are_in_the_headers_and_a_429_says_when_to_come_again() -> None:
    limits = {"*": {"requests_per_minute": 60, "input_tokens_per_minute": 6000, "burst_s": 1.0}}

    async def twice(client: AsyncAnthropic) -> tuple[Any, Any]:
        first = await client.messages.with_raw_response.create(model=SONNET, max_tokens=16, messages=ask())
        with pytest.raises(anthropic.RateLimitError) as caught:
            await create(client)
        return first.headers, caught.value

    (headers, error), _ = talk(twice, {"limits": limits})
    assert headers["anthropic-ratelimit-requests-limit"] == "60"
    assert headers["anthropic-ratelimit-requests-remaining"] == "0"
    assert headers["anthropic-ratelimit-requests-reset"].endswith("Z")
    assert headers["anthropic-ratelimit-input-tokens-limit"] == "6000"
    assert headers["anthropic-ratelimit-tokens-remaining"] == "78"
    assert error.response.headers["retry-after"] == "1"
    assert "60 requests per minute" in error.api_message


@pytest.mark.parametrize("fault", ["reset", "cut"])
def test_a_broken_connection_is_a_connection_error(fault: str) -> None:
    async def fail(client: AsyncAnthropic) -> None:
        with pytest.raises(anthropic.APIConnectionError):
            await create(client)

    _, ledger = talk(fail, {"faults": {fault: 1.0}})
    assert [row["outcome"] for row in ledger["rows"]] == [fault]


def test_the_models_are_listed() -> None:
    async def models(client: AsyncAnthropic) -> list[Any]:
        return [model async for model in client.models.list()]

    listed, _ = talk(models)
    assert [(model.id, model.type, model.lifecycle) for model in listed] == [(SONNET, "model", "active")]
    assert listed[0].created_at.year == 2024
