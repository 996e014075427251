"""Which run the flow in this context is: set by whoever starts the flow in its own process.

A flow run that Prefect started has none; it takes its own id (flows/running/evaluation.py).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from tasks.home import Settings
from tasks.interrupts import Interrupts
from tasks.work import Work


@dataclass(frozen=True)
class Start:
    """What the command line knows of the run that it starts: id, trigger, and what is done already."""

    settings: Settings
    run_id: str
    trigger: str
    kind: str = "evaluate"
    retry_failed: bool = False
    holds_lock: bool = False  # the starter holds the run's lock already
    prepared: Work | None = None  # the starter has loaded and planned already
    interrupts: Interrupts | None = None  # Ctrl-C, which the starter has watched for since it began


_current: ContextVar[Start | None] = ContextVar("nightbench_start", default=None)


def current_start() -> Start | None:
    """The start of the run in this context, if it was not Prefect that started it."""
    return _current.get()


@contextmanager
def starting(start: Start) -> Iterator[None]:
    """Flows called inside the block are this run."""
    token = _current.set(start)
    try:
        yield
    finally:
        _current.reset(token)
