"""An intent without an id: was it sent? The provider's own list is asked, and nothing is sent meanwhile.

OpenAI and Azure keep what we gave with a batch: run, part and nonce are there or not. Anthropic keeps
nothing, so the batches created since the intent are looked at: one with another number of requests is
another's; one that has ended is ours if a result carries one of our ids; one that has not ended may be ours,
and is waited for. A batch counts only by these ids, never by its size or time. What was in the list before
the intent is none.

A request of the dead may still arrive: only a list that lacks the batch for `settle_s` says that there is
none.
"""

import time
from collections.abc import Awaitable, Callable, Iterable
from contextlib import aclosing
from dataclasses import dataclass
from datetime import timedelta

from tasks.call.batch.ids import call_key_of
from tasks.call.batch.notes import Intent
from tasks.call.batch.provider import BatchProvider, BatchStatus, NoSuchBatch
from warehouse.errors import Fault, SpecError, Transient

MARGIN = timedelta(minutes=10)  # between the provider's own clocks
RUN_TAG, PART_TAG, NONCE_TAG = "nightbench_run", "nightbench_part", "nightbench_intent"
LINES_READ = 20  # of a batch's results, in search of one id that can be read


def tags_of(intent: Intent, run_id: str) -> dict[str, str]:
    """What is given with a batch, where the provider keeps it."""
    return {RUN_TAG: run_id, PART_TAG: str(intent.part), NONCE_TAG: intent.nonce}


@dataclass(frozen=True)
class Found:
    """What one look at the list said: the batch of the intent, or which may still turn out to be it."""

    batch_id: str | None = None
    maybe: tuple[BatchStatus, ...] = ()


class Interrupted(Exception):
    """The run is being stopped; what is not known stays unknown."""


class Detective:
    """Looks for the batch of one intent; `mine` are ids of batches known to be of other parts of the run."""

    def __init__(
        self, provider: BatchProvider, run_id: str, intent: Intent, mine: Iterable[str] = ()
    ) -> None:
        self._provider = provider
        self._run_id = run_id
        self._intent = intent
        self._others = set(intent.before) | set(mine)
        self._keys = {key for key, _ in intent.calls()}

    async def look(self) -> Found:
        """Ask the provider's list once.

        Raises: SpecError: this is not where it was sent. Transient, Rejected, Unusable: nothing is known.
        """
        listing = await self._provider.list_since(self._intent.since - MARGIN)
        check_account(self._intent, self._provider.endpoint_host, listing.account)
        candidates = [batch for batch in listing.batches if batch.id not in self._others]
        if self._provider.keeps_tags:
            tags = tags_of(self._intent, self._run_id)
            ours = [batch.id for batch in candidates if tags.items() <= dict(batch.tags).items()]
            return Found(ours[0] if ours else None)
        maybe = []
        for batch in candidates:
            if batch.total not in {0, self._intent.n}:
                self._others.add(batch.id)
            elif not batch.over:
                maybe.append(batch)
            elif await self._is_ours(batch):
                return Found(batch.id)
            else:
                self._others.add(batch.id)
        return Found(None, tuple(maybe))

    async def _is_ours(self, batch: BatchStatus) -> bool:
        """Whether a result of the batch carries an id of this intent."""
        n = 0
        try:
            async with aclosing(self._provider.results(batch)) as results:
                async for custom_id, _ in results:
                    n += 1
                    if custom_id is not None:
                        return call_key_of(custom_id, self._run_id) in self._keys
                    if n == LINES_READ:
                        break
        except NoSuchBatch:  # whoever's it is, its results are gone
            return False
        if n:
            host = self._provider.endpoint_host
            raise Transient(Fault("bad_body", f"{host}: the results of batch {batch.id} cannot be read"))
        return False


async def resolve(
    look: Callable[[], Awaitable[Found]],
    settle_s: float,
    pause: Callable[[int], Awaitable[bool]],
    tell: Callable[[tuple[BatchStatus, ...]], None],
    clock: Callable[[], float] = time.monotonic,
) -> str | None:
    """The id of the intent's batch; None: it is certain that there is none.

    `pause` waits between looks and says whether to go on; `tell` hears what is waited for.

    Raises: Interrupted: `pause` said no. What `look` raises.
    """
    looks, absent_since = 0, None
    while True:
        found = await look()
        if found.batch_id is not None:
            return found.batch_id
        tell(found.maybe)
        now = clock()
        if found.maybe:
            absent_since = None
        elif absent_since is None:
            absent_since = now
        elif now - absent_since >= settle_s:
            return None
        if not await pause(looks):
            raise Interrupted
        looks += 1


def check_account(intent: Intent, host: str, account: str | None) -> None:
    """Refuse to look for a batch where it cannot be.

    Raises: SpecError: another host, or a key of another organisation, than those it was sent with.
    """
    if intent.host != host:
        raise SpecError(
            f"part {intent.part} of the run was sent as a batch to {intent.host}, and now the calls would go "
            f"to {host}. Nothing was sent. Set the address back, so that the results can be had."
        )
    if account is not None and intent.account is not None and account != intent.account:
        raise SpecError(
            f"part {intent.part} of the run was sent as a batch of the organisation {intent.account} at "
            f"{host}, and the key is of {account} now. Nothing was sent. Set the key back, so that the "
            f"results can be had."
        )
