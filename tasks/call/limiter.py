"""One model's limits in this process: requests and tokens a minute, and calls in flight.

Calls are let through in the order in which they came; each waiter is woken once, when it is its turn, by one
timer for all. A slot reserves an estimate of the tokens; `settle` corrects it with the truth. Arithmetic:
`bucket`. A provider's pause holds every call of the model and releases no burst at its end: buckets are near
empty then, and where there is no limit of requests, calls in flight grow from one, by one for each that
returned since.

What the headers say is followed where something is used up; limits are not adopted from them.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from types import TracebackType

from tasks.call.backoff import RETRY_AFTER_MOST_S
from tasks.call.bucket import BURST_NS, Bucket
from tasks.call.rate_headers import RateHeaders
from tasks.spec import Limits

_LEAST_SLEEP_S = 0.0001
_EARLIER_S = 0.001  # a timer is set anew only where that makes so much of a difference


class Permit:
    """A place in flight with its reservation: `async with limiter.slot(...) as permit`.

    Left without `settle`, the reservation stands as what was used.
    """

    def __init__(self, limiter: "Limiter", input_tokens: int, output_tokens: int) -> None:
        self.input_tokens = input_tokens
        self.output_tokens = output_tokens
        self.queued_s = 0.0
        self.round = 0  # of the limiter's pauses, when it was let through
        self.turn: asyncio.Future[None] | None = None  # None: it never waited
        self._limiter = limiter

    async def __aenter__(self) -> "Permit":
        await self._limiter._enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._limiter._leave(self)

    def settle(self, input_tokens: int, output_tokens: int = 0) -> None:
        """Say what was used in truth; the last word counts."""
        self._limiter._correct(input_tokens - self.input_tokens, output_tokens - self.output_tokens)
        self.input_tokens, self.output_tokens = input_tokens, output_tokens


class Limiter:
    """The limits of one model. Its methods belong to one event loop."""

    def __init__(
        self,
        limits: Limits,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._clock = clock
        self._sleep = sleep
        self._most_in_flight = limits.in_flight
        now = self._now_ns()
        self._requests, self._input, self._output = (
            Bucket(limit, now, start) if limit is not None else None
            for limit, start in (
                (limits.requests_per_minute, 1),
                (limits.input_tokens_per_minute, 0),
                (limits.output_tokens_per_minute, 0),
            )
        )
        self._ceiling = limits.in_flight
        self._queue: deque[Permit] = deque()
        self._paused_until_ns = 0
        self._round = 0
        self._last = (0, 0)  # tokens of the last one let through
        self._timer: asyncio.Future[None] | None = None
        self._timer_at = 0.0
        self.in_flight = 0

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return sum(permit.turn is not None and not permit.turn.done() for permit in self._queue)

    def slot(self, input_tokens: int, output_tokens: int = 0) -> Permit:
        """A place for one request of about so many tokens; entering it waits, leaving it gives it back.

        `output_tokens` is what the provider counts ahead (the request's max_tokens), 0 where it does not.
        """
        return Permit(self, max(0, input_tokens), max(0, output_tokens))

    def pause(self, seconds: float) -> None:
        """Let nothing through for so long: what a 429 or a `retry-after` asks of every call of the model.

        At most five minutes at a time (see `backoff`); what is no time is no pause.
        """
        if not seconds > 0:
            return
        until = self._now_ns() + int(min(seconds, RETRY_AFTER_MOST_S) * 1e9)
        self._paused_until_ns = max(self._paused_until_ns, until)
        for bucket in (self._requests, self._input, self._output):
            if bucket is not None:
                bucket.hold(self._paused_until_ns)
        if self._requests is None:
            self._ceiling = 1
        self._round += 1

    def observe(self, headers: RateHeaders) -> None:
        """Follow a response's headers: where nothing is left of a limit, wait until something is.

        Not where a limit of ours is as low as the provider's: who uses a rate to the full sees nothing left
        with every response, and each is as old as its call took.
        """
        tokens, told = self._last, headers
        for bucket, limit, remaining, reset_s, units in (
            (self._requests, told.requests_limit, told.requests_remaining, told.requests_reset_s, 1),
            (self._input, told.tokens_limit, told.tokens_remaining, told.tokens_reset_s, sum(tokens)),
            (
                self._input,
                told.input_tokens_limit,
                told.input_tokens_remaining,
                told.input_tokens_reset_s,
                tokens[0],
            ),
            (
                self._output,
                told.output_tokens_limit,
                told.output_tokens_remaining,
                told.output_tokens_reset_s,
                tokens[1],
            ),
        ):
            if remaining is None or remaining > 0 or reset_s is None:
                continue
            if bucket is None or (limit is not None and limit < bucket.per_minute):
                self._hold(refill_s(limit, reset_s, units))

    def _hold(self, seconds: float) -> None:
        if seconds > BURST_NS / 1e9:
            self.pause(seconds)
        else:  # so short that no burst gathers
            self._paused_until_ns = max(self._paused_until_ns, self._now_ns() + int(seconds * 1e9))

    async def _enter(self, permit: Permit) -> None:
        if not self._queue and self._wait_ns(permit, now := self._now_ns()) == 0:
            self._let_through(permit, now)
            return
        asked_at = self._clock()
        permit.turn = asyncio.get_running_loop().create_future()
        self._queue.append(permit)
        self._serve()
        try:
            await permit.turn
        except asyncio.CancelledError:
            if permit.turn.cancelled():
                self._serve()  # it may have been the first, and hold up smaller ones
            else:  # let through and cancelled in the same moment: nothing was sent
                permit.settle(0)
                self._correct_requests(-1)
                self._leave(permit)
            raise
        permit.queued_s = self._clock() - asked_at

    def _leave(self, permit: Permit) -> None:
        self.in_flight -= 1
        if permit.round == self._round and self._ceiling < self._most_in_flight:
            self._ceiling += 1
        self._serve()

    def _correct(self, input_tokens: int, output_tokens: int) -> None:
        if self._input is not None:
            self._input.correct(input_tokens)
        if self._output is not None:
            self._output.correct(output_tokens)
        if input_tokens < 0 or output_tokens < 0:
            self._serve()

    def _correct_requests(self, units: int) -> None:
        if self._requests is not None:
            self._requests.correct(units)

    def _serve(self) -> None:
        """Let through from the head of the queue while there is room, and set the timer for the next."""
        while self._queue:
            permit = self._queue[0]
            assert permit.turn is not None
            if permit.turn.done():  # its waiter was cancelled
                self._queue.popleft()
                continue
            if self.in_flight >= self._ceiling:
                break  # whoever leaves serves
            now = self._now_ns()
            wait_ns = self._wait_ns(permit, now)
            if wait_ns > 0:
                self._wake_in(max(wait_ns / 1e9, _LEAST_SLEEP_S))
                return
            self._queue.popleft()
            self._let_through(permit, now)
            permit.turn.set_result(None)
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _wait_ns(self, permit: Permit, now_ns: int) -> int:
        """How long the limits keep it waiting; -1 for a free place, which nobody can foretell."""
        if self.in_flight >= self._ceiling:
            return -1
        wait_ns = max(0, self._paused_until_ns - now_ns)
        for bucket, units in (
            (self._requests, 1),
            (self._input, permit.input_tokens),
            (self._output, permit.output_tokens),
        ):
            if bucket is not None:
                wait_ns = max(wait_ns, bucket.wait_ns(units, now_ns))
        return wait_ns

    def _let_through(self, permit: Permit, now_ns: int) -> None:
        self.in_flight += 1
        permit.round = self._round
        self._last = (permit.input_tokens, permit.output_tokens)
        for bucket, units in (
            (self._requests, 1),
            (self._input, permit.input_tokens),
            (self._output, permit.output_tokens),
        ):
            if bucket is not None:
                bucket.take(units, now_ns)

    def _wake_in(self, seconds: float) -> None:
        at = self._clock() + seconds
        if self._timer is not None:
            if at > self._timer_at - _EARLIER_S:
                return  # when it fires it looks again
            self._timer.cancel()
        self._timer_at = at
        self._timer = asyncio.ensure_future(self._wake(seconds))

    async def _wake(self, seconds: float) -> None:
        await self._sleep(seconds)
        self._timer = None
        self._serve()

    def _now_ns(self) -> int:
        return int(self._clock() * 1e9)


def refill_s(limit: int | None, reset_s: float, units: int) -> float:
    """Seconds until so many units of a limit that is used up are there again.

    `reset_s` is, with both vendors, the time until the whole limit is there. A limit a minute flows at
    limit/60 a second even where the provider's bucket holds less than a minute's worth; one whose reset is
    further away (a day's) flows as its reset says. Without the limit only the reset is known.

    >>> refill_s(60, 60.0, 1), refill_s(3600, 5.0, 1), refill_s(200, 86400.0, 1), refill_s(None, 5.0, 1)
    (1.0, 0.016666666666666666, 432.0, 5.0)
    """
    if limit is None or limit <= 0:
        return reset_s
    return min(reset_s, max(60.0, reset_s) / limit * units)
