"""Lets the first call of a shared prefix go alone; the rest follow when it was answered, and read the cache.

A vendor's cache holds a prefix only from the first answer on: calls that are sent beside the first one would
each be billed for writing it. A first call that fails lets the next one go first. An answer opens the way
whatever it says of the cache, so that a prefix which the vendor does not cache delays one call and no more.
Once nothing was answered for as long as the cache holds, the next call is a first one again.

O(1) a call; a call without a prefix passes without waiting.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType

from tasks.model import Lifetime, SharedPrefix

MARGIN_S = 15.0  # a call takes its time from here to the vendor's cache
LIFETIME_S: Mapping[Lifetime, float] = {"5m": 300.0 - MARGIN_S, "1h": 3600.0 - MARGIN_S}


@dataclass
class State:
    """One prefix: until when it is cached, whether a first call is under way, and who waits for it."""

    warm_until: float = float("-inf")
    led: bool = False
    waiting: deque["asyncio.Future[None]"] = field(default_factory=deque)

    def pass_on(self) -> None:
        """Who was woken to go first is gone: let the next one, unless another went meanwhile."""
        if not self.led:
            self.wake(1)

    def wake(self, most: int) -> None:
        """Let so many of those that wait look again."""
        while most and self.waiting:
            waiter = self.waiting.popleft()
            if not waiter.done():
                waiter.set_result(None)
                most -= 1


class Warming:
    """The prefixes of one process."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._states: dict[str, State] = {}

    def turn(self, prefix: SharedPrefix | None) -> "Turn":
        """One attempt's turn: `async with` waits for it; set `answered` before it ends."""
        if prefix is None:
            return Turn(None, 0.0, self._clock)
        state = self._states.setdefault(prefix.key, State())
        return Turn(state, LIFETIME_S[prefix.lifetime], self._clock)


class Turn:
    """The time from before an attempt to its end."""

    __slots__ = ("_clock", "_leads", "_lifetime_s", "_state", "answered")

    def __init__(self, state: State | None, lifetime_s: float, clock: Callable[[], float]) -> None:
        self._state = state
        self._lifetime_s = lifetime_s
        self._clock = clock
        self._leads = False
        self.answered = False

    async def __aenter__(self) -> "Turn":
        """Wait until the prefix is cached, or until it is this call's turn to be the first."""
        state = self._state
        while state is not None and self._clock() >= state.warm_until:
            if not state.led:
                state.led = self._leads = True
                break
            waiter = asyncio.get_running_loop().create_future()
            state.waiting.append(waiter)
            try:
                await waiter
            except asyncio.CancelledError:
                if waiter.done() and not waiter.cancelled():
                    state.pass_on()
                raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Open the way for all, where it was answered; where a first call was not, for the next one."""
        state = self._state
        if state is None:
            return
        if self.answered:
            state.warm_until = self._clock() + self._lifetime_s
        if self._leads:
            state.led = False
            state.wake(len(state.waiting) if self.answered else 1)
