"""What the vendors do not take for a batch: at once with a 400 or 413, or later as the status `failed`."""

import asyncio
import json
from typing import Any

import anthropic
import openai
import pytest

from tasks.call.simulated.service import Service
from tests.tasks.call.simulated.batch_clients import (
    Api,
    Clock,
    Files,
    Messages,
    Name,
    custom_id,
    ids,
    make_api,
    talk,
)
from tests.tasks.call.simulated.loopback import GPT, SONNET, ask, serving

FILES = pytest.mark.parametrize("name", ["openai", "azure"])


@pytest.mark.parametrize(
    ("custom_ids", "words"),
    [
        pytest.param([], "at least 1 item", id="none"),
        pytest.param(["a", "b", "a"], "unique", id="one twice"),
        pytest.param(["a", "x" * 65], "requests.1.custom_id: String should have at most 64", id="too long"),
        pytest.param([""], "requests.0.custom_id: String should match pattern", id="empty"),
        pytest.param(["a b"], "requests.0.custom_id: String should match pattern", id="a blank"),
        pytest.param(["ü"], "requests.0.custom_id: String should match pattern", id="not ASCII"),
        pytest.param(["a\n"], "requests.0.custom_id: String should match pattern", id="a line break"),
        pytest.param(ids(4), "at most 3 items", id="too many"),
    ],
)
def test_anthropic_refuses_custom_ids_and_sizes_at_once(custom_ids: list[str], words: str) -> None:
    async def create(api: Messages, clock: Clock, service: Service) -> Any:
        with pytest.raises(anthropic.BadRequestError) as caught:
            await api.create(custom_ids)
        return str(caught.value), service.read_ledger()

    said, ledger = talk(create, "anthropic", {"max_requests": 3})
    assert words in said
    assert ledger["batches"] == []


def test_a_custom_id_of_64_characters_is_taken() -> None:
    async def create(api: Messages, clock: Clock, service: Service) -> str:
        return str((await api.create(["x" * 64, custom_id(1, "r" * 40)])).processing_status)

    assert talk(create, "anthropic") == "in_progress"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        pytest.param({"body": b"{"}, 400, id="no JSON"),
        pytest.param({"body": b"{}"}, 400, id="no requests"),
        pytest.param({"body": b'{"requests": [3]}'}, 400, id="a request that is no object"),
        pytest.param({"body": b'{"requests": [{"custom_id": "a"}]}'}, 400, id="no params"),
        pytest.param({"body": b'{"requests": [{"params": {}}]}'}, 400, id="no custom id"),
        pytest.param({"version": None}, 400, id="no version of the API"),
        pytest.param({"key": None}, 401, id="no key"),
        pytest.param({"key": "invalid"}, 401, id="a key that is refused"),
        pytest.param({"body": b" " * 2001}, 413, id="too many bytes"),
        pytest.param({"path": "/v1/messages/batchesx"}, 404, id="a path that is none"),
        pytest.param({"path": "/v1/messages/batches/a/b"}, 404, id="an action that is none"),
    ],
)
def test_what_is_no_batch_is_refused_in_anthropics_words(change: dict[str, Any], status: int) -> None:
    body = json.dumps(
        {"requests": [{"custom_id": "a", "params": {"model": SONNET, "max_tokens": 1, "messages": ask()}}]}
    ).encode()

    async def post(api: Messages, clock: Clock, service: Service) -> Any:
        given = {"body": body, "version": "2023-06-01", "key": "k", "path": "/v1/messages/batches"} | change
        headers = {"anthropic-version": given["version"], "x-api-key": given["key"]}
        url = str(api.client.base_url).rstrip("/") + given["path"]
        sent = {name: value for name, value in headers.items() if value is not None}
        return await api.client._client.post(url, content=given["body"], headers=sent)

    response = talk(post, "anthropic", {"max_bytes": 2000})
    assert response.status_code == status
    assert response.json()["error"]["message"]


def spoiled(**changes: Any) -> dict[str, Any]:
    """A line of an input file, changed."""
    body = {"model": GPT, "messages": ask()}
    return {"custom_id": "b", "method": "POST", "url": "/v1/chat/completions", "body": body} | changes


@pytest.mark.parametrize(
    ("line", "code"),
    [
        pytest.param(b"{", "invalid_json_line", id="no JSON"),
        pytest.param(b"[" * 9000, "invalid_json_line", id="nested too deep"),
        pytest.param(b"3", "invalid_json_line", id="no object"),
        pytest.param(spoiled(custom_id="a"), "duplicate_custom_id", id="a custom id twice"),
        pytest.param(spoiled(custom_id=None), "invalid_request", id="no custom id"),
        pytest.param(spoiled(method="GET"), "invalid_method", id="another method"),
        pytest.param(spoiled(url="/v1/embeddings"), "url_mismatch", id="another endpoint"),
        pytest.param(spoiled(body=None), "invalid_request", id="no body"),
        pytest.param(
            spoiled(body={"model": "gpt-5", "messages": ask()}), "model_mismatch", id="another model"
        ),
    ],
)
@FILES
def test_a_bad_line_fails_the_batch_later_and_is_named(name: Name, line: Any, code: str) -> None:
    async def create(api: Files, clock: Clock, service: Service) -> Any:
        bad = line if isinstance(line, bytes) else json.dumps(line).encode()
        file = await api.upload(api.content(["a"]) + bad + b"\n" + api.content(["c"]))
        batch = await api.start(file.id)
        assert (batch.status, batch.errors) == ("validating", None)
        clock.set(0.06)
        return await api.retrieve(batch.id), service.read_ledger()

    batch, ledger = talk(create, name)
    assert batch.status == "failed"
    assert batch.failed_at is not None
    assert [(error.code, error.line) for error in batch.errors.data] == [(code, 2)]
    assert (batch.request_counts.total, batch.output_file_id or None, batch.error_file_id or None) == (
        0,
        None,
        None,
    )
    assert ledger["accepted"] == {}
    assert ledger["rows"] == []


@pytest.mark.parametrize(
    ("n", "settings", "code"),
    [
        pytest.param(0, {}, "empty_file", id="nothing"),
        pytest.param(4, {"batch": {"max_requests": 3}}, "too_many_tasks", id="too many"),
        pytest.param(1, {"models": ["gpt-5"]}, "model_not_found", id="no such model"),
        pytest.param(1, {"batch": {"failed": 1.0}}, "token_limit_exceeded", id="no room"),
    ],
)
@FILES
def test_a_file_that_is_no_batch_fails_it_later(
    name: Name, n: int, settings: dict[str, Any], code: str
) -> None:
    async def create(api: Files, clock: Clock, service: Service) -> Any:
        batch = await api.start((await api.upload(api.content(ids(n)) or b"\n")).id)
        clock.set(0.06)
        return await api.retrieve(batch.id)

    batch = talk(create, name, **settings)
    assert batch.status == "failed"
    assert [(error.code, error.line) for error in batch.errors.data] == [(code, None)]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"endpoint": "/v1/embeddings"}, id="an endpoint that is not simulated"),
        pytest.param({"completion_window": "1h"}, id="another window"),
        pytest.param({"metadata": {"k" * 65: "v"}}, id="a long key"),
        pytest.param({"metadata": {"k": "v" * 513}}, id="a long value"),
        pytest.param({"metadata": {str(n): "v" for n in range(17)}}, id="17 pairs"),
    ],
)
def test_openai_refuses_what_is_no_creation_at_once(change: dict[str, Any]) -> None:
    async def create(api: Files, clock: Clock, service: Service) -> Any:
        file = await api.upload(api.content(ids(1)))
        with pytest.raises(openai.BadRequestError):
            await api.start(file.id, **change)
        with pytest.raises(openai.NotFoundError):
            await api.start("file-none")
        return service.read_ledger()["batches"]

    assert talk(create) == []


@FILES
def test_a_file_that_is_too_large_or_no_jsonl_is_refused_at_the_upload(name: Name) -> None:
    async def upload(api: Files, clock: Clock, service: Service) -> None:
        with pytest.raises(openai.BadRequestError, match="File is too large"):
            await api.upload(b" " * 1001)
        with pytest.raises(openai.BadRequestError, match=r"Must be \.jsonl"):
            await api.upload(b" ", "batch.txt")
        with pytest.raises(openai.BadRequestError, match="purpose"):
            await api.client.files.create(file=("a.jsonl", b" "), purpose="fine-tune")

    talk(upload, name, {"max_bytes": 1000})


def test_azure_wants_its_version_and_a_file_that_it_has_checked() -> None:
    async def create(api: Files, clock: Clock, service: Service) -> Any:
        uploaded = await api.client.files.with_raw_response.create(
            file=("a.jsonl", api.content(ids(1))), purpose="batch"
        )
        file = uploaded.parse()
        assert (uploaded.status_code, file.status) == (201, "pending")
        with pytest.raises(openai.BadRequestError, match="pending"):
            await api.start(file.id)
        clock.now += 3
        assert (await api.client.files.retrieve(file.id)).status == "processed"
        undated = await api.client._client.get(
            str(api.client.base_url).rstrip("/") + "/batches", headers={"api-key": "k"}
        )
        return undated.status_code, (await api.start(file.id)).status

    assert talk(create, "azure", {"pending_s": 2.0}) == (404, "validating")


@pytest.mark.parametrize("name", ["anthropic", "openai", "azure"])
def test_a_key_that_is_refused_is_refused_here_too(name: Name) -> None:
    async def create(api: Api, clock: Clock, service: Service) -> None:
        with pytest.raises((anthropic.AuthenticationError, openai.AuthenticationError)):
            await api.create(ids(1))

    talk(create, name, refused_keys=["k"])


def test_azures_newer_path_has_no_version() -> None:
    async def run() -> Any:
        async with serving() as (url, _):
            api = make_api("openai", f"{url}/openai")  # as a client of OpenAI's with Azure's base URL
            async with api.client:
                file = await api.upload(api.content(ids(1)))  # type: ignore[attr-defined]
                return (await api.start(file.id)).error_file_id  # type: ignore[attr-defined]

    assert asyncio.run(run()) == "", "it is not Azure that answers"
