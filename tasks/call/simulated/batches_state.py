"""A batch as the vendor holds it: its requests, its course in time, and what became of each request.

Nothing runs by itself: whoever looks at a batch first lets it catch up with the clock (`advance`). A batch is
validated in the first twentieth of its seconds, processes its requests one after the other until nine tenths,
then finalizes. What happens on the way (a cancellation, an end by the vendor) is decided at its creation.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

from tasks.call.simulated.draws import share, shares
from tasks.call.simulated.ledger import BatchRow
from tasks.call.simulated.settings import BatchSettings
from tasks.call.simulated.wire import Tokens

VALIDATED, PROCESSED = 0.05, 0.9  # shares of a batch's seconds
CANCEL_SHARE = 0.05  # of a batch's seconds: from a cancellation to its effect

Phase = Literal[
    "validating", "in_progress", "finalizing", "canceling", "failed", "canceled", "expired", "done"
]
Kind = Literal["succeeded", "errored", "canceled", "expired"]
OVER: frozenset[Phase] = frozenset({"failed", "canceled", "expired", "done"})


@dataclass(frozen=True, slots=True)
class Result:
    """What became of one request; `body` is the vendor's answer as JSON, empty where there was none."""

    kind: Kind
    status: int | None = None
    body: bytes = b""
    request_id: str = ""
    tokens: Tokens | None = None


@dataclass(slots=True)
class Item:
    """One request; its body is let go when its result is known."""

    custom_id: str
    body: bytes
    streams: bool = False  # asks for a stream, which a batch cannot be
    times: int = 0  # how often its custom id was accepted before
    result: Result | None = None


@dataclass(frozen=True, slots=True)
class BatchFate:
    """What was decided of a batch at its creation."""

    failed: bool = False
    all_errored: bool = False
    no_files: bool = False
    cancelled: bool = False
    vanishes: bool = False


@dataclass(slots=True)
class Batch:
    """One batch, of whichever vendor."""

    batch_id: str
    vendor: str
    path: str  # where a request of its own would go
    created_at: float  # seconds since the epoch
    items: list[Item]
    settings: BatchSettings
    fate: BatchFate
    row: BatchRow
    seed: int = 0
    digest: str = ""  # of its content
    times: int = 0  # how often the same content was created before
    headers: Mapping[str, str] = field(default_factory=dict)
    endpoint: str = ""
    input_file_id: str = ""
    output_life_s: float | None = None
    model: str | None = None
    metadata: Mapping[str, str] | None = None
    errors: list[dict[str, object]] = field(default_factory=list)  # why it was not accepted
    order: list[int] = field(default_factory=list)  # in which the requests are processed
    processed: int = 0
    cancel_at: float | None = None
    deleted: bool = False
    settled: bool = False  # over, and every request has its result
    output_file_id: str | None = None
    error_file_id: str | None = None

    def at(self, part: float) -> float:
        """The time at which such a share of its seconds has passed."""
        return self.created_at + part * self.settings.seconds

    @property
    def ends_at(self) -> float:
        """When it is over."""
        if self.errors:
            return self.at(VALIDATED)
        if self.cancel_at is not None:
            return self.cancel_at + CANCEL_SHARE * self.settings.seconds
        return self.at(1.0)

    @property
    def expires(self) -> bool:
        """Whether it is over before all requests are processed."""
        return len(self.order) < len(self.items)

    def is_gone(self, now: float) -> bool:
        """Whether the vendor does not know it any more."""
        return self.deleted or (self.fate.vanishes and now >= self.at(self.settings.vanish_after))

    def phase(self, now: float) -> Phase:
        """Where it stands."""
        over = now >= self.ends_at
        if self.errors:
            return "failed" if over else "validating"
        if self.cancel_at is not None and now >= self.cancel_at:
            return "canceled" if over else "canceling"
        if over:
            return "expired" if self.expires else "done"
        if now < self.at(VALIDATED):
            return "validating"
        return "in_progress" if now < self.at(PROCESSED) else "finalizing"

    def counts(self) -> dict[Kind, int]:
        """How many requests have which result."""
        counts: dict[Kind, int] = {"succeeded": 0, "errored": 0, "canceled": 0, "expired": 0}
        for item in self.items:
            if item.result is not None:
                counts[item.result.kind] += 1
        return counts


def plan_course(batch: Batch) -> None:
    """Decide which requests are processed at all, and in which order."""
    places = range(len(batch.items))
    batch.order = [place for place in places if not befalls(batch, place, "expired", batch.settings.expired)]
    if batch.settings.shuffled:
        batch.order.sort(key=lambda place: share(batch.seed, "batch order", *_key(batch, place)))
    if batch.fate.cancelled:
        batch.cancel_at = batch.at(0.5)


def decide_batch(seed: int, digest: str, times: int, settings: BatchSettings) -> BatchFate:
    """What befalls the batch of this content, which was created so many times before."""
    if times >= settings.faults.max_in_a_row:
        return BatchFate()
    failed, errored, files, cancelled, vanishes, *_ = shares(seed, "batch", digest, times)
    return BatchFate(
        failed=failed < settings.failed,
        all_errored=errored < settings.without_output,
        no_files=files < settings.without_files,
        cancelled=cancelled < settings.cancelled,
        vanishes=vanishes < settings.vanishes,
    )


def befalls(batch: Batch, place: int, what: str, rate: float) -> bool:
    """Whether the request at a place is among those to which this happens."""
    if not rate or batch.items[place].times >= batch.settings.faults.max_in_a_row:
        return False
    return share(batch.seed, "batch", what, *_key(batch, place)) < rate


def advance(batch: Batch, now: float, process: Callable[[Batch, int, float, bool], Result]) -> bool:
    """Let it catch up: requests that are due get their results, and at its end so do all others.

    `process` answers the request at a place, at a time; the last argument says that the vendor fails at it.
    Returns whether it is over and was not before.
    """
    if batch.settled or batch.errors:
        return False
    until = min(now, batch.at(batch.settings.vanish_after)) if batch.fate.vanishes else now
    for done in range(batch.processed, _due(batch, until)):
        place = batch.order[done]
        when = batch.at(VALIDATED + (PROCESSED - VALIDATED) * (done + 1) / len(batch.order))
        fails = batch.fate.all_errored or befalls(batch, place, "errored", batch.settings.errored)
        batch.items[place].result = process(batch, place, when, fails)
        batch.items[place].body = b""
        batch.processed = done + 1
    phase = batch.phase(until)
    if phase not in OVER:
        return False
    for item in batch.items:
        if item.result is None:
            item.result = Result("canceled" if phase == "canceled" else "expired")
    batch.settled = True
    return True


def _due(batch: Batch, now: float) -> int:
    """How many requests are processed by now."""
    if batch.cancel_at is not None:
        now = min(now, batch.cancel_at)
    start, end = batch.at(VALIDATED), batch.at(PROCESSED)
    if now >= end:
        return len(batch.order)
    return max(0, math.floor(len(batch.order) * (now - start) / (end - start)))


def _key(batch: Batch, place: int) -> tuple[str, int]:
    item = batch.items[place]
    return item.custom_id, item.times
