"""The real SDKs' batch clients behind one face, and a server whose clock stands until it is set."""

import asyncio
import base64
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal
from uuid import UUID

import anthropic
import openai
from pydantic import BaseModel, TypeAdapter

from tasks.call.simulated.service import Service
from tests.tasks.call.simulated.loopback import GPT, SONNET, ask, serving

Name = Literal["anthropic", "openai", "azure"]
NAMES: tuple[Name, ...] = ("anthropic", "openai", "azure")
START = 1_800_000_000.25
SECONDS = 100.0


@dataclass
class Clock:
    """Tells the time that it was set to."""

    now: float = START

    def __call__(self) -> float:
        return self.now

    def set(self, part: float, of: float = SECONDS) -> None:
        """Go to the moment when such a share of a batch's seconds has passed since the start."""
        self.now = START + part * of


@dataclass
class Outcome:
    """What a batch told of one request."""

    kind: str  # succeeded, errored, canceled or expired
    text: str = ""
    error: str = ""
    raw: dict[str, Any] = field(default_factory=dict)


class Api(ABC):
    """One vendor's batches through its SDK."""

    over: frozenset[str]
    client: Any

    @abstractmethod
    async def create(self, custom_ids: Iterable[str], **params: Any) -> Any:
        """Create a batch that asks the question once for each id."""

    @abstractmethod
    async def retrieve(self, batch_id: str) -> Any:
        """The batch."""

    @abstractmethod
    async def cancel(self, batch_id: str) -> Any:
        """Cancel it."""

    @abstractmethod
    def status(self, batch: Any) -> str:
        """The vendor's word."""

    @abstractmethod
    async def lines(self, batch_id: str) -> list[dict[str, Any]]:
        """The lines of its results, the errors last."""

    @abstractmethod
    def outcome(self, line: dict[str, Any]) -> Outcome:
        """What a line says."""

    @abstractmethod
    async def listed(self, **params: Any) -> list[str]:
        """The ids of all batches, page by page."""

    async def outcomes(self, batch_id: str) -> dict[str, Outcome]:
        """What became of each request."""
        return {line["custom_id"]: self.outcome(line) for line in await self.lines(batch_id)}


class Messages(Api):
    """Anthropic's."""

    over = frozenset({"ended"})

    def __init__(self, client: anthropic.AsyncAnthropic) -> None:
        self.client = client

    async def create(self, custom_ids: Iterable[str], **params: Any) -> Any:
        asked = {"model": SONNET, "max_tokens": 500, "messages": ask()} | params
        requests: Any = [{"custom_id": name, "params": asked} for name in custom_ids]
        return await self.client.messages.batches.create(requests=requests)

    async def retrieve(self, batch_id: str) -> Any:
        return await self.client.messages.batches.retrieve(batch_id)

    async def cancel(self, batch_id: str) -> Any:
        return await self.client.messages.batches.cancel(batch_id)

    def status(self, batch: Any) -> str:
        return str(batch.processing_status)

    async def lines(self, batch_id: str) -> list[dict[str, Any]]:
        results = await self.client.messages.batches.results(batch_id)
        return [line.model_dump(mode="json", exclude_unset=True) async for line in results]

    def outcome(self, line: dict[str, Any]) -> Outcome:
        result = line["result"]
        if result["type"] == "succeeded":
            return Outcome("succeeded", result["message"]["content"][-1]["text"], raw=result["message"])
        error = result["error"]["error"]["type"] if result["type"] == "errored" else ""
        return Outcome(result["type"], error=error)

    async def listed(self, **params: Any) -> list[str]:
        return [batch.id async for batch in self.client.messages.batches.list(**params)]


class Files(Api):
    """OpenAI's and Azure's."""

    over = frozenset({"completed", "failed", "expired", "cancelled"})

    def __init__(self, client: openai.AsyncOpenAI) -> None:
        self.client = client
        azure = isinstance(client, openai.AsyncAzureOpenAI)
        self.endpoint: Any = "/chat/completions" if azure else "/v1/chat/completions"

    def content(self, custom_ids: Iterable[str], **params: Any) -> bytes:
        """An input file."""
        asked = {"model": GPT, "max_tokens": 500, "messages": ask()} | params
        line = {"method": "POST", "url": self.endpoint, "body": asked}
        return b"".join(json.dumps({"custom_id": name} | line).encode() + b"\n" for name in custom_ids)

    async def upload(self, content: bytes, name: str = "batch.jsonl") -> Any:
        """Keep a file at the vendor's."""
        return await self.client.files.create(file=(name, content), purpose="batch")

    async def create(self, custom_ids: Iterable[str], **params: Any) -> Any:
        return await self.start((await self.upload(self.content(custom_ids, **params))).id)

    async def start(self, file_id: str, **more: Any) -> Any:
        """Create a batch from a file."""
        settings = {"endpoint": self.endpoint, "completion_window": "24h"} | more
        return await self.client.batches.create(input_file_id=file_id, **settings)

    async def retrieve(self, batch_id: str) -> Any:
        return await self.client.batches.retrieve(batch_id)

    async def cancel(self, batch_id: str) -> Any:
        return await self.client.batches.cancel(batch_id)

    def status(self, batch: Any) -> str:
        return str(batch.status)

    async def lines(self, batch_id: str) -> list[dict[str, Any]]:
        batch = await self.client.batches.retrieve(batch_id)
        files = [file_id for file_id in (batch.output_file_id, batch.error_file_id) if file_id]
        texts = [(await self.client.files.content(file_id)).text for file_id in files]
        return [json.loads(line) for text in texts for line in text.splitlines()]

    def outcome(self, line: dict[str, Any]) -> Outcome:
        if line["response"] is None:
            code = line["error"]["code"]
            return Outcome({"batch_expired": "expired", "batch_cancelled": "canceled"}[code], error=code)
        body = line["response"]["body"]
        if line["response"]["status_code"] == 200:
            return Outcome("succeeded", body["choices"][0]["message"]["content"], raw=body)
        return Outcome("errored", error=str(body["error"]["code"] or body["error"].get("type")))

    async def listed(self, **params: Any) -> list[str]:
        return [batch.id async for batch in self.client.batches.list(**params)]


def custom_id(n: int, run_id: str = "night-1") -> str:
    """As nightbench forms it: the run, and a call's key in 22 characters."""
    return f"{run_id}_{base64.urlsafe_b64encode(UUID(int=n).bytes).decode().rstrip('=')}"


def ids(n: int, run_id: str = "night-1") -> list[str]:
    """So many."""
    return [custom_id(i, run_id) for i in range(n)]


def make_api(name: Name, url: str) -> Api:
    """The vendor's SDK on its aiohttp transport, without retries, with a server of ours."""
    if name == "anthropic":
        return Messages(
            anthropic.AsyncAnthropic(
                api_key="k", base_url=url, max_retries=0, http_client=anthropic.DefaultAioHttpClient()
            )
        )
    http_client = openai.DefaultAioHttpClient()
    if name == "openai":
        return Files(
            openai.AsyncOpenAI(api_key="k", base_url=f"{url}/v1", max_retries=0, http_client=http_client)
        )
    return Files(
        openai.AsyncAzureOpenAI(
            api_key="k",
            azure_endpoint=url,
            api_version="2024-10-21",
            max_retries=0,
            http_client=http_client,
        )
    )


def talk(
    do: Callable[[Any, Clock, Service], Awaitable[Any]],
    name: Name = "openai",
    batch: dict[str, Any] | None = None,
    **more: Any,
) -> Any:
    """Run one conversation with a fresh server, whose batches take SECONDS of its clock."""

    async def run() -> Any:
        clock = Clock()
        plan = more.pop("plan", ())
        settings = {"batch": {"seconds": SECONDS} | (batch or {})} | more
        async with serving(settings, plan, clock) as (url, service):
            api = make_api(name, url)
            async with api.client:
                return await do(api, clock, service)

    return asyncio.run(run())


def exact(kind: Any, raw: Any) -> Any:
    """The raw JSON as the SDK's type, which must fit and know every field."""
    parsed = TypeAdapter(kind).validate_python(raw)
    # On the wire an Anthropic error has "details", which only some of the SDK's types for them have.
    assert [name for name in unknown(parsed) if name != ".result.error.error.details"] == []
    return parsed


def unknown(value: Any, place: str = "") -> list[str]:
    """The fields of a parsed answer of which the SDK's types know nothing."""
    if isinstance(value, list):
        return [name for item in value for name in unknown(item, place)]
    if not isinstance(value, BaseModel):
        return []
    found = [f"{place}.{name}" for name in value.model_extra or {}]
    for name in type(value).model_fields:
        found += unknown(getattr(value, name), f"{place}.{name}")
    return found
