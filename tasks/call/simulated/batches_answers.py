"""One request of a batch, answered as the realtime endpoint would answer it.

It is the realtime service itself that answers: a second one with the same plan, without limits and without
faults that a retry would mend. What it enters in its ledger is caught and becomes a row of the batch.

A custom id of the form `<run id>_<22 characters>`, the characters being a call's key in base64url, stands for
the header x-nightbench-sample, so that a call gets the same answer in a batch as by itself.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from uuid import UUID

from tasks.call.simulated.batches_state import Batch, Result
from tasks.call.simulated.connection import HttpRequest, Verdict
from tasks.call.simulated.ledger import RUN_END, Ledger, Outcome, Row
from tasks.call.simulated.settings import Faults, Settings
from tasks.call.simulated.wire import Problem, Vendor, to_bytes

Handle = Callable[[HttpRequest], Verdict]
SAMPLE_HEADER = "x-nightbench-sample"
_NO_STREAM = Problem("bad_request", "stream: a request of a batch cannot be streamed", param="stream")
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
        item, self._when, self._caught.last = batch.items[place], when, None
        headers = {**_ANY_KEY, **batch.headers}
        if sample := sample_of(item.custom_id):
            headers[SAMPLE_HEADER] = sample
        verdict = self._handle(HttpRequest("POST", batch.path, {}, headers, item.body))
        verdict.ended(True)
        row = self._caught.last or self._row(batch, place, "declined", when)
        body = verdict.payload.partition(b"\r\n\r\n")[2]
        if fails or item.streams:
            problem = Problem("server_error", model=row.model or "") if fails else _NO_STREAM
            status, said = vendor.problem(problem, row.request_id)
            body = to_bytes(said)
            row = replace(row, status=status, outcome="error" if fails else "declined", tokens=None)
        self._enter(batch, place, row, when)
        succeeded = row.outcome == "answered"
        return Result("succeeded" if succeeded else "errored", row.status, body, row.request_id, row.tokens)

    def skip(self, batch: Batch, place: int, result: Result) -> None:
        """Enter in the ledger that a request was never processed."""
        outcome: Outcome = "canceled" if result.kind == "canceled" else "expired"
        self._enter(batch, place, self._row(batch, place, outcome, batch.ends_at), batch.ends_at)

    def _row(self, batch: Batch, place: int, outcome: Outcome, when: float) -> Row:
        """The row of a request that no model has seen."""
        item = batch.items[place]
        model = json.loads(item.body).get("model")
        return Row(
            n=place + 1,
            request_id=f"req_{batch.batch_id}{place:05x}",
            vendor=batch.vendor,
            model=model if isinstance(model, str) else None,
            prompt_hash=None,
            sample=sample_of(item.custom_id) or None,
            status=404 if outcome == "declined" else None,
            outcome=outcome,
            tokens=None,
            arrived_at=batch.created_at,
            ended_at=when,
        )

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
