"""A group of calls to the provider as one batch: the intent is on disk before, the id after.

Between the two the batch may or may not exist; then the provider's list decides (`doubt`).
"""

from collections.abc import Callable
from datetime import UTC, datetime

from tasks.call.batch.books import NEVER_MADE, PartBooks, Worst
from tasks.call.batch.doubt import MARGIN, Detective, Interrupted, resolve, tags_of
from tasks.call.batch.grouping import Group
from tasks.call.batch.notes import Intent, Notes
from tasks.call.batch.patience import Patience
from tasks.call.batch.provider import BatchProvider, BatchStatus, Listing, NoSuchBatch, surely_not_sent
from warehouse.errors import NightbenchError, ProviderError, Rejected, SpecError, Transient

TOO_LARGE = 413


class Refused(Exception):
    """The provider does not take this group of calls; nothing was sent. Parts of it may be taken."""

    def __init__(self, error: Rejected) -> None:
        super().__init__(str(error))
        self.too_large = error.fault.http_status == TOO_LARGE


class Sender:
    """Sends the groups of one lane."""

    def __init__(
        self,
        provider: BatchProvider,
        notes: Notes,
        run_id: str,
        lane: str,
        patience: Callable[[], Patience],
        open_part: Callable[[Intent, Worst], PartBooks],
        tell: Callable[[Intent, tuple[BatchStatus, ...]], None],
    ) -> None:
        self._provider = provider
        self._notes = notes
        self._run_id = run_id
        self._lane = lane
        self._patience = patience
        self._open_part = open_part
        self._tell = tell

    async def send(self, group: Group) -> tuple[Intent, PartBooks]:
        """Send a group; returns when the batch's id is on disk.

        Raises: Refused. Unusable: the provider refuses all. Interrupted, StoppedShort: it was not sent, or
            that is not known.
        """
        listing = await self._newest()
        intent = self._notes.intend(
            lane=self._lane,
            host=self._provider.endpoint_host,
            what=group.kind,
            at=datetime.now(UTC),
            since=listing.at,
            n_bytes=group.n_bytes,
            account=listing.account,
            before=() if self._provider.keeps_tags else _recent(listing),
            shards=group.shards,
            keys=group.keys,
        )
        part = self._open_part(intent, group.worst)
        part.begin(group.worst)
        group.begun = True
        batch_id = await self._submit(group, intent, part)
        self._notes.sent(intent.part, batch_id)
        return intent, part

    async def find(self, intent: Intent) -> str | None:
        """The id of the batch of an intent that is in doubt; None: it is certain that there is none.

        Raises: Interrupted, StoppedShort, SpecError, Rejected, Unusable: it is not known.
        """
        patience = self._patience()
        detective = Detective(self._provider, self._run_id, intent, self._notes.ids.values())
        return await resolve(
            lambda: patience.ask(detective.look),
            patience.pace.settle_s,
            patience.look,
            lambda maybe: self._tell(intent, maybe),
        )

    async def _submit(self, group: Group, intent: Intent, part: PartBooks) -> str:
        """Submit until there is an id."""
        patience = self._patience()
        try:
            uploaded = await patience.ask(lambda: self._provider.upload(group.lines))
        except (Interrupted, NightbenchError) as error:
            await self._refused(intent, part, error)
            raise
        while True:
            try:
                return await self._provider.submit(uploaded, group.kind, tags_of(intent, self._run_id))
            except ProviderError as error:
                if surely_not_sent(error) and not isinstance(error, Transient):
                    await self._refused(intent, part, error)
                    raise
                problem = error
            if surely_not_sent(problem):
                await patience.after(problem)
                continue
            batch_id = await self.find(intent)
            if batch_id is not None:
                return batch_id
            await patience.after(problem)

    async def _refused(self, intent: Intent, part: PartBooks, error: Exception) -> None:
        """Note that there is no batch of this intent. Raises: Refused: it is for what the calls are."""
        fault = error.fault if isinstance(error, ProviderError) else NEVER_MADE
        alone = isinstance(error, Rejected) and not isinstance(error, NoSuchBatch) and intent.n == 1
        for key, shard in intent.calls():
            await part.failed(key, shard, fault, final=alone)
        await part.flush()
        self._notes.void(intent.part, fault.kind)
        if isinstance(error, Rejected) and not isinstance(error, NoSuchBatch):
            raise Refused(error) from None

    async def _newest(self) -> Listing:
        """The provider's list before anything is sent: its clock, and proof that it has batches."""
        try:
            return await self._patience().ask(lambda: self._provider.list_since(None))
        except NoSuchBatch:
            raise SpecError(
                f"{self._provider.endpoint_host} has no batches: it answered 404 to their list. Nothing was "
                f'sent. Use mode = "realtime".'
            ) from None


def _recent(listing: Listing) -> tuple[str, ...]:
    """Batches that a search since this moment would come across, and that are known to be others."""
    return tuple(batch.id for batch in listing.batches if batch.created_at >= listing.at - 2 * MARGIN)
