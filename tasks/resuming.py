"""Which run is gone on with by itself after a crash, and that this happens once."""

import os
from datetime import UTC, datetime

from tasks.home import Home
from tasks.runs import check_run_id
from tasks.status import list_statuses
from warehouse.errors import SpecError

KINDS = frozenset({"evaluate", "rehearsal"})


def newest_resumable(home: Home) -> str:
    """The newest evaluation that was cut short.

    Raises: SpecError: there is none.
    """
    for status in list_statuses(home):
        if status.resumable and status.kind in KINDS:
            return status.run_id
    raise SpecError("There is no run that was cut short. Nothing was sent. `nightbench runs` lists the runs.")


def take_turn(home: Home, run_id: str) -> bool:
    """Note that a run is gone on with by itself; False where that was noted before, by whichever process."""
    path = home.runs / f"{check_run_id(run_id)}.resumed"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644)
    except FileExistsError:
        return False
    try:
        os.write(descriptor, f"{datetime.now(UTC).isoformat()}\n".encode("ascii"))
    finally:
        os.close(descriptor)
    return True


def had_turn(home: Home, run_id: str) -> bool:
    """Whether a run was gone on with by itself."""
    return (home.runs / f"{run_id}.resumed").exists()
