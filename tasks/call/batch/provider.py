"""What every provider's batches are: submit, status, list, results, cancel.

Nothing is retried here. An answer is read and a fault classified by the same functions as in realtime.
"""

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

from tasks.call.batch.grouping import BatchLimits
from tasks.call.provider import Reply
from tasks.model import Call
from warehouse.errors import ProviderError, Rejected

State = Literal["running", "cancelling", "ended", "failed"]  # failed: nothing of it was worked on
Result = Reply | ProviderError


class NoSuchBatch(Rejected):
    """The provider knows no batch of this id (404), or no results of it."""


class Expired(ProviderError):
    """The batch ended before this request was sent; nothing was billed for it."""


class Cancelled(ProviderError):
    """The batch was cancelled before this request was sent; nothing was billed for it."""


@dataclass(frozen=True)
class Flaw:
    """Why a batch failed as a whole."""

    code: str
    message: str
    line: int | None = None  # of the batch, from 1


@dataclass(frozen=True)
class BatchStatus:
    """A batch as its provider tells of it."""

    id: str
    state: State
    word: str  # the vendor's own for it
    created_at: datetime  # by the provider's clock
    ended_at: datetime | None = None
    total: int = 0  # requests; 0 where the provider does not say
    answered: int = 0
    failed: int = 0
    files: tuple[str, ...] = ()  # where the results lie, once it has ended
    kept: tuple[str, ...] = ()  # files at the provider that nobody needs once its results are durable here
    cancelled: bool = False
    tags: Mapping[str, str] = field(default_factory=dict)  # what we gave with it, where the vendor keeps it
    flaws: tuple[Flaw, ...] = ()

    @property
    def over(self) -> bool:
        """Whether nothing of it will change."""
        return self.state in {"ended", "failed"}


@dataclass(frozen=True)
class Listing:
    """Batches of the account, the newest first, and the provider's clock."""

    batches: tuple[BatchStatus, ...]
    at: datetime
    account: str | None  # the organisation that the provider says the key is of


class BatchProvider(Protocol):
    """One client for one endpoint."""

    @property
    def endpoint_host(self) -> str:
        """The host that the calls go to."""
        ...

    @property
    def limits(self) -> BatchLimits:
        """What one batch may hold."""
        ...

    @property
    def keeps_tags(self) -> bool:
        """Whether the provider's list shows what we gave with a batch; else only results tell whose it is."""
        ...

    def kind(self, call: Call) -> str:
        """What calls must have in common, besides the model, to be in one batch."""
        ...

    def encode(self, call: Call, custom_id: str) -> bytes:
        """A call as one request of a batch.

        Raises: Rejected: it cannot be written.
        """
        ...

    async def upload(self, lines: Sequence[bytes]) -> object:
        """Bring the requests to where `submit` needs them. Nothing is worked on yet.

        Raises: Transient, Rejected, Unusable.
        """
        ...

    async def submit(self, uploaded: object, kind: str, tags: Mapping[str, str]) -> str:
        """Have a batch worked on; its id.

        Raises: Transient, Rejected, Unusable: see `surely_not_sent`.
        """
        ...

    async def status(self, batch_id: str) -> BatchStatus:
        """How far a batch is. Raises: NoSuchBatch, Transient, Rejected, Unusable."""
        ...

    async def list_since(self, when: datetime | None) -> Listing:
        """Every batch created since then by the provider's clock; without a time, the newest page.

        Raises: Transient, Rejected, Unusable.
        """
        ...

    def results(self, status: BatchStatus) -> AsyncGenerator[tuple[str | None, Result], None]:
        """The results with their custom ids, as they arrive; the id is None where a line cannot be read.

        Raises: NoSuchBatch: there are none any more. Transient, Rejected, Unusable.
        """
        ...

    async def cancel(self, batch_id: str) -> None:
        """Have a batch stopped. Raises: NoSuchBatch, Transient, Rejected, Unusable."""
        ...

    async def delete(self, file_id: str) -> None:
        """Have a file of ours deleted. Raises: NoSuchBatch: it is gone. Transient, Rejected, Unusable."""
        ...

    async def close(self) -> None:
        """Close every connection."""
        ...


def surely_not_sent(error: ProviderError) -> bool:
    """Whether a submission that ended so has surely made no batch: it was refused.

    A time-out, a broken connection, a 5xx leave it open.
    """
    status = error.fault.http_status
    if error.fault.unsent or (status is None and isinstance(error, Rejected)):
        return True  # there was no connection, or it cannot be written
    return not (status is None or status < 300 or status >= 500 or status in {408, 409, 425})
