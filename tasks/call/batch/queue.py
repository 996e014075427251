"""How much a provider's queue for batches takes at once, found out where it says no.

OpenAI bounds the input tokens that are enqueued for a model, a small account's to 90,000: a batch beyond it
fails as a whole, and may pass once others have ended. Where none of ours is in the queue, less is sent.
"""

import time
from dataclasses import replace

from tasks.call.batch.failed import Verdict
from tasks.call.batch.grouping import BatchLimits
from tasks.call.batch.patience import Patience
from warehouse.errors import StoppedShort

LONGEST_S = 86_400.0


class Queue:
    """The queue of one lane."""

    def __init__(self, limits: BatchLimits, model: str, host: str) -> None:
        self.limits = limits
        self._model = model
        self._host = host
        self._full = 0  # how often it was, one time after another, and since when
        self._since: float | None = None

    def moved(self) -> None:
        """A batch was worked on."""
        self._full, self._since = 0, None

    async def wait_for_room(self, verdict: Verdict, n: int, patience: Patience, *, alone: bool) -> bool:
        """Wait after a batch of n calls did not fit; whether to go on.

        Raises: StoppedShort: it has been full for a day.
        """
        if verdict.too_large or alone:
            self.limits = replace(self.limits, requests=max(1, n // 2))
        if not verdict.full:
            return True
        self._since = self._since or time.monotonic()
        if time.monotonic() - self._since > LONGEST_S:
            raise StoppedShort(
                f"the queue for batches of {self._model} at {self._host} has been full for a day. What was "
                f"done is kept; resume the run later."
            )
        self._full += 1
        return await patience.look(self._full)
