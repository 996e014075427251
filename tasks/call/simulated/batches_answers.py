"""One request of a batch, answered as the realtime endpoint would answer it.

It is the realtime service itself that answers: a second one with the same plan, without limits and without
faults that a retry would mend. What it enters in its ledger is caught and becomes a row of the batch.

A custom id of the form `<run id>_<22 characters>`, the characters being a call's key in base64url, stands for
the header x-nightbench-sample, so that a call gets the same answer in a batch as by itself.
"""

import base64
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from tasks.call.simulated.batches_state import Batch, Result
from tasks.call.simulated.connection import HttpRequest, Verdict
from tasks.call.simulated.ledger import RUN_END, Ledger, Row
from tasks.call.simulated.settings import Faults, Settings
from tasks.call.simulated.wire import Problem, Vendor, to_bytes

Handle = Callable[[HttpRequest], Verdict]
SAMPLE_HEADER = "x-nightbench-sample"
_ANY_KEY = {"x-api-key": "batch", "authorization": "Bearer batch"}  # the creator's was checked


class Caught(Ledger):
    """A ledger that keeps the last row only."""

    last: Row | None = None

    def __init__(self) -> None:
        super().__init__(keep_rows=0)

    def enter(self, row: Row) -> None:
        """Keep it."""
        self.last = row


class Answers:
    """Answers requests of batches; `make` starts the second service with a ledger and a clock."""

    def __init__(self, make: Callable[[Ledger, Callable[[], float]], Handle], ledger: Ledger) -> None:
        self._make = make
        self._ledger = ledger
        self._caught = Caught()
        self._when = 0.0
        self._handle: Handle | None = None

    def answer(self, batch: Batch, place: int, when: float, vendor: Vendor, *, fails: bool) -> Result:
        """What becomes of the request at that place; a row in the ledger tells it."""
        if self._handle is None:
            self._handle = self._make(self._caught, lambda: self._when)
        item, self._when = batch.items[place], when
        headers = {**_ANY_KEY, **batch.headers}
        if sample := sample_of(item.custom_id):
            headers[SAMPLE_HEADER] = sample
        verdict = self._handle(HttpRequest("POST", batch.path, {}, headers, item.body))
        verdict.ended(True)
        caught = self._caught.last
        assert caught is not None
        body = verdict.payload.partition(b"\r\n\r\n")[2]
        if fails:
            status, problem = vendor.problem(Problem("server_error", model=caught.model or ""), "req_sim")
            body = to_bytes(problem)
            caught = replace(caught, status=status, outcome="error", tokens=None)
        self._enter(batch, place, caught, when)
        return Result(
            "succeeded" if caught.outcome == "answered" else "errored",
            caught.status,
            body,
            caught.request_id,
            caught.tokens,
        )

    def skip(self, batch: Batch, place: int, result: Result) -> None:
        """Enter in the ledger that a request was never processed."""
        sample = sample_of(batch.items[place].custom_id)
        row = Row(
            n=place + 1,
            request_id="",
            vendor=batch.vendor,
            model=batch.model,
            prompt_hash=None,
            sample=sample or None,
            status=None,
            outcome="canceled" if result.kind == "canceled" else "expired",
            tokens=None,
            arrived_at=batch.created_at,
            ended_at=batch.ends_at,
        )
        self._enter(batch, place, row, batch.ends_at)

    def _enter(self, batch: Batch, place: int, row: Row, when: float) -> None:
        named = replace(
            row,
            n=place + 1,
            vendor=batch.vendor,
            arrived_at=batch.created_at,
            ended_at=when,
            batch_id=batch.batch_id,
            custom_id=batch.items[place].custom_id,
        )
        self._ledger.enter(named)


def sample_of(custom_id: str) -> str:
    """The call's key that a custom id carries, as the header would have it; nothing where it carries none."""
    if custom_id[RUN_END : RUN_END + 1] != "_":
        return ""
    try:
        return str(
            UUID(bytes=base64.b64decode(custom_id[RUN_END + 1 :] + "==", altchars=b"-_", validate=True))
        )
    except ValueError:
        return ""


def without_retryable(settings: Settings) -> Settings:
    """The settings of a service that answers each request at its first try."""
    faults = settings.faults.model_dump() | {kind: 0.0 for kind, _ in settings.faults.retryable}
    changes = {"faults": Faults.model_validate(faults), "limits": {}, "refused_keys": ()}
    return settings.model_copy(update=changes)
