"""A batch's results into the run's journal: each as the attempt of a call, as it arrives.

An answer that the journal has already, from a process that died amid the download, is not taken twice. What
may pass (an error of the provider's, a request that expired) is asked again in a further batch, and fails
finally in the last round. Nothing is asked again that the provider may still have an answer to.
"""

import asyncio
import time
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, field
from datetime import UTC, datetime
from uuid import UUID

from tasks.call.batch.doubt import Interrupted
from tasks.call.batch.ids import call_key_of
from tasks.call.batch.notes import Intent
from tasks.call.batch.patience import Patience
from tasks.call.batch.provider import BatchProvider, BatchStatus, Cancelled, NoSuchBatch, Result
from tasks.call.journal import AttemptEnd, Journal, JournalState
from tasks.call.provider import Reply
from tasks.call.session import CallSession, with_usage
from tasks.model import Answer, Call
from warehouse.errors import Fault, ProviderError, Rejected, Transient, Unusable

READS = 3  # of results in which lines are missing or cannot be read
AT_ONCE = 500  # results that share a sync of the journal


@dataclass
class Taken:
    """What became of the calls of a batch."""

    answered: int = 0
    failed: int = 0
    again: dict[UUID, int] = field(default_factory=dict)  # calls without an end, and their shards
    cancelled: int = 0  # of them: because somebody stopped the batch
    unusable: Unusable | None = None  # an error that concerns the whole provider
    lost: int = 0  # of them: the provider has no result, and may have answered and billed them


@dataclass(frozen=True)
class Book:
    """Where results go, and what is known of the calls that they belong to."""

    run_id: str
    session: CallSession
    journal: Journal
    known: JournalState
    host: str
    call_of: Callable[[int, UUID], Call]  # of a shard: who asks and what it costs, without the messages
    whole: Callable[[int, UUID], Call]  # with them
    retry_failed: bool
    tried: dict[UUID, int]  # attempts that this process has noted


async def take_results(
    provider: BatchProvider,
    status: BatchStatus | None,
    intent: Intent,
    book: Book,
    patience: Patience,
    *,
    last: bool,
) -> Taken:
    """Journal every result of a batch that is over (None: it has vanished); return when that is durable.

    Raises: Interrupted, StoppedShort, Rejected, Unusable: they cannot be had now; what arrived is kept.
    """
    taking = _Taking(book, intent, status, last)
    reads, gone_since = 0, None
    while status is not None and status.state != "failed" and reads < READS:
        try:
            await _read(provider, status, taking)
        except NoSuchBatch:  # of files that are named: perhaps not yet
            gone_since = gone_since or time.monotonic()
            over = time.monotonic() - gone_since >= patience.pace.settle_s
            if over or not status.files or not taking.may_lack(status):
                break
            if not await patience.look(0):
                raise Interrupted from None
            continue
        except Transient as error:
            await taking.flush()
            await patience.after(error)
            continue
        reads += 1
        if not taking.may_lack(status):
            break
    await taking.end()
    return taking.taken


async def _read(provider: BatchProvider, status: BatchStatus, taking: "_Taking") -> None:
    async with aclosing(provider.results(status)) as results:
        async for custom_id, result in results:
            await taking.take(custom_id, result)
    await taking.flush()


class _Taking:
    """One batch while its results arrive."""

    def __init__(self, book: Book, intent: Intent, status: BatchStatus | None, last: bool) -> None:
        self.taken = Taken()
        self._book = book
        self._intent = intent
        self._status = status
        self._left = dict(intent.calls())  # calls of which nothing was heard, and their shards
        self._last = last
        ended_at = status.ended_at if status else None
        self._ended_at = ended_at or datetime.now(UTC)
        began = status.created_at if status and ended_at else intent.at
        self._queued_s = max(0.0, (self._ended_at - began).total_seconds())
        self._waiting: list[tuple[Call, AttemptEnd]] = []
        self._durable: asyncio.Future[None] | None = None

    def may_lack(self, status: BatchStatus | None) -> bool:
        """Whether the provider may have, or have billed, more answers than were read."""
        return bool(self._left) and (status is None or status.answered > self.taken.answered)

    async def take(self, custom_id: str | None, result: Result) -> None:
        """One line of results; a line of another run's call, or one that came before, is nothing."""
        key = None if custom_id is None else call_key_of(custom_id, self._book.run_id)
        shard = None if key is None else self._left.pop(key, None)
        if key is None or shard is None:
            return
        book, taken = self._book, self.taken
        if key in book.known.answered:
            taken.answered += 1
        elif key in book.known.failed and not book.retry_failed:
            taken.failed += 1
        elif isinstance(result, Cancelled):
            taken.again[key] = shard
            taken.cancelled += 1
        elif isinstance(result, Reply):
            self._answered(key, shard, result)
        elif key in book.known.failed or self._is_noted(key):
            taken.again[key] = shard
        else:
            self._failed(key, shard, result)
        if len(self._waiting) >= AT_ONCE:
            await self.flush()

    async def flush(self) -> None:
        """Wait until what was taken is durable, and count it."""
        if self._durable is not None:
            await self._durable
        self._durable = None
        for call, record in self._waiting:
            if record.final:
                self._book.session.ended(call, record)
        self._waiting.clear()

    async def end(self) -> None:
        """Deal with the calls of which nothing was heard; what may have been billed is an attempt unseen."""
        taken, billed = self.taken, self.may_lack(self._status)
        for key, shard in self._left.items():
            if key in self._book.known.answered:
                taken.answered += 1
            elif key in self._book.known.failed and not self._book.retry_failed:
                taken.failed += 1
            elif self._last:
                message = f"{self._book.host}: the batch ended without a result of this call"
                self._failed(key, shard, Transient(Fault("no_result", message)))
            else:
                taken.again[key] = shard
                if billed:
                    taken.lost += 1
                    self._unseen(key)
        await self.flush()

    def _unseen(self, key: UUID) -> None:
        book = self._book
        if not self._is_noted(key):
            n = book.known.next_attempt_number(key) + book.tried.get(key, 0)
            book.journal.begin(key, n, self._intent.at)
            book.tried[key] = book.tried.get(key, 0) + 1

    def _answered(self, key: UUID, shard: int, reply: Reply) -> None:
        answer = reply.answer
        if answer.usage is None and answer.error_kind is None:
            answer = with_usage(self._book.whole(shard, key), answer)
        self.taken.answered += 1
        self._note(key, shard, reply.http_status, answer.error_kind, answer.error, answer, final=True)

    def _failed(self, key: UUID, shard: int, error: ProviderError) -> None:
        final = isinstance(error, Rejected) or (self._last and not isinstance(error, Unusable))
        if final:
            self.taken.failed += 1
        else:
            self.taken.again[key] = shard
        if isinstance(error, Unusable) and self.taken.unusable is None:
            self.taken.unusable = self._book.session.told(self._book.call_of(shard, key), error)
        fault = error.fault
        self._note(key, shard, fault.http_status, fault.kind, fault.message, None, final=final)

    def _note(
        self,
        key: UUID,
        shard: int,
        http_status: int | None,
        error_kind: str | None,
        error: str | None,
        answer: Answer | None,
        *,
        final: bool,
    ) -> None:
        book = self._book
        record = AttemptEnd(
            call_key=key,
            n=book.known.next_attempt_number(key) + book.tried.get(key, 0),
            started_at=self._intent.at,
            ended_at=self._ended_at,
            latency_s=None,
            queued_s=self._queued_s,
            http_status=http_status,
            outcome="answered" if answer else "failed",
            error_kind=error_kind,
            error=error,
            endpoint=book.host,
            final=final,
            answer=answer,
            usage=answer.usage if answer else None,
            mode="batch",
        )
        call = book.call_of(shard, key)
        self._durable = book.journal.append(record)
        book.session.progress.attempt(call, error_kind)
        self._waiting.append((call, record))
        if not final:
            book.tried[key] = book.tried.get(key, 0) + 1

    def _is_noted(self, key: UUID) -> bool:
        """Whether a process that died amid this batch's results noted this failure already."""
        known = self._book.known
        return known.next_attempt_number(key) > 1 and any(
            attempt.started_at == self._intent.at for attempt in known.attempts(key)
        )


async def fail_call(book: Book, call: Call, started_at: datetime, error: ProviderError) -> None:
    """Note that a call has finally failed without a result of its own."""
    record = AttemptEnd(
        call_key=call.call_key,
        n=book.known.next_attempt_number(call.call_key) + book.tried.get(call.call_key, 0),
        started_at=started_at,
        ended_at=datetime.now(UTC),
        latency_s=None,
        queued_s=0.0,
        http_status=error.fault.http_status,
        outcome="failed",
        error_kind=error.fault.kind,
        error=error.fault.message,
        endpoint=book.host,
        final=True,
        answer=None,
        usage=None,
        mode="batch",
    )
    await book.journal.append(record)
    book.session.progress.attempt(call, error.fault.kind)
    book.session.ended(call, record)
