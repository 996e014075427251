"""The books of a part: attempts begun and ended in the run's journal, money reserved and settled.

Every call of a batch is begun in the journal, with its worst case, before the batch is sent, and ended with its
result. So the journal alone says what may be billed unseen, also of a process that died. The end may lie in
another process's file: begin and end of one attempt have one number and one start.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID

from tasks.call.batch.grouping import Group
from tasks.call.batch.notes import Intent
from tasks.call.batch.provider import BatchStatus
from tasks.call.journal import AttemptEnd, Journal, JournalState
from tasks.call.session import CallSession, with_usage
from tasks.call.till import Till
from tasks.model import Answer, Call
from warehouse.errors import Fault

UNSENT = Fault("connection", "the batch was never made: it is in no list of the provider", unsent=True)


@dataclass(frozen=True)
class Book:
    """Where results go, and what is known of the calls that they belong to."""

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
        """Of a call's attempt under way in this process, or of its next."""
        return self.known.next_attempt_number(key) + self.tried.get(key, 0)

    def write(self, call: Call, end: AttemptEnd) -> "Written":
        """Journal the end of an attempt; it counts when `durable` is done."""
        durable = self.journal.append(end)
        self.session.progress.attempt(call, end.error_kind)
        if not end.final:
            self.tried[call.call_key] = self.tried.get(call.call_key, 0) + 1
        return Written(call, end, durable)

    async def fail(self, call: Call, started_at: datetime, fault: Fault) -> None:
        """End a call finally that was never in a batch."""
        end = attempt_end(call.call_key, self.number(call.call_key), started_at, self.host, fault, final=True)
        written = self.write(call, end)
        await written.durable
        self.session.ended(call, end)


@dataclass(frozen=True)
class Written:
    """A line of the journal that may not be durable yet."""

    call: Call
    end: AttemptEnd
    durable: "object"


class PartBooks:
    """The attempts of one part. `worst` is what its calls have reserved, in this process; None: sent before."""

    def __init__(self, book: Book, intent: Intent, worst: dict[UUID, Decimal] | None) -> None:
        self.book = book
        self._intent = intent
        self._worst = worst
        self._begun: dict[UUID, tuple[int, Decimal]] | None = None
