"""What a person is told of a lane's batches, while they run and after."""

from collections.abc import Callable
from datetime import UTC, datetime

from tasks.call.batch.notes import Close, Intent
from tasks.call.batch.provider import BatchStatus
from tasks.call.batch.shards import LaneCalls
from tasks.call.session import CallSession
from warehouse.errors import Fault, NightbenchError, ProviderError


class Telling:
    """The sentences of one lane."""

    def __init__(
        self, model: str, host: str, session: CallSession, calls: LaneCalls, say: Callable[[str], None]
    ) -> None:
        self._model = model
        self._host = host
        self._session = session
        self._calls = calls
        self._say = say

    def progress_of(self, intent: Intent) -> Callable[[BatchStatus], None]:
        """What keeps the display up to date while a batch is followed."""

        def note(status: BatchStatus) -> None:
            done = f", {status.answered + status.failed:,} done" if status.answered else ""
            self._session.progress.remarks[f"part {intent.part}"] = (
                f"batch {status.id} ({self._model}, {calls_of(intent)}, sent {intent.at:%H:%M} UTC): "
                f"{status.word}{done}"
            )

        return note

    def doubt(self, intent: Intent, maybe: tuple[BatchStatus, ...]) -> None:
        """Which batches may be the one of an intent; none: it is looked for, or found."""
        remarks, name = self._session.progress.remarks, f"doubt {intent.part}"
        remarks.pop(name, None)
        if maybe:
            ids = ", ".join(batch.id for batch in maybe[:3])
            remarks[name] = (
                f"part {intent.part} may be one of {len(maybe)} unfinished batches at {self._host} ({ids}), "
                f"which shows when they end; nothing is sent meanwhile"
            )

    def outage(self, fault: Fault | None) -> None:
        """That the provider cannot be asked at the moment; None: it can again."""
        remarks, name = self._session.progress.remarks, f"outage {self._model} {self._host}"
        if fault is None:
            remarks.pop(name, None)
        elif name not in remarks:
            status = f"{fault.kind}, HTTP status {fault.http_status}" if fault.http_status else fault.kind
            remarks[name] = (
                f"{self._host} cannot be asked about the batches of {self._model} since "
                f"{datetime.now(UTC):%H:%M} UTC ({status}); it is tried again"
            )

    def over(self, intent: Intent, batch_id: str, state: Close, lost: int) -> None:
        """Nothing more will come of a batch."""
        self._session.progress.remarks.pop(f"part {intent.part}", None)
        if lost:
            what = "has vanished" if state == "vanished" else "lacks results that it says it has"
            self._say(
                f"batch {batch_id} at {self._host} {what}: the answers to {lost:,} of its {intent.n:,} calls "
                f"cannot be had from it. What is asked again may be billed twice: ask the provider about "
                f"this batch."
            )

    def stays(self, file_id: str, error: ProviderError) -> None:
        """A file of ours could not be deleted."""
        status = error.fault.http_status or error.fault.kind
        self._say(f"file {file_id} stays at {self._host} ({status}); it may be deleted there by hand")

    def error(self, error: ProviderError) -> NightbenchError:
        """The error as it may be told: of a sealed suite without the server's words."""
        if not self._calls.sealed:
            return error
        fault = error.fault
        return type(error)(
            Fault(
                fault.kind,
                f"{self._model}: {fault.kind}, HTTP status {fault.http_status}. The server's words are left "
                f"out, because a sealed suite was asked and they may quote it.",
                fault.http_status,
            )
        )


def calls_of(intent: Intent) -> str:
    """`1 call`, `2,000 calls`."""
    return f"{intent.n:,} call{'' if intent.n == 1 else 's'}"
