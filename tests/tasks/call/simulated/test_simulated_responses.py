"""The real openai SDK, plain and Azure, takes the server's Responses for the real ones."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any

import openai
import pytest
from openai import AsyncAzureOpenAI, AsyncOpenAI, DefaultAioHttpClient
from openai.types.responses import Response

from tests.tasks.call.simulated.loopback import GPT, QUESTION, ask, entry, serving

SCHEMA = {"type": "object", "properties": {"meters": {"type": "integer"}, "unit": {"type": "string"}}}


def talk(
    do: Callable[[AsyncOpenAI], Awaitable[Any]],
    settings: dict[str, Any] | None = None,
    *,
    azure: bool = False,
    **more: Any,
) -> Any:
    """Run one conversation with a fresh server."""

    async def run() -> Any:
        async with serving(settings, **more) as (url, service):
            http_client = DefaultAioHttpClient()
            client: AsyncOpenAI = (
                AsyncAzureOpenAI(
                    api_key="a key",
                    azure_endpoint=url,
                    api_version="2025-03-01-preview",
                    max_retries=0,
                    http_client=http_client,
                )
                if azure
                else AsyncOpenAI(
                    api_key="a key", base_url=f"{url}/v1", max_retries=0, http_client=http_client
                )
            )
            async with client:
                result = await do(client)
            return result, service.ledger.to_json()

    return asyncio.run(run())


async def create(client: AsyncOpenAI, **params: Any) -> Response:
    response = await client.responses.create(**{"model": GPT, "input": ask()} | params)
    assert isinstance(response, Response)
    return response


@pytest.mark.parametrize("azure", [False, True], ids=["openai", "azure"])
def test_an_answer_parses_into_the_sdks_response_and_the_ledger_counts_the_same(azure: bool) -> None:
    response, ledger = talk(create, {"accuracy": 1.0}, azure=azure, plan=[entry()])
    assert "540" in response.output_text.splitlines()[-1]
    assert (response.status, response.model, response.error) == ("completed", GPT, None)
    usage = response.usage
    assert usage.input_tokens == -(-len(QUESTION) // 4)
    assert usage.output_tokens == -(-len(response.output_text.encode()) // 4)
    assert usage.total_tokens == usage.input_tokens + usage.output_tokens
    [row] = ledger["rows"]
    assert row["request_id"] == response._request_id
    assert row["vendor"] == ("azure" if azure else "openai")
    assert (row["input_tokens"], row["output_tokens"]) == (usage.input_tokens, usage.output_tokens)
    Response.model_validate_json(response.to_json(), strict=True)


def test_a_question_has_one_answer_over_either_api() -> None:
    async def both(client: AsyncOpenAI) -> tuple[str | None, str]:
        chat = await client.chat.completions.create(model=GPT, messages=ask())
        return chat.choices[0].message.content, (await create(client)).output_text

    (over_chat, over_responses), _ = talk(both, plan=[entry()])
    assert over_chat == over_responses


@pytest.mark.parametrize("turns", [QUESTION, [{"role": "user", "content": QUESTION}]], ids=["text", "items"])
def test_instructions_are_a_leading_system_message(turns: Any) -> None:
    def hash_of(**params: Any) -> str:
        _, ledger = talk(lambda client: create(client, **params))
        return str(ledger["rows"][0]["prompt_hash"])

    with_role = hash_of(input=[{"role": "system", "content": "Be brief."}, *ask()])
    assert hash_of(input=turns, instructions="Be brief.") == with_role


@pytest.mark.parametrize(("asked", "shown"), [({}, False), ({"summary": "auto"}, True)])
def test_reasoning_is_billed_and_shown_only_where_it_is_asked_for(asked: Any, shown: bool) -> None:
    response, ledger = talk(
        lambda client: create(client, model="o3", max_output_tokens=2000, reasoning=asked)
    )
    item = response.output[0]
    assert item.type == "reasoning"
    assert bool(item.summary) is shown
    assert 0 < response.usage.output_tokens_details.reasoning_tokens < response.usage.output_tokens
    row = ledger["rows"][0]
    assert row["reasoning_tokens"] == response.usage.output_tokens_details.reasoning_tokens


def test_a_refusal_is_a_part_of_its_own() -> None:
    response, _ = talk(create, {"refusals": 1.0})
    [part] = response.output[0].content
    assert part.type == "refusal"
    assert part.refusal


def test_an_answer_that_is_cut_is_incomplete() -> None:
    response, _ = talk(lambda client: create(client, max_output_tokens=16))
    assert (response.status, response.incomplete_details.reason) == ("incomplete", "max_output_tokens")
    assert response.usage.output_tokens == 16


def test_a_schema_is_followed() -> None:
    form = {"type": "json_schema", "name": "n", "schema": SCHEMA}
    response, _ = talk(
        lambda client: create(client, text={"format": form}), {"accuracy": 1.0}, plan=[entry()]
    )
    written = json.loads(response.output_text)
    assert written.keys() == SCHEMA["properties"].keys()  # type: ignore[attr-defined]  # a dict
    assert written["meters"] == 540


def test_a_forced_function_is_called_with_its_arguments() -> None:
    tool = {"type": "function", "name": "note", "parameters": SCHEMA, "strict": True}
    response, _ = talk(
        lambda client: create(client, tools=[tool], tool_choice={"type": "function", "name": "note"}),
        {"accuracy": 1.0},
        plan=[entry()],
    )
    [call] = response.output
    assert (call.type, call.name) == ("function_call", "note")
    assert json.loads(call.arguments)["meters"] == 540


@pytest.mark.parametrize(
    ("params", "error", "words"),
    [
        ({"max_output_tokens": 15}, openai.BadRequestError, "Expected a value >= 16, but got 15"),
        ({"extra_body": {"max_tokens": 15}}, openai.BadRequestError, "'max_tokens'"),
        ({"extra_body": {"seed": 1}}, openai.BadRequestError, "'seed'"),
        ({"model": "o3", "temperature": 0.0}, openai.BadRequestError, "Only the default (1) value"),
        ({"input": []}, openai.BadRequestError, "'input'"),
        ({"input": [{"role": "user", "content": 7}]}, openai.BadRequestError, "text only"),
        ({"text": {"format": {"type": "json_schema"}}}, openai.BadRequestError, "json_schema.name"),
        ({"tool_choice": {"type": "function", "name": "x"}}, openai.BadRequestError, "not found in 'tools'"),
    ],
)
def test_what_the_api_refuses(params: dict[str, Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error) as caught:
        talk(lambda client: create(client, **params))
    assert words in str(caught.value)


def test_a_model_of_this_api_alone_is_not_found_over_the_other() -> None:
    with pytest.raises(openai.NotFoundError, match="only supported in v1/responses"):
        talk(lambda client: client.chat.completions.create(model="o3-pro", messages=ask()))
    response, _ = talk(lambda client: create(client, model="o3-pro"))
    assert response.output_text


def test_azures_own_filter_answers_with_400() -> None:
    with pytest.raises(openai.BadRequestError) as caught:
        talk(create, {"content_filter": 1.0}, azure=True)
    assert caught.value.code == "content_filter"
