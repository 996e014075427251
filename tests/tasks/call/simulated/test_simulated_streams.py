"""The SDKs' own readers of streams take ours, and get the very answer that they get without one."""

import asyncio
import time
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import Message
from openai.types.chat import ChatCompletionChunk

from tests.tasks.call.simulated.loopback import GPT, SONNET, ask, entry, serving

THINKER = "claude-haiku-5-5"
REASONER = "gpt-6-luna"


async def both(url: str, model: str, **params: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """The message without a stream, and as the SDK puts the stream together."""
    asked: dict[str, Any] = {"model": model, "max_tokens": 2000, "messages": ask()} | params
    http_client = anthropic.DefaultAioHttpClient()
    async with anthropic.AsyncAnthropic(api_key="k", base_url=url, http_client=http_client) as client:
        plain = await client.messages.create(**asked)
        assert isinstance(plain, Message)
        async with client.messages.stream(**asked) as stream:
            streamed = await stream.get_final_message()
    return plain.model_dump(), streamed.model_dump(exclude={"parsed_output"})


async def chunks(url: str, model: str, *, azure: bool = False, **params: Any) -> list[ChatCompletionChunk]:
    """Every chunk of a stream, each of which the SDK's type accepts as it is."""
    http_client = openai.DefaultAioHttpClient()
    client: openai.AsyncOpenAI = (
        openai.AsyncAzureOpenAI(
            api_key="k", azure_endpoint=url, api_version="2024-10-21", http_client=http_client
        )
        if azure
        else openai.AsyncOpenAI(api_key="k", base_url=f"{url}/v1", http_client=http_client)
    )
    async with client:
        stream = await client.chat.completions.create(model=model, messages=ask(), stream=True, **params)
        found = [chunk async for chunk in stream]
    for chunk in found:
        ChatCompletionChunk.model_validate(chunk.model_dump(exclude_unset=True))
    return found


@pytest.mark.parametrize(
    ("model", "settings", "params"),
    [
        pytest.param(SONNET, {}, {}, id="text"),
        pytest.param(THINKER, {}, {"thinking": {"type": "adaptive"}}, id="thinking"),
        pytest.param(SONNET, {"refusals": 1.0}, {}, id="a refusal"),
        pytest.param(SONNET, {}, {"max_tokens": 7}, id="cut at max_tokens"),
        pytest.param(SONNET, {}, {"stop_sequences": ["540"]}, id="a stop word"),
        pytest.param(SONNET, {"cached": 1.0, "cache_written": 1.0}, {}, id="cached tokens"),
    ],
)
def test_a_streamed_message_is_the_message(
    model: str, settings: dict[str, Any], params: dict[str, Any]
) -> None:
    async def run() -> tuple[dict[str, Any], dict[str, Any]]:
        async with serving(settings, [entry()]) as (url, _):
            return await both(url, model, **params)

    plain, streamed = asyncio.run(run())
    for body in (plain, streamed):
        del body["id"]
        for block in body["content"]:
            block.pop("signature", None)
            block.pop("parsed_output", None)
    assert streamed == plain


@pytest.mark.parametrize("azure", [False, True], ids=["openai", "azure"])
@pytest.mark.parametrize("model", [GPT, REASONER])
def test_streamed_chunks_make_up_the_completion(model: str, azure: bool) -> None:
    async def run() -> tuple[list[ChatCompletionChunk], Any]:
        async with serving({}, [entry()]) as (url, service):
            found = await chunks(url, model, azure=azure, stream_options={"include_usage": True})
            return found, service.ledger.to_json()["rows"][0]

    found, row = asyncio.run(run())
    *_, before_last, last = found
    text = "".join(chunk.choices[0].delta.content or "" for chunk in found if chunk.choices)
    assert "540" in text.splitlines()[-1]
    assert before_last.choices[0].finish_reason == "stop"
    assert last.choices == []
    assert last.usage is not None
    assert all(chunk.usage is None for chunk in found[:-1])
    assert (last.usage.prompt_tokens, last.usage.completion_tokens) == (
        row["input_tokens"],
        row["output_tokens"],
    )
    assert len({chunk.id for chunk in found}) == 1
    assert row["outcome"] == "answered"


def test_usage_is_told_only_where_it_is_asked_for() -> None:
    async def run() -> list[ChatCompletionChunk]:
        async with serving({}, [entry()]) as (url, _):
            return await chunks(url, GPT)

    assert all(chunk.usage is None and chunk.choices for chunk in asyncio.run(run()))


def test_the_words_come_at_a_rate_and_the_last_when_the_whole_answer_would_have_come() -> None:
    async def run() -> list[float]:
        async with serving({"latency_ms": 800, "first_token": 0.5}, [entry()]) as (url, _):
            client = openai.AsyncOpenAI(
                api_key="k", base_url=f"{url}/v1", http_client=openai.DefaultAioHttpClient()
            )
            began = time.monotonic()
            async with client:
                stream = await client.chat.completions.create(model=GPT, messages=ask(), stream=True)
                return [
                    time.monotonic() - began
                    async for chunk in stream
                    if chunk.choices and chunk.choices[0].delta.content
                ]

    at = asyncio.run(run())
    assert 0.4 <= at[0] < 0.6
    assert 0.8 <= at[-1] < 1.1
    assert len([moment for moment in at if moment < 0.6]) < len(at) * 0.7, "they come in one heap"


@pytest.mark.parametrize(
    ("fault", "outcome", "error"),
    [
        ("cut", "cut", openai.APIConnectionError),
        ("error_event", "error", openai.APIError),
        ("garbled", "garbled", ValueError),
    ],
)
def test_a_stream_breaks_in_its_middle(fault: str, outcome: str, error: type[Exception]) -> None:
    async def run() -> Any:
        async with serving({"faults": {fault: 1.0}}, [entry()]) as (url, service):
            with pytest.raises(error):
                await chunks(url, GPT)
            return service.ledger.to_json()["rows"][0]

    assert asyncio.run(run())["outcome"] == outcome


@pytest.mark.parametrize("streams", [False, True])
def test_a_call_that_hangs_is_gone_when_its_client_goes(streams: bool) -> None:
    async def listen(client: openai.AsyncOpenAI) -> None:
        answer: Any = await client.chat.completions.create(model=GPT, messages=ask(), stream=streams)
        _ = [chunk async for chunk in answer]

    async def run() -> Any:
        async with serving({"faults": {"hang": 1.0}}, [entry()]) as (url, service):
            client = openai.AsyncOpenAI(
                api_key="k",
                base_url=f"{url}/v1",
                timeout=0.2,
                max_retries=0,
                http_client=openai.DefaultAioHttpClient(),
            )
            async with client:
                with pytest.raises(openai.APITimeoutError):
                    await listen(client)
            await asyncio.sleep(0.05)
            return service.ledger.to_json()

    ledger = asyncio.run(run())
    assert [row["outcome"] for row in ledger["rows"]] == ["gone"]
    assert ledger["in_flight"] == 0


@pytest.mark.parametrize(
    "body",
    [{"stream": 1}, {"stream_options": {"include_usage": True}}, {"stream": True, "stream_options": 3}],
)
def test_what_no_vendor_would_stream_is_refused(body: dict[str, Any]) -> None:
    async def run() -> None:
        async with serving() as (url, _):
            client = openai.AsyncOpenAI(
                api_key="k", base_url=f"{url}/v1", max_retries=0, http_client=openai.DefaultAioHttpClient()
            )
            async with client:
                with pytest.raises(openai.BadRequestError, match="stream"):
                    await client.chat.completions.create(model=GPT, messages=ask(), extra_body=body)

    asyncio.run(run())
