"""A batch's results into the run's journal: each as the end of a call's attempt, as it arrives.

An answer that the journal has already, from a process that died amid the download, is not taken twice. What
may pass (an error of the provider's, a request that expired) is asked again in a further batch, and fails
finally in the last round. Nothing is asked again that the provider may still have an answer to.
"""

import time
from contextlib import aclosing
from dataclasses import dataclass, field
from uuid import UUID

from tasks.call.batch.books import Book, PartBooks
from tasks.call.batch.doubt import Interrupted
from tasks.call.batch.ids import call_key_of
from tasks.call.batch.notes import Intent
from tasks.call.batch.patience import Patience
from tasks.call.batch.provider import BatchProvider, BatchStatus, Cancelled, NoSuchBatch, Result
from tasks.call.provider import Reply
from warehouse.errors import Fault, ProviderError, Rejected, Transient, Unusable

READS = 3  # of results in which lines are missing or cannot be read


@dataclass
class Taken:
    """What became of the calls of a batch."""

    answered: int = 0
    succeeded: int = 0  # of them: by the provider's own count, which an error that is an answer is not in
    failed: int = 0
    again: dict[UUID, int] = field(default_factory=dict)  # calls without an end, and their shards
    cancelled: int = 0  # of them: because somebody stopped the batch
    unusable: Unusable | None = None  # an error that concerns the whole provider
    lost: int = 0  # calls of which the provider has no result, and which it may have answered and billed


async def take_results(
    provider: BatchProvider,
    status: BatchStatus | None,
    intent: Intent,
    run_id: str,
    book: Book,
    part: PartBooks,
    patience: Patience,
    *,
    last: bool,
) -> Taken:
    """Journal every result of a batch that is over (None: it has vanished); return when that is durable.

    Raises: Interrupted, StoppedShort, Rejected, Unusable: they cannot be had now; what arrived is kept.
    """
    part.over(status)
    taking = _Taking(book, part, intent, run_id, status, last)
    reads, gone_since = 0, None
    while status is not None and status.state != "failed" and reads < READS:
        try:
            async with aclosing(provider.results(status)) as results:
                async for custom_id, result in results:
                    await taking.take(custom_id, result)
        except NoSuchBatch:  # of files that are named: perhaps not yet
            gone_since = gone_since or time.monotonic()
            over = time.monotonic() - gone_since >= patience.pace.settle_s
            if over or not status.files or not taking.may_lack:
                break
            if not await patience.look(0):
                raise Interrupted from None
            continue
        except Transient as error:
            await part.flush()
            await patience.after(error)
            continue
        reads += 1
        if not taking.may_lack:
            break
    await taking.end()
    return taking.taken


class _Taking:
    """One batch while its results arrive."""

    def __init__(
        self, book: Book, part: PartBooks, intent: Intent, run_id: str, status: BatchStatus | None, last: bool
    ) -> None:
        self.taken = Taken()
        self._book = book
        self._part = part
        self._run_id = run_id
        self._status = status
        self._left = dict(intent.calls())  # calls of which nothing was heard, and their shards
        self._last = last

    @property
    def may_lack(self) -> bool:
        """Whether the provider may have, or have billed, more answers than were read."""
        return bool(self._left) and (self._status is None or self._status.answered > self.taken.succeeded)

    async def take(self, custom_id: str | None, result: Result) -> None:
        """One line of results; a line of another run's call, or one that came before, is nothing."""
        key = None if custom_id is None else call_key_of(custom_id, self._run_id)
        shard = None if key is None else self._left.pop(key, None)
        if key is None or shard is None:
            return
        taken, part = self.taken, self._part
        if not part.is_under_way(key):
            self._ended_before(key, shard)
        elif isinstance(result, Reply):
            taken.answered += 1
            taken.succeeded += result.answer.error_kind is None
            await part.answered(key, shard, result)
        elif isinstance(result, Cancelled):
            taken.cancelled += 1
            taken.again[key] = shard
            await part.failed(key, shard, result.fault, final=False)
        else:
            await self._failed(key, shard, result)

    async def end(self) -> None:
        """Deal with the calls of which nothing was heard; what may have been billed is an attempt unseen."""
        taken, billed = self.taken, self.may_lack
        for key, shard in self._left.items():
            if not self._part.is_under_way(key):
                self._ended_before(key, shard)
                continue
            taken.lost += billed
            if billed and not self._last:
                taken.again[key] = shard
                self._part.unseen(key, shard)
            else:
                message = f"{self._book.host}: the batch ended without a result of this call"
                error = Transient(Fault("no_result", message))
                await self._failed(key, shard, error, maybe_billed=billed)
        await self._part.flush()

    def _ended_before(self, key: UUID, shard: int) -> None:
        """An earlier process took this result."""
        known, taken = self._book.known, self.taken
        if key in known.answered:
            taken.answered += 1
            taken.succeeded += 1
        elif key in known.failed and not self._book.retry_failed:
            taken.failed += 1
        else:
            taken.again[key] = shard

    async def _failed(
        self, key: UUID, shard: int, error: ProviderError, *, maybe_billed: bool = False
    ) -> None:
        final = isinstance(error, Rejected) or (self._last and not isinstance(error, Unusable))
        if final:
            self.taken.failed += 1
        else:
            self.taken.again[key] = shard
        if isinstance(error, Unusable) and self.taken.unusable is None:
            self.taken.unusable = self._book.session.told(self._book.call_of(shard, key), error)
        await self._part.failed(key, shard, error.fault, final=final, maybe_billed=maybe_billed)
