"""The books of a part: attempts begun and ended in the run's journal, money reserved and settled.

Every call of a batch is begun in the journal, with its worst case, before the batch is sent, and ended with
its result. So the journal alone says what may be billed unseen, also of a process that died. The end may lie
in another process's file: begin and end of one attempt have one number and one start.
"""

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from tasks.call.batch.notes import Intent
from tasks.call.batch.provider import BatchStatus
from tasks.call.course import with_usage
from tasks.call.journal import AttemptEnd, Journal, JournalState
from tasks.call.provider import Reply
from tasks.call.session import CallSession
from tasks.call.till import Till
from tasks.call.worst_case import worst_usd
from tasks.model import Call
from warehouse.errors import Fault

NEVER_MADE = Fault("connection", "the batch was never made: it is in no list of the provider", unsent=True)
AT_ONCE = 500  # lines that share a sync of the journal

Worst = Mapping[UUID, Decimal | None]


@dataclass(frozen=True)
class Book:
    """What all parts of a lane write into, and what is known of their calls."""

    session: CallSession
    journal: Journal
    known: JournalState
    till: Till
    retry_failed: bool
    host: str
    call_of: Callable[[int, UUID], Call]  # of a shard: who asks and what it costs, without the messages
    whole: Callable[[int, UUID], Call]  # with them
    tried: dict[UUID, int] = field(default_factory=dict)  # attempts that this process has ended

    def number(self, key: UUID) -> int:
        """Of a call's attempt that this process has under way, or of its next."""
        return self.known.next_attempt_number(key) + self.tried.get(key, 0)

    async def fail(self, call: Call, fault: Fault) -> None:
        """End a call finally that was never in a batch."""
        now = datetime.now(UTC)
        end = AttemptEnd(
            call_key=call.call_key,
            n=self.number(call.call_key),
            started_at=now,
            ended_at=now,
            latency_s=None,
            queued_s=0.0,
            http_status=fault.http_status,
            outcome="failed",
            error_kind=fault.kind,
            error=fault.message,
            endpoint=self.host,
            final=True,
            answer=None,
            usage=None,
            mode="batch",
        )
        await self.journal.append(end)
        self.session.progress.attempt(call, fault.kind)
        self.session.ended(call, end)


class PartBooks:
    """The attempts of one part.

    `worst` is what this process has reserved for its calls; None: an earlier process sent the part, and the
    journal knows. What that one reserved is spent already, and is corrected with each result.
    """

    def __init__(self, book: Book, intent: Intent, worst: Worst | None) -> None:
        self._book = book
        self._intent = intent
        self._worst: Worst = worst if worst and book.till.is_bounded else {}  # a million need not stay
        self._begun = None if worst is not None else _begun(book, intent)
        self._ended_at = intent.at
        self._queued_s = 0.0
        self._waiting: list[tuple[Call, AttemptEnd]] = []
        self._settled: set[UUID] = set()
        self._durable: asyncio.Future[None] | None = None
        if self._begun is not None:
            book.till.adopt(len(self._begun))

    def begin(self, worst: Worst) -> None:
        """Note that the calls are about to be sent, each with the most that it may cost."""
        book, at = self._book, self._intent.at
        for key, usd in worst.items():
            book.journal.begin(key, book.number(key), at, usd)

    def over(self, status: BatchStatus | None) -> None:
        """Take the times of a batch that is over; None: it has vanished."""
        ended_at = status.ended_at if status else None
        self._ended_at = ended_at or datetime.now(UTC)
        began = status.created_at if status and ended_at else self._intent.at
        self._queued_s = max(0.0, (self._ended_at - began).total_seconds())

    def is_under_way(self, key: UUID) -> bool:
        """Whether the attempt has no end in the journal, also not one by an earlier process."""
        return self._begun is None or key in self._begun

    async def answered(self, key: UUID, shard: int, reply: Reply) -> None:
        """End an attempt with its answer."""
        book, answer = self._book, reply.answer
        if answer.usage is None and answer.error_kind is None:
            answer = with_usage(book.whole(shard, key), answer)
        call = book.call_of(shard, key)
        await self._write(
            call,
            AttemptEnd(
                call_key=key,
                n=self._number(key),
                started_at=self._intent.at,
                ended_at=self._ended_at,
                latency_s=None,
                queued_s=self._queued_s,
                http_status=reply.http_status,
                outcome="answered",
                error_kind=answer.error_kind,
                error=answer.error,
                endpoint=book.host,
                final=True,
                answer=answer,
                usage=answer.usage,
                usd=book.till.bill(call, self._reserved(key), answer, self._intent.at, "batch"),
                mode="batch",
            ),
        )

    async def failed(
        self, key: UUID, shard: int, fault: Fault, *, final: bool, maybe_billed: bool = False
    ) -> None:
        """End an attempt that was not answered; it stays reserved where it may have been billed."""
        await self._write(
            self._book.call_of(shard, key),
            AttemptEnd(
                call_key=key,
                n=self._number(key),
                started_at=self._intent.at,
                ended_at=self._ended_at,
                latency_s=None,
                queued_s=self._queued_s,
                http_status=fault.http_status,
                outcome="failed",
                error_kind=fault.kind,
                error=fault.message,
                endpoint=self._book.host,
                final=final,
                answer=None,
                usage=None,
                reserved_usd=self._at_most(key, shard) if maybe_billed else None,
                mode="batch",
            ),
        )
        if not final:
            self._is_over(key)

    def unseen(self, key: UUID, shard: int) -> None:
        """Leave an attempt without an end: it may have been billed, and stays reserved at its worst case."""
        self._settle(self._book.call_of(shard, key), self._reserved(key), None)
        self._is_over(key)

    async def leave(self) -> None:
        """Leave what has no end here to a resume; until then it counts as spent, and nobody waits for it."""
        await self.flush()
        for key, shard in self._intent.calls():
            if self.is_under_way(key) and key not in self._settled:
                self._settle(self._book.call_of(shard, key), self._reserved(key), None)

    async def flush(self) -> None:
        """Wait until what was written is durable, and count it."""
        if self._durable is not None:
            await self._durable
        self._durable = None
        for call, end in self._waiting:
            if end.final:
                self._book.session.ended(call, end)
        self._waiting.clear()

    async def _write(self, call: Call, end: AttemptEnd) -> None:
        self._durable = self._book.journal.append(end)
        self._book.session.progress.attempt(call, end.error_kind)
        self._settle(call, self._reserved(call.call_key), end)
        self._waiting.append((call, end))
        if len(self._waiting) >= AT_ONCE:
            await self.flush()

    def _settle(self, call: Call, worst: Decimal | None, end: AttemptEnd | None) -> None:
        self._settled.add(call.call_key)
        self._book.till.settle_batch(call, worst, end, adopted=self._begun is not None)

    def _number(self, key: UUID) -> int:
        return self._book.number(key) if self._begun is None else self._begun[key][0]

    def _reserved(self, key: UUID) -> Decimal | None:
        return self._worst.get(key) if self._begun is None else self._begun[key][1]

    def _at_most(self, key: UUID, shard: int) -> Decimal | None:
        """What an attempt may have cost, also where no budget keeps it."""
        kept = self._reserved(key)
        return worst_usd(self._book.whole(shard, key), self._intent.at, "batch") if kept is None else kept

    def _is_over(self, key: UUID) -> None:
        """The call's next attempt has the next number; that of an earlier process is counted already."""
        if self._begun is None:
            self._book.tried[key] = self._book.tried.get(key, 0) + 1


def _begun(book: Book, intent: Intent) -> dict[UUID, tuple[int, Decimal | None]]:
    """The attempts of a part that an earlier process sent and that have no end: number and worst case."""
    found: dict[UUID, tuple[int, Decimal | None]] = {}
    for key, _ in intent.calls():
        mine = [attempt for attempt in book.known.attempts(key) if attempt.started_at == intent.at]
        if not mine:  # a power cut took the line; what may be spent is then known with the result
            found[key] = book.known.next_attempt_number(key), None
        elif mine[0].outcome == "unseen" and not book.known.has_ended(key, retry_failed=book.retry_failed):
            found[key] = mine[0].n, mine[0].reserved_usd
    return found
