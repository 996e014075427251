"""A batch until it is over: looked at ever less often, and not given up for an outage or a 404 alone."""

import time
from collections.abc import Callable

from tasks.call.batch.doubt import MARGIN, Interrupted, check_account
from tasks.call.batch.notes import Intent
from tasks.call.batch.patience import Patience
from tasks.call.batch.provider import BatchProvider, BatchStatus, NoSuchBatch


async def follow(
    provider: BatchProvider,
    intent: Intent,
    batch_id: str,
    patience: Patience,
    saw: Callable[[BatchStatus], None],
) -> BatchStatus | None:
    """The batch once it is over; None where it has vanished: 404, and in no list, for `settle_s`.

    A batch that says it was answered and names no results is looked at for `settle_s` more.

    Raises: Interrupted, StoppedShort: the run stops; the batch goes on. SpecError, Rejected, Unusable.
    """
    looks, odd_since = 0, None
    while True:
        status: BatchStatus | None = None
        try:
            status = await patience.ask(lambda: provider.status(batch_id))
        except NoSuchBatch:
            gone = not await _is_listed(provider, intent, batch_id, patience)
        else:
            saw(status)
            gone = False
            if status.over and (status.files or not status.answered):
                return status
        if gone or (status is not None and status.over):
            odd_since = odd_since or time.monotonic()
            if time.monotonic() - odd_since >= patience.pace.settle_s:
                return status
        else:
            odd_since = None
        if not await patience.look(looks):
            raise Interrupted
        looks += 1


async def _is_listed(provider: BatchProvider, intent: Intent, batch_id: str, patience: Patience) -> bool:
    listing = await patience.ask(lambda: provider.list_since(intent.since - MARGIN))
    check_account(intent, provider.endpoint_host, listing.account)
    return any(batch.id == batch_id for batch in listing.batches)
