"""Anthropic's Message Batches. Source: the SDK's types (anthropic.types.messages.MessageBatch).

A batch is one request with everything in it. The list has no place for a note of ours, so only the custom ids
of a batch's results tell whose it is. Results stay for 29 days; expired, cancelled and errored requests are
not billed.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Literal
from urllib.parse import quote

import anthropic
import httpx2
from pydantic import BaseModel, ConfigDict, ValidationError

from tasks.call.anthropic import ERRORS, anthropic_client, message_request, read_message
from tasks.call.batch.grouping import VENDOR_LIMITS, BatchLimits
from tasks.call.batch.provider import (
    BatchStatus,
    Cancelled,
    Expired,
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
from tasks.call.facts import sampling_version
from tasks.call.faults import STATUS_OF_TYPE, read_error
from tasks.model import Call
from warehouse.errors import Fault, ProviderError, Transient

PATH = "/v1/messages/batches"
STATES: Mapping[str, State] = {"in_progress": "running", "canceling": "cancelling", "ended": "ended"}


class Counts(BaseModel):
    """How many requests came to what."""

    canceled: int = 0
    errored: int = 0
    expired: int = 0
    processing: int = 0
    succeeded: int = 0


class BatchBody(BaseModel):
    """What is read of a MessageBatch."""

    id: str
    processing_status: Literal["in_progress", "canceling", "ended"]
    created_at: datetime
    ended_at: datetime | None = None
    archived_at: datetime | None = None
    cancel_initiated_at: datetime | None = None
    request_counts: Counts = Counts()

    model_config = ConfigDict(extra="ignore")


class AnthropicBatches:
    """One client of the Message Batches API."""

    keeps_tags = False

    def __init__(self, endpoint: Endpoint) -> None:
        self._endpoint = endpoint
        self._pins_version = any(name.lower() == "anthropic-version" for name in endpoint.headers)
        self._client = anthropic_client(endpoint)
        self._wire = Wire(endpoint, ERRORS)

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to."""
        return self._endpoint.host

    @property
    def limits(self) -> BatchLimits:
        """What one batch may hold."""
        return VENDOR_LIMITS["anthropic"]

    def kind(self, call: Call) -> str:
        """The API's version that the call needs: a header, and so the whole batch's."""
        return "" if self._pins_version else sampling_version(call.params) or ""

    def encode(self, call: Call, custom_id: str) -> bytes:
        """A call as one request of a batch. Raises: Rejected: it cannot be written."""
        return to_line({"custom_id": custom_id, "params": without_stream(message_request(call))})

    async def upload(self, lines: Sequence[bytes]) -> object:
        """Nothing to do: the requests go with the submission."""
        return b'{"requests":[%s]}' % b",".join(lines)

    async def submit(self, uploaded: object, kind: str, tags: Mapping[str, str]) -> str:
        """Have a batch worked on; its id. The API has no place for tags."""
        assert isinstance(uploaded, bytes)
        post = self._client.post(
            PATH,
            cast_to=httpx2.Response,
            content=uploaded,
            options={"headers": {"anthropic-version": kind} if kind else {}},
        )
        said = await self._wire.ask(post, SUBMIT_S)
        return self._status(said.body).id

    async def status(self, batch_id: str) -> BatchStatus:
        """How far a batch is."""
        said = await self._ask(f"{PATH}/{quote(batch_id, safe='')}")
        return self._status(said.body)

    async def list_since(self, when: datetime | None) -> Listing:
        """Every batch of the workspace that was created since then."""
        return await list_pages(self._ask, self._status, when, PATH, "after_id", "anthropic-organization-id")

    async def results(self, status: BatchStatus) -> AsyncGenerator[tuple[str | None, Result], None]:
        """The results as they arrive, from the API's own address, whatever `results_url` says."""
        if not status.files:
            raise NoSuchBatch(Fault("no_batch", f"the results of batch {status.id} are no longer kept"))
        get = self._client.get(
            f"{PATH}/{quote(status.id, safe='')}/results",
            cast_to=httpx2.Response,
            stream=True,
            stream_cls=anthropic.AsyncStream[object],
            options={"headers": {"accept": "application/binary"}},
        )
        async for value in self._wire.lines(get):
            yield custom_id_in(value), self._result(value)

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped."""
        path = f"{PATH}/{quote(batch_id, safe='')}/cancel"
        await self._wire.ask(self._client.post(path, cast_to=httpx2.Response))

    async def delete(self, file_id: str) -> None:
        """Nothing: a batch has no files here, and its results go by themselves after 29 days."""

    async def close(self) -> None:
        """Close every connection."""
        await self._client.close()

    async def _ask(self, path: str, query: Mapping[str, object] | None = None) -> Said:
        get = self._client.get(path, cast_to=httpx2.Response, options={"params": query or {}})
        return await self._wire.ask(get)

    def _status(self, body: object) -> BatchStatus:
        try:
            batch = BatchBody.model_validate(body)
        except ValidationError:
            message = f"{self._endpoint.host} answered with something else than a message batch"
            raise Transient(Fault("bad_body", message, http_status=200)) from None
        counts = batch.request_counts
        unsent = counts.canceled + counts.expired
        return BatchStatus(
            id=batch.id,
            state=STATES[batch.processing_status],
            word=batch.processing_status,
            created_at=_utc(batch.created_at),
            ended_at=batch.ended_at and _utc(batch.ended_at),
            total=counts.processing + counts.succeeded + counts.errored + unsent,
            answered=counts.succeeded,
            failed=counts.errored,
            files=("results",) if batch.ended_at is not None and batch.archived_at is None else (),
            cancelled=batch.cancel_initiated_at is not None,
        )

    def _result(self, value: object) -> Result:
        host = self._endpoint.host
        result = value.get("result") if isinstance(value, dict) else None
        kind = result.get("type") if isinstance(result, dict) else None
        if kind == "expired":
            return Expired(Fault("expired", f"{host}: the batch expired before this request was sent"))
        if kind == "canceled":
            return Cancelled(
                Fault("cancelled", f"{host}: the batch was cancelled before this request was sent")
            )
        part: Any = None
        status, headers = 200, {}
        if isinstance(result, dict) and kind == "succeeded":
            part = result.get("message")
            if isinstance(part, dict) and isinstance(part.get("id"), str):
                headers = {"request-id": part["id"]}  # in a batch there is no id of a request
        elif isinstance(result, dict) and kind == "errored":
            part = result.get("error")
            words = read_error(part).words
            status = next((STATUS_OF_TYPE[word] for word in sorted(words) if word in STATUS_OF_TYPE), 500)
        try:
            return read_message(Line.of(status, part, headers), host)
        except ProviderError as error:
            return error


def _utc(when: datetime) -> datetime:
    return when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
