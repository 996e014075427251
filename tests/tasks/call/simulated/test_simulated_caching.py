"""The real SDKs see prefixes cached as the vendors do it: by exact bytes, from a length on, for a time."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import anthropic
import openai
import pytest
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI

from tasks.call.simulated.caching import PromptCache
from tasks.call.simulated.wire import Mark, Taken
from tests.tasks.call.simulated.loopback import serving

SONNET, OPUS = "claude-sonnet-5", "claude-opus-4-6"
GPT, LUNA, OLD = "gpt-4o", "gpt-6-luna", "gpt-4o-2024-05-13"
LONG = "All the rules of the house, one by one. " * 200  # 2,000 tokens of four bytes
CONTROL = {"type": "ephemeral"}


def claude(
    do: Callable[[AsyncAnthropic], Awaitable[Any]], settings: dict[str, Any] | None = None
) -> tuple[Any, list[dict[str, Any]]]:
    async def run() -> Any:
        async with serving(settings) as (url, service):
            async with AsyncAnthropic(api_key="a key", base_url=url, max_retries=0) as client:
                result = await do(client)
            return result, service.ledger.to_json()["rows"]

    result, rows = asyncio.run(run())
    return result, rows


def gpt(
    do: Callable[[AsyncOpenAI], Awaitable[Any]], settings: dict[str, Any] | None = None
) -> tuple[Any, list[dict[str, Any]]]:
    async def run() -> Any:
        async with serving(settings) as (url, service):
            async with AsyncOpenAI(api_key="a key", base_url=f"{url}/v1", max_retries=0) as client:
                result = await do(client)
            return result, service.ledger.to_json()["rows"]

    result, rows = asyncio.run(run())
    return result, rows


def taken(rows: list[dict[str, Any]]) -> list[tuple[int, int, int, int]]:
    """Plain, read, written for five minutes and for an hour, of each request."""
    kinds = ("input_tokens", "cached_input_tokens", "cache_write_tokens", "cache_write_1h_tokens")
    return [tuple(row[kind] for kind in kinds) for row in rows]


async def put(client: AsyncAnthropic, question: str, *, text: str = LONG, **params: Any) -> Any:
    control = params.pop("control", CONTROL)
    fields: dict[str, Any] = {
        "model": SONNET,
        "max_tokens": 100,
        "system": [{"type": "text", "text": text, "cache_control": control}],
        "messages": [{"role": "user", "content": question}],
    }
    return await client.messages.create(**fields | params)


def test_the_first_request_writes_and_the_next_ones_read() -> None:
    async def three(client: AsyncAnthropic) -> list[Any]:
        return [await put(client, question) for question in ("One?", "Two, please?", "One?")]

    messages, rows = claude(three)
    assert taken(rows) == [(1, 0, 2000, 0), (3, 2000, 0, 0), (1, 2000, 0, 0)]
    usage = messages[0].usage
    assert (usage.input_tokens, usage.cache_creation_input_tokens) == (1, 2000)
    assert usage.cache_creation.ephemeral_5m_input_tokens == 2000
    assert messages[1].usage.cache_read_input_tokens == 2000


def test_an_hour_is_told_from_five_minutes() -> None:
    _, rows = claude(lambda client: put(client, "One?", control={**CONTROL, "ttl": "1h"}))
    assert taken(rows) == [(1, 0, 0, 2000)]


@pytest.mark.parametrize(
    ("first", "second", "read"),
    [
        pytest.param({}, {"text": LONG + "."}, 0, id="other bytes"),
        pytest.param({}, {"model": "claude-opus-5"}, 0, id="another model"),
        pytest.param({}, {"thinking": {"type": "disabled"}}, 0, id="other thinking"),
        pytest.param(
            {}, {"metadata": {"user_id": "x"}, "max_tokens": 7}, 2000, id="what a cache does not know of"
        ),
        pytest.param({"text": LONG[:4000]}, {"text": LONG[:4000]}, 0, id="1,000 tokens: too short"),
        pytest.param({"text": LONG[:4096]}, {"text": LONG[:4096]}, 1024, id="1,024 tokens"),
        pytest.param({"model": OPUS}, {"model": OPUS}, 0, id="2,000 are too short for this model"),
    ],
)
def test_a_prefix_is_exact_bytes_of_a_length(
    first: dict[str, Any], second: dict[str, Any], read: int
) -> None:
    async def two(client: AsyncAnthropic) -> None:
        await put(client, "One?", **first)
        await put(client, "Two?", **second)

    _, rows = claude(two)
    assert taken(rows)[1][1] == read


def test_without_a_mark_nothing_is_cached() -> None:
    async def two(client: AsyncAnthropic) -> None:
        for _ in range(2):
            await put(client, "One?", system=LONG)

    _, rows = claude(two)
    assert taken(rows) == [(2001, 0, 0, 0)] * 2


def test_a_later_mark_writes_only_what_an_earlier_one_has_not() -> None:
    async def two(client: AsyncAnthropic) -> None:
        await put(client, "One?")
        document = {"type": "text", "text": LONG, "cache_control": CONTROL}
        await put(client, "", messages=[{"role": "user", "content": [document]}])

    _, rows = claude(two)
    assert taken(rows)[1] == (0, 2000, 2000, 0)


def test_calls_at_one_time_write_each() -> None:
    async def at_once(client: AsyncAnthropic) -> None:
        await asyncio.gather(*(put(client, "One?") for _ in range(3)))
        await put(client, "One?")

    _, rows = claude(at_once, {"latency_ms": 100})
    assert taken(rows) == [(1, 0, 2000, 0)] * 3 + [(1, 2000, 0, 0)]


def test_more_than_four_marks_are_refused() -> None:
    blocks = [{"type": "text", "text": "a", "cache_control": CONTROL}] * 5
    with pytest.raises(anthropic.BadRequestError, match="A maximum of 4 blocks"):
        claude(lambda client: put(client, "", messages=[{"role": "user", "content": blocks}], system="s"))


@pytest.mark.parametrize("control", [{"type": "persistent"}, {"type": "ephemeral", "ttl": "1d"}])
def test_a_mark_of_another_kind_is_refused(control: dict[str, str]) -> None:
    with pytest.raises(anthropic.BadRequestError, match="cache_control"):
        claude(lambda client: put(client, "One?", control=control))


def test_an_entry_lives_its_time_and_is_renewed_by_reading() -> None:
    cache = PromptCache()
    five, hour = Mark(2000, b"five", "5m"), Mark(2000, b"hour", "1h")
    at = {"five": [], "hour": []}  # type: ignore[var-annotated]  # lists of what was taken
    for now in (0.0, 0.5, 2.0, 300.0, 599.0, 900.0):
        at["five"].append(cache.take(SONNET, [five], now, now + 1.0))
        at["hour"].append(cache.take(SONNET, [hour], now, now + 1.0))
    write, read = Taken(0, 2000, 0), Taken(2000, 0, 0)
    assert at["five"] == [write, write, read, read, read, write]
    assert at["hour"] == [Taken(0, 0, 2000)] * 2 + [read] * 4


async def chat(client: AsyncOpenAI, text: str, question: str = "?", **params: Any) -> Any:
    messages = [{"role": "system", "content": text}, {"role": "user", "content": question}]
    return await client.chat.completions.create(**{"model": GPT, "messages": messages, **params})


@pytest.mark.parametrize("api", ["chat", "responses"])
def test_openai_caches_by_itself_in_steps_and_without_a_fee(api: str) -> None:
    async def two(client: AsyncOpenAI) -> None:
        for question in ("One?", "Two?"):
            if api == "chat":
                await chat(client, LONG, question)
            else:
                await client.responses.create(model=GPT, instructions=LONG, input=question)

    _, rows = gpt(two)
    assert taken(rows) == [(2001, 0, 0, 0), (2001 - 1920, 1920, 0, 0)]


@pytest.mark.parametrize(
    ("model", "text"), [(GPT, LONG[:4000]), (OLD, LONG)], ids=["too short", "older than the cache"]
)
def test_what_openai_does_not_cache(model: str, text: str) -> None:
    async def two(client: AsyncOpenAI) -> None:
        for _ in range(2):
            await chat(client, text, model=model)

    _, rows = gpt(two)
    assert all(row[1:] == (0, 0, 0) for row in taken(rows))


def test_from_gpt_5_6_on_the_whole_prompt_is_written_unless_a_mark_says_what() -> None:
    text = {"type": "text", "text": LONG, "prompt_cache_breakpoint": {"mode": "explicit"}}
    marked = [{"role": "system", "content": [text]}, {"role": "user", "content": "One, two or three?"}]

    async def four(client: AsyncOpenAI) -> None:
        params: dict[str, Any] = {"model": LUNA, "max_completion_tokens": 500}
        await chat(client, LONG, "One, two?", **params)
        await chat(client, LONG, "Three?", **params)
        explicit: dict[str, Any] = {"prompt_cache_options": {"mode": "explicit"}}
        await chat(client, LONG, **params, messages=marked, **explicit)
        await chat(client, LONG, **params, messages=marked, **explicit)
        await chat(client, LONG, "One, two?", **params, **explicit)

    _, rows = gpt(four)
    assert taken(rows) == [
        (0, 0, 2003, 0),
        (0, 0, 2002, 0),
        (5, 0, 2000, 0),
        (5, 2000, 0, 0),
        (2003, 0, 0, 0),
    ]


def test_an_older_model_takes_no_such_options() -> None:
    with pytest.raises(openai.BadRequestError, match="prompt_cache_options"):
        gpt(lambda client: chat(client, LONG, extra_body={"prompt_cache_options": {"mode": "explicit"}}))


def test_caching_can_be_turned_off_and_made_up_shares_take_its_place() -> None:
    async def two(client: AsyncAnthropic) -> None:
        for _ in range(2):
            await put(client, "One?")

    _, rows = claude(two, {"caching": False})
    assert taken(rows) == [(2001, 0, 0, 0)] * 2
    _, rows = claude(two, {"cached": 1.0})
    assert rows[0]["cached_input_tokens"] > 0
