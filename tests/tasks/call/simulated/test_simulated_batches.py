"""The real SDKs create, follow, list, cancel and read batches here as they would at the vendors."""

import json
from typing import Any

import anthropic
import openai
import pytest
from anthropic.types import Message
from anthropic.types.messages import DeletedMessageBatch, MessageBatch, MessageBatchIndividualResponse
from openai.types import Batch, FileDeleted, FileObject
from openai.types.chat import ChatCompletion

from tasks.call.simulated.batches_answers import sample_of
from tasks.call.simulated.service import Service
from tests.tasks.call.simulated.batch_clients import (
    NAMES,
    START,
    Api,
    Clock,
    Files,
    Messages,
    Name,
    custom_id,
    exact,
    ids,
    talk,
)
from tests.tasks.call.simulated.loopback import GPT, SONNET, ask, entry

ALL = pytest.mark.parametrize("name", NAMES)
FILES = pytest.mark.parametrize("name", ["openai", "azure"])
OVER = 1.01  # a little later than the end


@ALL
def test_every_request_is_answered_and_found_by_its_custom_id(name: Name) -> None:
    async def night(api: Api, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(40))
        clock.set(OVER)
        return api.status(await api.retrieve(batch.id)) in api.over, await api.lines(batch.id), api

    over, lines, api = talk(night, name, plan=[entry()], accuracy=1.0)
    assert over
    names = [line["custom_id"] for line in lines]
    assert sorted(names) == sorted(ids(40))
    assert names != ids(40), "the results came in the order of the requests"
    outcomes = [api.outcome(line) for line in lines]
    assert {outcome.kind for outcome in outcomes} == {"succeeded"}
    assert all("540" in outcome.text.splitlines()[-1] for outcome in outcomes)


@ALL
def test_a_call_gets_the_same_answer_in_a_batch_as_by_itself(name: Name) -> None:
    async def both(api: Any, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(5), max_tokens=60)
        clock.set(OVER)
        alone = {}
        for one in ids(5):
            headers = {"x-nightbench-sample": sample_of(one)}
            asked: dict[str, Any] = {"messages": ask(), "max_tokens": 60, "extra_headers": headers}
            if name == "anthropic":
                alone[one] = await api.client.messages.create(model=SONNET, **asked)
            else:
                alone[one] = await api.client.chat.completions.create(model=GPT, **asked)
        return alone, await api.outcomes(batch.id)

    alone, batched = talk(both, name, cached=0.5, cache_written=0.5, plan=[entry()])
    for one, answer in alone.items():
        got, want = batched[one].raw, json.loads(answer.model_dump_json(exclude_unset=True))
        assert got.pop("id") != want.pop("id")
        for body in (got, want):
            body.pop("created", None)
            body["usage"].pop("service_tier", None)
        assert got == want
    assert len({outcome.text for outcome in batched.values()}) > 1, "the custom id has no influence"


@pytest.mark.parametrize(
    ("name", "sample"),
    [
        pytest.param(custom_id(7), "00000000-0000-0000-0000-000000000007", id="a run and a key"),
        pytest.param("request-1", "", id="neither"),
        pytest.param("x" * 40, "", id="no underscore before the key"),
        pytest.param("run_" + "!" * 22, "", id="no base64url"),
    ],
)
def test_a_custom_id_may_carry_the_calls_key(name: str, sample: str) -> None:
    assert sample_of(name) == sample


def test_a_message_batch_is_the_sdks_at_every_moment() -> None:
    async def watch(api: Messages, clock: Clock, service: Service) -> Any:
        created = await api.client.messages.batches.with_raw_response.create(
            requests=[
                {"custom_id": one, "params": {"model": SONNET, "max_tokens": 9, "messages": ask()}}
                for one in ids(4)
            ]
        )
        first = json.loads(await created.read())
        seen = []
        for part in (0.5, 0.95, OVER):
            clock.set(part)
            got = await api.client.messages.batches.with_raw_response.retrieve(first["id"])
            seen.append(json.loads(await got.read()))
        gone = await api.client.messages.batches.with_raw_response.results(first["id"])
        lines = [json.loads(line) for line in (await gone.read()).splitlines()]
        deleted = await api.client.messages.batches.with_raw_response.delete(first["id"])
        return first, seen, lines, json.loads(await deleted.read())

    first, seen, lines, deleted = talk(watch, "anthropic", {"errored": 0.3}, seed=2)
    for raw in (first, *seen):
        batch = exact(MessageBatch, raw)
        assert set(MessageBatch.model_fields) == set(raw)
        assert (batch.expires_at - batch.created_at).total_seconds() == 86_400
    assert [raw["processing_status"] for raw in (first, *seen)] == ["in_progress"] * 3 + ["ended"]
    for raw in (first, *seen[:2]):
        assert raw["request_counts"]["processing"] == 4, "counts are told at the end only"
        assert raw["results_url"] is raw["ended_at"] is None
    counts = seen[-1]["request_counts"]
    assert counts["processing"] == 0
    assert counts["succeeded"] + counts["errored"] == 4
    assert counts["succeeded"] > 0
    assert counts["errored"] > 0
    results = [exact(MessageBatchIndividualResponse, line).result for line in lines]
    for result in results:
        if result.type == "succeeded":
            assert isinstance(result.message, Message)
            assert result.message.usage.service_tier == "batch"
        else:
            assert result.error.error.type == "api_error"
    assert exact(DeletedMessageBatch, deleted).id == first["id"]


@FILES
def test_a_batch_and_its_files_are_the_sdks_at_every_moment(name: Name) -> None:
    async def watch(api: Files, clock: Clock, service: Service) -> Any:
        client = api.client
        content = api.content(ids(4))
        uploaded = await client.files.with_raw_response.create(file=("a.jsonl", content), purpose="batch")
        file = json.loads(uploaded.content)
        metadata = {"nightbench_run": "night-1"}
        assert (await client.files.content(file["id"])).content == content
        created = await client.batches.with_raw_response.create(
            input_file_id=file["id"], endpoint=api.endpoint, completion_window="24h", metadata=metadata
        )
        seen = [json.loads(created.content)]
        for part in (0.02, 0.5, 0.95, OVER):
            clock.set(part)
            got = await client.batches.with_raw_response.retrieve(seen[0]["id"])
            seen.append(json.loads(got.content))
        over = seen[-1]
        files = [file] + [
            json.loads((await client.files.with_raw_response.retrieve(file_id)).content)
            for file_id in (over["output_file_id"], over["error_file_id"])
        ]
        lines = await api.lines(over["id"])
        deleted = json.loads((await client.files.with_raw_response.delete(file["id"])).content)
        with pytest.raises(openai.NotFoundError):
            await client.files.retrieve(file["id"])
        return seen, files, lines, deleted

    seen, files, lines, deleted = talk(watch, name, {"errored": 0.3}, seed=2)
    for raw in seen:
        batch = exact(Batch, raw)
        assert set(Batch.model_fields) - {"usage"} == set(raw) - {"usage"}
        assert batch.metadata == {"nightbench_run": "night-1"}
        assert batch.expires_at == batch.created_at + 86_400
        assert batch.created_at == int(START)
    words = [raw["status"] for raw in seen]
    assert words == ["validating", "validating", "in_progress", "finalizing", "completed"]
    over = seen[-1]
    counts = over["request_counts"]
    assert counts["total"] == counts["completed"] + counts["failed"] == 4
    assert counts["failed"] > 0
    assert counts["completed"] > 0
    assert over["completed_at"] >= over["finalizing_at"] >= over["in_progress_at"] >= over["created_at"]
    assert [exact(FileObject, raw).purpose for raw in files] == ["batch", "batch_output", "batch_output"]
    assert exact(FileDeleted, deleted).deleted
    for line in lines:
        assert set(line) == {"id", "custom_id", "response", "error"}
        assert line["error"] is None
        if line["response"]["status_code"] == 200 and name == "openai":
            exact(ChatCompletion, line["response"]["body"])
    statuses = [line["response"]["status_code"] for line in lines]
    assert statuses == sorted(statuses), "output and errors are mixed"
    assert sum(status == 500 for status in statuses) == counts["failed"]


@ALL
def test_the_list_has_every_batch_of_the_account_once_and_the_newest_first(name: Name) -> None:
    async def pages(api: Api, clock: Clock, service: Service) -> Any:
        made = [(await api.create(ids(1, f"run-{n}"))).id for n in range(7)]
        return made, await api.listed(limit=3), await api.listed()

    made, by_three, at_once = talk(pages, name)
    assert by_three == at_once == made[::-1]


@ALL
def test_pages_may_overlap_and_still_come_to_an_end(name: Name) -> None:
    async def pages(api: Api, clock: Clock, service: Service) -> Any:
        made = [(await api.create(ids(1, f"run-{n}"))).id for n in range(5)]
        return made, await api.listed(limit=2)

    made, listed = talk(pages, name, {"repeated_pages": True})
    assert sorted(set(listed)) == sorted(made)
    assert len(listed) > len(made)


def test_anthropics_pages_go_backwards_too() -> None:
    async def pages(api: Messages, clock: Clock, service: Service) -> Any:
        made = [(await api.create(ids(1, f"run-{n}"))).id for n in range(5)]
        page = await api.client.messages.batches.list(before_id=made[0], limit=2)
        with pytest.raises(anthropic.BadRequestError):
            await api.client.messages.batches.list(after_id="msgbatch_none")
        with pytest.raises(anthropic.BadRequestError):
            await api.client.messages.batches.list(limit=1001)
        return made, [batch.id for batch in page.data], page.has_more, page.first_id, page.last_id

    made, data, has_more, first_id, last_id = talk(pages, "anthropic")
    assert data == [made[2], made[1]] == [first_id, last_id]
    assert has_more


@ALL
def test_one_vendor_knows_nothing_of_anothers_batches(name: Name) -> None:
    async def ask_for(api: Any, clock: Clock, service: Service) -> None:
        with pytest.raises((anthropic.NotFoundError, openai.NotFoundError)):
            await api.retrieve("batch_sim000000001")
        assert await api.listed() == []

    talk(ask_for, name)


@ALL
def test_a_canceled_batch_keeps_what_was_done_and_only_that_is_billed(name: Name) -> None:
    async def cancel(api: Api, clock: Clock, service: Service) -> Any:
        batch = await api.create(ids(20))
        clock.set(0.5)
        words = [api.status(await api.cancel(batch.id))]
        words.append(api.status(await api.cancel(batch.id)))
        clock.set(0.6)
        words.append(api.status(await api.retrieve(batch.id)))
        return words, await api.outcomes(batch.id), service.read_ledger()

    words, outcomes, ledger = talk(cancel, name)
    canceled, ended = ("canceling", "ended") if name == "anthropic" else ("cancelling", "cancelled")
    assert words == [canceled, canceled, ended]
    assert len(outcomes) == 20
    answered = {one for one, outcome in outcomes.items() if outcome.kind == "succeeded"}
    assert 5 < len(answered) < 15
    assert {outcome.kind for outcome in outcomes.values()} == {"succeeded", "canceled"}
    assert {row["custom_id"] for row in ledger["rows"] if row["outcome"] == "answered"} == answered


@ALL
def test_a_batch_that_is_over_cannot_be_canceled(name: Name) -> None:
    async def cancel(api: Api, clock: Clock, service: Service) -> None:
        batch = await api.create(ids(1))
        clock.set(OVER)
        with pytest.raises((anthropic.BadRequestError, openai.ConflictError)):
            await api.cancel(batch.id)

    talk(cancel, name)


def test_anthropics_results_and_deletion_come_after_the_end_only() -> None:
    async def early(api: Messages, clock: Clock, service: Service) -> None:
        batch = await api.create(ids(1))
        with pytest.raises(anthropic.AnthropicError, match="No `results_url`"):
            await api.client.messages.batches.results(batch.id)
        with pytest.raises(anthropic.BadRequestError):
            await api.client.messages.batches.delete(batch.id)
        clock.set(OVER)
        await api.client.messages.batches.delete(batch.id)
        with pytest.raises(anthropic.NotFoundError):
            await api.retrieve(batch.id)
        assert await api.listed() == []

    talk(early, "anthropic")


@ALL
def test_a_request_that_the_vendor_would_refuse_is_refused_in_the_batch_and_not_billed(name: Name) -> None:
    async def refuse(api: Api, clock: Clock, service: Service) -> Any:
        long = await api.create(ids(1), messages=ask("word " * 500))
        streaming = await api.create(ids(1, "run-2"), stream=True)
        clock.set(OVER)
        got = [*(await api.outcomes(long.id)).values(), *(await api.outcomes(streaming.id)).values()]
        return got, service.read_ledger()

    outcomes, ledger = talk(refuse, name, context_tokens=100)
    assert [outcome.kind for outcome in outcomes] == ["errored", "errored"]
    if name == "anthropic":
        assert [outcome.error for outcome in outcomes] == ["invalid_request_error"] * 2
    else:
        assert outcomes[0].error == "context_length_exceeded"
    assert [row["outcome"] for row in ledger["rows"]] == ["declined", "declined"]
    assert [row["status"] for row in ledger["rows"]] == [400, 400]
    assert all(row["input_tokens"] == row["output_tokens"] == 0 for row in ledger["rows"])


@FILES
def test_a_batch_of_responses_is_answered_as_the_realtime_endpoint_answers(name: Name) -> None:
    async def both(api: Files, clock: Clock, service: Service) -> Any:
        body = {"model": GPT, "input": "Hello", "max_output_tokens": 40}
        line = {"custom_id": "one", "method": "POST", "url": "/v1/responses", "body": body}
        file = await api.upload(json.dumps(line).encode())
        batch = await api.start(file.id, endpoint="/v1/responses")
        clock.set(OVER)
        path = "/openai/v1/responses" if name == "azure" else "/v1/responses"
        url = str(api.client.base_url).split("/v1")[0].split("/openai")[0] + path
        raw = await api.client._client.post(url, json=body, headers={"authorization": "Bearer k"})
        return raw.status_code, raw.json(), (await api.lines(batch.id))[0]["response"]

    status, alone, batched = talk(both, name)
    assert batched["status_code"] == status
    for volatile in ("id", "created_at", "output", "completed_at"):
        alone.pop(volatile, None)
        batched["body"].pop(volatile, None)
    assert batched["body"] == alone
