"""What an error means that comes out of Prefect, or out of a full disk, far from where it matters.

Prefect's server shares its disk with everything else in the home: when that is full, every word to the
server is answered with 500, and the error that a user gets to see last is seldom the one that counts.
Nothing here imports Prefect.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.home import DISK_FULL, too_little_room
from warehouse.errors import EngineError, NightbenchError, StoppedShort, Unusable, WarehouseError

if TYPE_CHECKING:  # the command line imports this module for `--help` too
    from tasks.call.session import CallSession

OUTSIDE = frozenset({"prefect", "httpx", "httpcore"})  # packages whose errors are the server's, not ours
KEPT = "Every received answer is kept in the journal"


def explain(error: BaseException, home: Path) -> NightbenchError | None:
    """The error of ours that stands for this one; None where it is a defect, whose traceback helps."""
    if not is_outside(error):
        return None
    chain = list(_chain(error))
    ours = next((found for found in chain if isinstance(found, NightbenchError)), None)
    if ours is not None:
        return ours
    full = next((found for found in chain if _is_full(found)), None)
    if full is not None or _is_on_full_disk(home):
        place = getattr(full, "filename", None) or home
        return WarehouseError(
            f"{place}: the disk is full (No space left on device). {KEPT}. Free some space there, then "
            "`nightbench resume` the run; `nightbench runs` lists it."
        )
    return EngineError(
        f"Prefect's server failed: {first_line(error)}. {KEPT}: `nightbench resume` goes on with the run, "
        f"`nightbench runs` lists it. Where the server runs on this home, its log is "
        f"{home / 'prefect' / 'server.log'}."
    )


def is_outside(error: BaseException) -> bool:
    """Whether an error is Prefect's or its server's, or says that the disk is full; all of a group's must."""
    if isinstance(error, BaseExceptionGroup):
        return all(is_outside(part) or isinstance(part, NightbenchError) for part in error.exceptions)
    packages = {kind.__module__.partition(".")[0] for kind in type(error).__mro__}
    return bool(packages & OUTSIDE) or _is_full(error)


@contextmanager
def told_as(session: "CallSession") -> Iterator[None]:
    """After a run was stopped for a reason, an error from outside or a full disk is told as that reason."""
    try:
        yield
    except Exception as error:
        if session.fatal is None or not (is_outside(error) or any(map(_is_full, _chain(error)))):
            raise
        raise session.fatal from error


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The error, those in its group, and those that it came out of; the nearest first."""
    seen: set[int] = set()
    waiting = [error]
    while waiting:
        found = waiting.pop(0)
        if id(found) in seen:
            continue
        seen.add(id(found))
        yield found
        if isinstance(found, BaseExceptionGroup):
            waiting += found.exceptions
        waiting += [before for before in (found.__cause__, found.__context__) if before is not None]


def _is_full(error: BaseException) -> bool:
    return isinstance(error, OSError) and error.errno in DISK_FULL


def _is_on_full_disk(home: Path) -> bool:
    try:
        return bool(too_little_room(home))
    except OSError:  # there is no such folder, so it is not the one that is full
        return False


def first_line(error: BaseException) -> str:
    """The first line of what an error says, or its class; of a group, its first error's."""
    first = error.exceptions[0] if isinstance(error, BaseExceptionGroup) else error
    lines = str(first).strip().splitlines()
    return lines[0] if lines else type(first).__name__


def with_way_on(error: StoppedShort, run_id: str) -> StoppedShort:
    """The same reason, with how the run goes on."""
    return type(error)(f"{error} {error.way_on(run_id)}")


def with_what_is_kept(error: NightbenchError, run_id: str, answered: int) -> NightbenchError:
    """A refused key or model in mid-run: what was received before is kept, and how the run goes on."""
    if not isinstance(error, Unusable) or not answered:
        return error
    kept = f"{answered:,} received answers are kept; then `nightbench resume {run_id}` goes on with the run."
    return Unusable(replace(error.fault, message=f"{error} {kept}"))


def interrupted(run_id: str) -> StoppedShort:
    """What a Ctrl-C ends with that nobody turned into a reason before."""
    return with_way_on(StoppedShort("stopped before the end; every received answer is kept."), run_id)
