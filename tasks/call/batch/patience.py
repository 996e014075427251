"""Waiting for a provider: between looks, and until an outage is over; a stopped run waits no longer."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from tasks.call.batch.doubt import Interrupted
from tasks.call.batch.pace import Pace
from tasks.call.batch.provider import NoSuchBatch
from warehouse.errors import Fault, ProviderDown, ProviderError, Transient

LONGEST_WAIT_S = 600.0
T = TypeVar("T")


class Patience:
    """One thing that is waited for; `stop` is set when the run is to stop.

    `tell` hears of each try that failed, and None once one was answered again.
    """

    def __init__(
        self,
        pace: Pace,
        stop: asyncio.Event,
        host: str,
        tell: Callable[[Fault | None], None] = lambda _: None,
    ) -> None:
        self.pace = pace
        self._stop = stop
        self._host = host
        self._tell = tell
        self._tries = 0
        self._out_since: float | None = None

    async def ask(self, request: Callable[[], Awaitable[T]]) -> T:
        """Make a request until it is answered.

        Raises: Interrupted: the run is being stopped. ProviderDown: the outage lasts too long. NoSuchBatch,
            Rejected, Unusable: what the provider said.
        """
        while True:
            try:
                answer = await request()
            except NoSuchBatch:
                raise
            except Transient as error:
                await self.after(error)
            else:
                if self._out_since is not None:
                    self._tell(None)
                self._tries, self._out_since = 0, None
                return answer

    async def after(self, error: ProviderError) -> None:
        """Wait before the next try. Raises: Interrupted, ProviderDown."""
        now = time.monotonic()
        if self._out_since is None:
            self._out_since = now
        if now - self._out_since >= self.pace.outage_s:
            raise ProviderDown(
                f"{self._host} cannot be asked about the run's batches: {error}. Batches that were sent go "
                f"on there, and nothing is lost; resume the run later."
            ) from error
        self._tell(error.fault)
        asked_s = error.fault.retry_after_s
        wait_s = self.pace.after(self._tries) if asked_s is None else min(asked_s, LONGEST_WAIT_S)
        if not await self.sleep(wait_s):
            raise Interrupted
        self._tries += 1

    async def look(self, looks: int) -> bool:
        """Wait between two looks at something; whether to go on."""
        return await self.sleep(self.pace.after(looks))

    async def sleep(self, seconds: float) -> bool:
        """Wait; whether to go on."""
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return True
        return False
