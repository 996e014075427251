"""A run that grades or judges what is there already: what it is called, what began it, and its beginning."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from tasks.home import Home
from tasks.runs import RunRecord, begin_run, check_run_id, forget_unsent, run_lock
from tasks.spec import EvalSpec
from warehouse.errors import SpecError

DONE = {"regrade": "graded", "calibrate": "calibrated"}


@dataclass(frozen=True)
class Begun:
    """The id of a regrade or calibration, and what began it."""

    run_id: str
    trigger: str
    flow_run_id: str | None = None


def begun_by_prefect() -> Begun:
    """The run that this flow run is, by its id, so that a retry goes on with it; not inside an event loop."""
    from prefect.runtime import flow_run  # the command line has no need of it

    from flows.server.trigger import trigger_of_this_run

    run_id = check_run_id(str(flow_run.id))
    return Begun(run_id, asyncio.run(trigger_of_this_run()), flow_run_id=run_id)


@contextmanager
def beginning(
    home: Home,
    begun: Begun,
    spec: EvalSpec,
    kind: Literal["regrade", "calibrate"],
    asked: Mapping[str, object],
) -> Iterator[RunRecord]:
    """The run's record, under its lock; nothing is left of one that does not come to its commit.

    One that asked judges stays, with its journal, and the same id goes on with it.
    Raises: SpecError: a run of this id has been landed.
    """
    run_id = begun.run_id
    with run_lock(home, run_id):
        if is_committed(home, run_id):
            raise SpecError(f'run id "{run_id}" is taken. Nothing was {DONE[kind]}. Give another --run-id.')
        record = begin_run(
            home,
            spec,
            run_id,
            trigger=begun.trigger,
            kind=kind,
            flow_run_id=begun.flow_run_id,
            regrade=asked if kind == "regrade" else None,
            calibrate=asked if kind == "calibrate" else None,
        )
        try:
            yield record
        except BaseException:  # Ctrl-C too
            forget_unsent(home, run_id)
            raise


def is_committed(home: Home, run_id: str) -> bool:
    """Whether a run of this id has been landed."""
    return any((home.warehouse / "commits").glob(f"{run_id}.*.json"))
