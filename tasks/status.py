"""How a run stands: committed, running, or left behind and resumable."""

from dataclasses import asdict, dataclass

from tasks.home import Home
from tasks.runs import is_running, list_runs, read_progress
from warehouse.commit import committed

RESUMABLE = frozenset({"interrupted", "partial", "budget_stopped", "cancelled", "failed"})


@dataclass(frozen=True)
class RunStatus:
    """A line of `nightbench runs`.

    `status` is a word of `runs.status`, or `running`, or `interrupted` for a run whose process died.
    """

    run_id: str
    kind: str
    trigger: str
    status: str
    started_at: str
    planned_calls: int | None
    answered_calls: int | None
    failed_calls: int | None
    resumable: bool

    def as_dict(self) -> dict[str, object]:
        """As JSON has it."""
        return asdict(self)


def list_statuses(home: Home) -> list[RunStatus]:
    """Every run of this home, the newest first.

    Counts of a run that is not committed come from its progress file, which is a second old at most.
    """
    done = {manifest.run_id: manifest for manifest in committed(home.warehouse)}
    statuses: list[RunStatus] = []
    for record in list_runs(home):
        manifest = done.get(record.run_id)
        seen = read_progress(home, record.run_id)
        if is_running(home, record.run_id):
            status = "running"
        else:
            status = manifest.status if manifest else "interrupted"
        statuses.append(
            RunStatus(
                run_id=record.run_id,
                kind=record.kind,
                trigger=record.trigger,
                status=status,
                started_at=record.started_at,
                planned_calls=seen.planned if seen else None,
                answered_calls=seen.answered if seen else None,
                failed_calls=seen.failed if seen else None,
                resumable=status in RESUMABLE and record.kind in {"evaluate", "ask", "rehearsal"},
            )
        )
    return statuses
