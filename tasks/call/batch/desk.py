"""What the batches of a lane share, and what all lanes of a run share."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from tasks.call.batch.grouping import BatchLimits
from tasks.call.batch.notes import Notes
from tasks.call.batch.pace import Pace
from tasks.call.batch.provider import BatchProvider
from tasks.call.session import CallSession

InTime = Callable[[], bool]


@dataclass(frozen=True)
class BatchLane:
    """What all batches of a lane share."""

    name: str  # begins with the model and a bar
    provider: BatchProvider
    pace: Pace
    account: str  # lanes of one account see each other's batches in one list
    fleeting: bool = False  # the server ends with the process, and its batches with it
    limits: BatchLimits | None = None  # instead of the provider's

    @property
    def model(self) -> str:
        """The model that its calls ask."""
        return self.name.partition("|")[0]


@dataclass(frozen=True)
class Desk:
    """What all lanes of a run share."""

    run_id: str
    session: CallSession
    notes: Notes
    stop: asyncio.Event
    say: Callable[[str], None]  # to a person, once the run has ended
    down: set[str]  # accounts whose provider was given up
