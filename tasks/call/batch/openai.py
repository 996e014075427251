"""OpenAI's Batch API, which Azure speaks too. Source: the SDK's types (openai.types.Batch, FileObject).

The requests are uploaded as a file, and a batch is made of the file's id; the batch's metadata names run and
part. Answers lie in one file, errors in another; either may be missing, also as an empty id.
"""

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import httpx2
import openai
from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.call.batch.grouping import VENDOR_LIMITS, BatchLimits
from tasks.call.batch.provider import (
    BatchStatus,
    Cancelled,
    Expired,
    Flaw,
    Listing,
    NoSuchBatch,
    Result,
    State,
)
from tasks.call.batch.wire import (
    SUBMIT_S,
    Line,
    Said,
    Wire,
    custom_id_in,
    list_pages,
    to_line,
    without_stream,
)
from tasks.call.endpoint import Endpoint
from tasks.call.faults import answer_or_raise, clean
from tasks.call.openai import ERRORS, completion_request, read_completion
from tasks.call.openai_responses import read_response, response_request
from tasks.call.provider import Reply
from tasks.model import Call
from warehouse.errors import Fault, ProviderError, Transient

PATH = "/batches"
WINDOW = "24h"
CHECKS, CHECK_S = 300, 1.0
STATES: Mapping[str, State] = {
    "validating": "running",
    "in_progress": "running",
    "finalizing": "running",
    "cancelling": "cancelling",
    "completed": "ended",
    "expired": "ended",
    "cancelled": "ended",
    "failed": "failed",
}
EXPIRED, CANCELLED = "batch_expired", "batch_cancelled"


class Counts(BaseModel):
    """How many requests came to what."""

    total: int = 0
    completed: int = 0
    failed: int = 0


class Error(BaseModel):
    """One reason why a batch failed as a whole."""

    code: str | None = None
    message: str | None = None
    line: int | None = None


class Errors(BaseModel):
    """All of them."""

    data: list[Error] | None = None


class BatchBody(BaseModel):
    """What is read of a Batch."""

    id: str
    status: str
    created_at: float
    completed_at: float | None = None
    cancelling_at: float | None = None
    cancelled_at: float | None = None
    expired_at: float | None = None
    failed_at: float | None = None
    input_file_id: str | None = None
    output_file_id: str | None = None
    error_file_id: str | None = None
    errors: Errors | None = None
    metadata: dict[str, Any] | None = None
    request_counts: Counts | None = None

    model_config = ConfigDict(extra="ignore")


class OpenAIBatches:
    """One client of the Batch API, at OpenAI or Azure."""

    keeps_tags = True

    def __init__(self, endpoint: Endpoint, client: openai.AsyncOpenAI) -> None:
        self._endpoint = endpoint
        self._client = client
        self._wire = Wire(endpoint, ERRORS)
        self._request, self._read, self._url = completion_request, read_completion, "/v1/chat/completions"
        if endpoint.api == "responses":
            self._request, self._read, self._url = response_request, read_response, "/v1/responses"
        elif endpoint.protocol == "azure":
            self._url = "/chat/completions"  # the version is in the query

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to."""
        return self._endpoint.host

    @property
    def limits(self) -> BatchLimits:
        """What one batch may hold."""
        return VENDOR_LIMITS["azure" if self._endpoint.protocol == "azure" else "openai"]

    def kind(self, call: Call) -> str:
        """The path that the requests go to."""
        return self._url

    def encode(self, call: Call, custom_id: str) -> bytes:
        """A call as one line of the file. Raises: Rejected: it cannot be written."""
        return to_line(
            {
                "custom_id": custom_id,
                "method": "POST",
                "url": self.kind(call),
                "body": without_stream(self._request(call)),
            }
        )

    async def upload(self, lines: Sequence[bytes]) -> object:
        """Upload the requests as a file; its id."""
        post = self._client.post(
            "/files",
            cast_to=httpx2.Response,
            body={"purpose": "batch"},
            files={"file": ("batch.jsonl", b"\n".join(lines) + b"\n", "application/jsonl")},
            options={
                "security": {"bearer_auth": True},
                "headers": {"Content-Type": "multipart/form-data"},
            },
        )
        said = await self._wire.ask(post, SUBMIT_S)
        file_id = said.body.get("id")
        if not isinstance(file_id, str) or not file_id:
            raise self._bad("a file")
        for _ in range(CHECKS):
            if said.body.get("status") not in {"pending", "running"}:  # Azure checks a file before it is used
                break
            await asyncio.sleep(CHECK_S)
            said = await self._ask(f"/files/{quote(file_id, safe='')}")
        return file_id

    async def submit(self, uploaded: object, kind: str, tags: Mapping[str, str]) -> str:
        """Have a batch worked on; its id."""
        post = self._client.post(
            PATH,
            cast_to=httpx2.Response,
            body={
                "completion_window": WINDOW,
                "endpoint": kind,
                "input_file_id": uploaded,
                "metadata": dict(tags),
            },
            options={"security": {"bearer_auth": True}},
        )
        said = await self._wire.ask(post, SUBMIT_S)
        return self._status(said.body).id

    async def status(self, batch_id: str) -> BatchStatus:
        """How far a batch is."""
        said = await self._ask(f"{PATH}/{quote(batch_id, safe='')}")
        return self._status(said.body)

    async def list_since(self, when: datetime | None) -> Listing:
        """Every batch of the project that was created since then."""
        return await list_pages(self._ask, self._status, when, PATH, "after", "openai-organization")

    async def results(self, status: BatchStatus) -> AsyncGenerator[tuple[str | None, Result], None]:
        """The results as they arrive: the answers, then the errors."""
        if not status.files:
            raise NoSuchBatch(Fault("no_batch", f"batch {status.id} names no file of results"))
        for file_id in status.files:
            get = self._client.get(
                f"/files/{quote(file_id, safe='')}/content",
                cast_to=httpx2.Response,
                stream=True,
                stream_cls=openai.AsyncStream[object],
                options={
                    "security": {"bearer_auth": True},
                    "headers": {"accept": "application/binary"},
                },
            )
            async for value in self._wire.lines(get):
                yield custom_id_in(value), self._result(value)

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped."""
        path = f"{PATH}/{quote(batch_id, safe='')}/cancel"
        security: Any = {"security": {"bearer_auth": True}}
        await self._wire.ask(self._client.post(path, cast_to=httpx2.Response, options=security))

    async def delete(self, file_id: str) -> None:
        """Have a file of ours deleted."""
        path, security = f"/files/{quote(file_id, safe='')}", {"bearer_auth": True}
        options: Any = {"security": security}
        await self._wire.ask(self._client.delete(path, cast_to=httpx2.Response, options=options))

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _ask(self, path: str, query: Mapping[str, object] | None = None) -> Said:
        options: Any = {"security": {"bearer_auth": True}, "params": query or {}}
        return await self._wire.ask(self._client.get(path, cast_to=httpx2.Response, options=options))

    def _status(self, body: object) -> BatchStatus:
        try:
            batch = BatchBody.model_validate(body)
        except ValidationError:
            raise self._bad("a batch") from None
        counts = batch.request_counts or Counts()
        state = STATES.get(batch.status, "running")
        over_at = batch.completed_at or batch.expired_at or batch.cancelled_at or batch.failed_at
        files = (batch.output_file_id, batch.error_file_id)
        flaws = batch.errors.data or [] if batch.errors else []
        return BatchStatus(
            id=batch.id,
            state=state,
            word=batch.status,
            created_at=datetime.fromtimestamp(batch.created_at, UTC),
            ended_at=datetime.fromtimestamp(over_at, UTC) if over_at else None,
            total=counts.total,
            answered=counts.completed,
            failed=counts.failed,
            files=tuple(name for name in files if name) if state == "ended" else (),
            kept=tuple(name for name in (batch.input_file_id, *files) if name),
            cancelled=batch.status in {"cancelling", "cancelled"},
            tags={name: str(text) for name, text in (batch.metadata or {}).items()},
            flaws=tuple(Flaw(flaw.code or "", clean(flaw.message or ""), flaw.line) for flaw in flaws[:1000]),
        )

    def _result(self, value: object) -> Result:
        host = self._endpoint.host
        found: dict[str, Any] = value if isinstance(value, dict) else {}
        error, response = found.get("error"), found.get("response")
        code = error.get("code") if isinstance(error, dict) else None
        if code == EXPIRED:
            return Expired(Fault("expired", f"{host}: the batch expired before this request was sent"))
        if code == CANCELLED:
            return Cancelled(
                Fault("cancelled", f"{host}: the batch was cancelled before this request was sent")
            )
        try:
            if not isinstance(response, dict):
                part = {"error": error or {"message": "a line of results without a response"}}
                return Reply(answer_or_raise(Line.of(200, part, {}), part, host, None), None, 200)
            status, request_id = response.get("status_code"), response.get("request_id")
            headers = {"x-request-id": request_id} if isinstance(request_id, str) else {}
            line = Line.of(status if isinstance(status, int) else 500, response.get("body"), headers)
            return self._read(line, host)
        except ProviderError as fault:
            return fault

    def _bad(self, what: str) -> Transient:
        message = f"{self._endpoint.host} answered with something else than {what}"
        return Transient(Fault("bad_body", message, http_status=200))
