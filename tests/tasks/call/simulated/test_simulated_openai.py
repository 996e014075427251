"""The real openai SDK, plain and Azure, on its aiohttp transport, takes the server for the real ones."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAioHttpClient
from openai.types.chat import ChatCompletion

from tests.tasks.call.simulated.loopback import GPT, QUESTION, ask, entry, serving


def talk(
    do: Callable[[AsyncOpenAI], Awaitable[Any]],
    settings: dict[str, Any] | None = None,
    *,
    azure: bool = False,
    api_key: str = "a key",
    **more: Any,
) -> Any:
    """Run one conversation with a fresh server."""

    async def run() -> Any:
        async with serving(settings, **more) as (url, service):
            http_client = DefaultAioHttpClient()
            client: AsyncOpenAI = (
                AsyncAzureOpenAI(
                    api_key=api_key,
                    azure_endpoint=url,
                    api_version="2024-10-21",
                    max_retries=0,
                    http_client=http_client,
                )
                if azure
                else AsyncOpenAI(
                    api_key=api_key, base_url=f"{url}/v1", max_retries=0, http_client=http_client
                )
            )
            async with client:
                result = await do(client)
            return result, service.ledger.to_json()

    return asyncio.run(run())


async def create(client: AsyncOpenAI, **params: Any) -> ChatCompletion:
    completion = await client.chat.completions.create(**{"model": GPT, "messages": ask()} | params)
    assert isinstance(completion, ChatCompletion)
    return completion


@pytest.mark.parametrize("azure", [False, True], ids=["openai", "azure"])
def test_an_answer_parses_into_the_sdks_completion_and_the_ledger_counts_the_same(azure: bool) -> None:
    completion, ledger = talk(create, {"accuracy": 1.0}, azure=azure, plan=[entry()])
    [choice] = completion.choices
    assert "540" in choice.message.content.splitlines()[-1]
    assert (choice.finish_reason, choice.message.refusal) == ("stop", None)
    assert (completion.object, completion.model) == ("chat.completion", GPT)
    assert completion.system_fingerprint
    usage = completion.usage
    assert usage.prompt_tokens == -(-len(QUESTION) // 4)
    assert usage.completion_tokens == -(-len(choice.message.content.encode()) // 4)
    assert usage.total_tokens == usage.prompt_tokens + usage.completion_tokens
    [row] = ledger["rows"]
    assert row["request_id"] == completion._request_id
    assert row["vendor"] == ("azure" if azure else "openai")
    assert (row["input_tokens"], row["output_tokens"]) == (usage.prompt_tokens, usage.completion_tokens)


def test_cached_and_written_tokens_lie_inside_the_prompts() -> None:
    async def many(client: AsyncOpenAI) -> list[ChatCompletion]:
        return [
            await create(client, messages=ask(QUESTION * 4), extra_headers={"x-nightbench-sample": str(n)})
            for n in range(8)
        ]

    completions, ledger = talk(many, {"cached": 0.7, "cache_written": 0.7})
    for completion, row in zip(completions, ledger["rows"], strict=True):
        details = completion.usage.prompt_tokens_details
        assert completion.usage.prompt_tokens == -(-len(QUESTION * 4) // 4)
        assert row["cached_input_tokens"] == details.cached_tokens
        assert row["cache_write_tokens"] == details.cache_write_tokens
        assert row["cache_write_1h_tokens"] == 0
        assert (
            row["input_tokens"] + details.cached_tokens + details.cache_write_tokens
            == completion.usage.prompt_tokens
        )
    assert any(completion.usage.prompt_tokens_details.cached_tokens for completion in completions)
    assert any(completion.usage.prompt_tokens_details.cache_write_tokens for completion in completions)


def test_a_reasoning_model_bills_its_reasoning_inside_the_completion() -> None:
    completion, ledger = talk(lambda client: create(client, model="o3", max_completion_tokens=2000))
    details = completion.usage.completion_tokens_details
    assert 0 < details.reasoning_tokens < completion.usage.completion_tokens
    assert ledger["rows"][0]["reasoning_tokens"] == details.reasoning_tokens


def test_a_refusal_comes_in_its_own_field() -> None:
    completion, _ = talk(create, {"refusals": 1.0})
    message = completion.choices[0].message
    assert message.content is None
    assert message.refusal


def test_an_answer_is_cut_at_max_tokens() -> None:
    completion, _ = talk(lambda client: create(client, max_tokens=7))
    assert completion.choices[0].finish_reason == "length"
    assert completion.usage.completion_tokens == 7


def test_system_and_developer_are_one_role() -> None:
    def hash_with(role: str) -> str:
        messages = [{"role": role, "content": "Be brief."}, *ask()]
        _, ledger = talk(lambda client: create(client, messages=messages))
        return str(ledger["rows"][0]["prompt_hash"])

    assert hash_with("system") == hash_with("developer")


@pytest.mark.parametrize(
    ("settings", "params", "error", "status", "code", "words"),
    [
        pytest.param(
            {"context_tokens": 10},
            {},
            openai.BadRequestError,
            400,
            "context_length_exceeded",
            "maximum context length is 10 tokens. However, your messages resulted in 22 tokens",
            id="context overflow",
        ),
        pytest.param(
            {"models": ["gpt-other"]},
            {},
            openai.NotFoundError,
            404,
            "model_not_found",
            f"The model `{GPT}` does not exist",
            id="no such model",
        ),
        pytest.param(
            {"faults": {"server_error": 1.0}},
            {},
            openai.InternalServerError,
            500,
            None,
            "server had an error",
            id="server error",
        ),
        pytest.param(
            {"faults": {"overloaded": 1.0}},
            {},
            openai.InternalServerError,
            503,
            None,
            "overloaded",
            id="overloaded",
        ),
        pytest.param(
            {"faults": {"rate_limited": 1.0}},
            {},
            openai.RateLimitError,
            429,
            "rate_limit_exceeded",
            "Rate limit reached",
            id="rate limited without a limit",
        ),
        pytest.param(
            {},
            {"max_tokens": 5000},
            openai.BadRequestError,
            400,
            "invalid_value",
            "at most 4096 completion tokens",
            id="more output than the model gives",
        ),
        pytest.param(
            {},
            {"model": "o3", "max_tokens": 100},
            openai.BadRequestError,
            400,
            "unsupported_parameter",
            "Use 'max_completion_tokens' instead",
            id="max_tokens for a reasoning model",
        ),
        pytest.param(
            {},
            {"model": "o3", "temperature": 0.0},
            openai.BadRequestError,
            400,
            "unsupported_value",
            "'temperature' does not support",
            id="temperature for a reasoning model",
        ),
    ],
)
def test_each_error_becomes_the_sdks_exception(
    settings: dict[str, Any],
    params: dict[str, Any],
    error: type[openai.APIStatusError],
    status: int,
    code: str | None,
    words: str,
) -> None:
    async def fail(client: AsyncOpenAI) -> openai.APIStatusError:
        with pytest.raises(error) as caught:
            await create(client, **params)
        return caught.value

    raised, ledger = talk(fail, settings)
    assert (raised.status_code, raised.code) == (status, code)
    assert words in raised.message
    assert raised.request_id == ledger["rows"][0]["request_id"]


@pytest.mark.parametrize(
    ("settings", "key", "error", "code"),
    [
        pytest.param({"content_filter": 1.0}, "k", openai.BadRequestError, "content_filter", id="filter"),
        pytest.param({"models": ["other"]}, "k", openai.NotFoundError, "DeploymentNotFound", id="deployment"),
        pytest.param({}, "invalid", openai.AuthenticationError, "401", id="key"),
        pytest.param({"faults": {"rate_limited": 1.0}}, "k", openai.RateLimitError, "429", id="rate limited"),
    ],
)
def test_azure_has_error_bodies_of_its_own(
    settings: dict[str, Any], key: str, error: type[openai.APIStatusError], code: str
) -> None:
    async def fail(client: AsyncOpenAI) -> openai.APIStatusError:
        with pytest.raises(error) as caught:
            await create(client)
        return caught.value

    raised, _ = talk(fail, settings, azure=True, api_key=key)
    assert raised.code == code
    if code == "content_filter":
        found = raised.body["innererror"]["content_filter_result"]
        assert raised.body["innererror"]["code"] == "ResponsibleAIPolicyViolation"
        assert found["violence"] == {"filtered": True, "severity": "medium"}


def test_the_content_filter_is_azures_alone() -> None:
    completion, _ = talk(create, {"content_filter": 1.0})
    assert completion.choices[0].message.content


def test_a_deployment_may_have_another_name_than_its_model() -> None:
    completion, ledger = talk(
        lambda client: create(client, model="our-deployment"),
        {"deployments": {"our-deployment": GPT}},
        azure=True,
    )
    assert completion.model == GPT
    assert ledger["rows"][0]["model"] == GPT


def test_the_limits_are_in_the_headers_and_a_429_says_when_to_come_again() -> None:
    limits = {GPT: {"requests_per_minute": 120, "input_tokens_per_minute": 60_000, "burst_s": 0.5}}

    async def twice(client: AsyncOpenAI) -> tuple[Any, Any]:
        first = await client.chat.completions.with_raw_response.create(model=GPT, messages=ask())
        with pytest.raises(openai.RateLimitError) as caught:
            await create(client)
        return first.headers, caught.value

    (headers, error), _ = talk(twice, {"limits": limits})
    assert headers["x-ratelimit-limit-requests"] == "120"
    assert headers["x-ratelimit-remaining-requests"] == "0"
    assert headers["x-ratelimit-limit-tokens"] == "60000"
    assert headers["x-ratelimit-remaining-tokens"] == "478"
    assert headers["x-ratelimit-reset-tokens"] == "22ms"
    assert 0 < int(error.response.headers["retry-after-ms"]) <= 500
    assert error.response.headers["retry-after"] == "1"
    assert error.type == "requests"


def test_a_body_that_is_not_json_is_an_error_and_the_next_try_passes() -> None:
    async def twice(client: AsyncOpenAI) -> ChatCompletion:
        with pytest.raises((openai.APIError, ValueError)):
            await create(client)
        return await create(client)

    completion, ledger = talk(twice, {"faults": {"garbled": 1.0, "max_in_a_row": 1}})
    assert completion.choices[0].message.content
    assert [row["outcome"] for row in ledger["rows"]] == ["garbled", "answered"]


def test_neither_faults_nor_order_change_an_answer_and_the_ledger_has_what_the_client_saw() -> None:
    planned = [entry(f"{QUESTION} ({n})", target=str(n)) for n in range(24)]
    faults = {"rate_limited": 0.1, "server_error": 0.1, "overloaded": 0.1, "reset": 0.1, "cut": 0.2}

    async def one(client: AsyncOpenAI, n: int) -> tuple[str, int, int]:
        for _ in range(4):  # three faults in a row at most
            try:
                completion = await create(client, messages=ask(f"{QUESTION} ({n})"))
            except (openai.APIConnectionError, openai.APIStatusError):
                continue
            text, usage = completion.choices[0].message.content, completion.usage
            assert text is not None
            assert usage is not None
            return text, usage.prompt_tokens, usage.completion_tokens
        raise AssertionError("four faults in a row")

    async def in_order(client: AsyncOpenAI) -> list[tuple[str, int, int]]:
        return [await one(client, n) for n in range(24)]

    async def at_once(client: AsyncOpenAI) -> list[tuple[str, int, int]]:
        return (await asyncio.gather(*(one(client, n) for n in reversed(range(24)))))[::-1]

    calm, _ = talk(in_order, plan=planned)
    stormy, ledger = talk(at_once, {"faults": faults}, plan=planned)
    assert stormy == calm
    totals = {total["outcome"]: total for total in ledger["totals"]}
    assert set(totals) >= {"answered", "cut", "reset"}
    assert totals["answered"]["requests"] == 24
    assert totals["answered"]["input_tokens"] == sum(prompt for _, prompt, _ in stormy)
    assert totals["answered"]["output_tokens"] == sum(written for _, _, written in stormy)
    assert sum(total["requests"] for total in totals.values()) == ledger["arrived"] == len(ledger["rows"])


def test_one_connection_serves_many_calls() -> None:
    async def many(client: AsyncOpenAI) -> None:
        for _ in range(5):
            await create(client)

    _, ledger = talk(many)
    assert (ledger["connections"], ledger["arrived"]) == (1, 5)


def test_the_models_are_listed() -> None:
    async def models(client: AsyncOpenAI) -> list[Any]:
        return [model async for model in client.models.list()]

    listed, _ = talk(models, {"models": ["gpt-4o-2024-05-13", "my-model", "claude-3-5-sonnet-20240620"]})
    assert [(model.id, model.object) for model in listed] == [(GPT, "model"), ("my-model", "model")]
