"""One model's limits in this process: requests and tokens a minute, and calls in flight.

Calls are let through in the order in which they came, whichever shard they are of; each waiter is woken
once, when it is its turn, by one timer for all. A slot reserves an estimate of the tokens; `settle` corrects
it with the truth. Arithmetic: token buckets in whole nanoseconds of a monotonic clock (`bucket`). Which
limits are in force: `rates`. Calls in flight, where no limit is known: `ceiling`. Where several processes
share the account, a call also needs leased time (`allowance`); a lease is never taken for a single call.

A provider's pause holds every call of the model and releases no burst at its end: buckets are near empty
then, and without a limit of requests no more calls start than were still in flight.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable, Iterator
from types import TracebackType

from tasks.call.ahead import Ahead
from tasks.call.allowance import NEVER, Allowance
from tasks.call.backoff import RETRY_AFTER_MOST_S
from tasks.call.bucket import BURST_NS
from tasks.call.ceiling import Ceiling
from tasks.call.leases import Ask, Lease, Times
from tasks.call.rate_headers import RateHeaders
from tasks.call.rates import Rates, Share, Units
from tasks.spec import Limits
from warehouse.errors import NightbenchError

_LEAST_SLEEP_S = 0.0001
_UNHEARD_TOKENS = 4_000  # in flight before the first response, where no limit is known
_EARLIER_S = 0.001  # a timer is set anew only where that makes so much of a difference


class Permit:
    """A place in flight with its reservation: `async with limiter.slot(...) as permit`.

    Left without `settle`, the reservation stands as what was used.
    """

    def __init__(self, limiter: "Limiter", input_tokens: int, output_tokens: int, ahead: int) -> None:
        self._max_tokens = ahead
        self.ahead = ahead if limiter._belief.counted else 0  # of the input tokens: the request's max_tokens
        self.input_tokens = input_tokens + self.ahead
        self.output_tokens = output_tokens
        self.queued_s = 0.0
        self.round = 0  # of the limiter's pauses, when it was let through
        self.failed = False  # its return says nothing of what the provider can bear
        self.turn: asyncio.Future[None] | None = None  # None: it never waited
        self._unsent = False
        self._limiter = limiter

    @property
    def units(self) -> Units:
        """What it weighs, by kind of limit."""
        return (1, self.input_tokens, self.output_tokens)

    async def __aenter__(self) -> "Permit":
        await self._limiter._enter(self)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._unsent:
            self._limiter._unsend(self)
        else:
            self._limiter._leave(self)

    def weigh(self, *, ahead: bool) -> None:
        """With max_tokens or without, while it waits."""
        before, self.ahead = self.ahead, self._max_tokens if ahead else 0
        self.input_tokens += self.ahead - before

    def unsend(self) -> None:
        """Say that nothing was sent: with the place, all that was reserved is given back."""
        self._unsent = True

    def settle(self, input_tokens: int, output_tokens: int = 0) -> None:
        """Say what was used in truth; the last word counts."""
        self._limiter._correct((0, input_tokens - self.input_tokens, output_tokens - self.output_tokens))
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
        self.rates = Rates(limits, self._now_ns())
        self.ceiling = Ceiling(limits.in_flight, adapts=not self.rates.limited)
        self._allowance: Allowance | None = None
        self._broken: NightbenchError | None = None
        self._queue: deque[Permit] = deque()
        self._paused_until_ns = 0
        self._belief = Ahead()
        self._unheard: int | None = None if self.rates.limited else 0  # tokens in flight before any response
        self._resumes = False  # the next one let through is the first after a pause
        self._round = 0
        self._last: Units = (0, 0, 0)  # of the last one let through
        self._timer: asyncio.Future[None] | None = None
        self._timer_at = 0.0
        self.in_flight = 0

    @property
    def waiting(self) -> int:
        """Calls that wait for their turn."""
        return sum(permit.turn is not None and not permit.turn.done() for permit in self._queue)

    def use(self) -> Share | None:
        """How much of the limit that is used most this process uses now; None where no limit is known."""
        return self.rates.share(self._now_ns())

    def slot(self, input_tokens: int, output_tokens: int = 0, ahead: int = 0) -> Permit:
        """A place for one request of about so many tokens; entering it waits, leaving it gives it back.

        `ahead` is what the provider counts with the input before it answers (the request's max_tokens), 0
        where it does not.
        """
        return Permit(self, max(0, input_tokens), max(0, output_tokens), max(0, ahead))

    def pause(self, seconds: float, permit: Permit | None = None) -> None:
        """Let nothing through for so long: what a 429 or a `retry-after` asks of every call of the model.

        At most five minutes at a time (see `backoff`); what is no time is no pause. `permit` is that of the
        call which was told: had it been let through before the last pause, calls in flight stay as they are.
        """
        if not seconds > 0:
            return
        until_ns = self._now_ns() + int(min(seconds, RETRY_AFTER_MOST_S) * 1e9)
        if permit is not None and self._belief.refused():
            self._weigh_anew()
        if permit is None or permit.round == self._round:
            if self._is_untold:
                self.ceiling.limited(self.in_flight + (permit is not None))
            self._round += 1
        self._pause(until_ns, tell=seconds > BURST_NS / 1e9)

    def observe(self, headers: RateHeaders, ahead: int = 0, latency_s: float = 0.0) -> None:
        """Follow a response's headers: where nothing is left of a limit, wait; take over the limits.

        Not where a limit of ours is as low as the provider's: who uses a rate to the full sees nothing left
        with every response, and each is as old as its call took. `ahead` is what the provider is believed to
        have counted of the request before it answered, and `latency_s` how long that took.
        """
        if ahead > 0 and self._belief.told(headers, ahead, latency_s, self._clock()):
            self._weigh_anew()
        told, last, buckets = headers, self._last, self.rates.buckets
        for bucket, limit, remaining, reset_s, units in (
            (buckets[0], told.requests_limit, told.requests_remaining, told.requests_reset_s, 1),
            (buckets[1], told.tokens_limit, told.tokens_remaining, told.tokens_reset_s, last[1] + last[2]),
            (
                buckets[1],
                told.input_tokens_limit,
                told.input_tokens_remaining,
                told.input_tokens_reset_s,
                last[1],
            ),
            (
                buckets[2],
                told.output_tokens_limit,
                told.output_tokens_remaining,
                told.output_tokens_reset_s,
                last[2],
            ),
        ):
            if remaining is None or remaining > 0 or reset_s is None:
                continue
            if bucket is None or (limit is not None and limit < bucket.per_minute):
                self._hold(refill_s(limit, reset_s, units))
        if self.rates.follow(headers, self._now_ns()):
            if self._allowance is not None:
                self._allowance.tell(self.rates.told)
            self._changed()

    def lease_from(self, allowance: Allowance) -> None:
        """From now on a call also needs leased time; before the first call."""
        self._allowance = allowance

    def ask(self, *, look: bool, longest_ns: int) -> Ask | None:
        """What to ask the source of leases for; `look`: ask in any case, if there is anything to do here."""
        if self._allowance is None:
            return None
        busy = bool(self.in_flight or self._queue)
        return self._allowance.ask(self._needs(), self._now_ns(), look=look and busy, longest_ns=longest_ns)

    def granted(self, lease: Lease) -> None:
        """Take a lease, and what other processes know of the account."""
        if self._allowance is None:
            return
        now_ns = self._now_ns()
        self._allowance.granted(lease, now_ns)
        if lease.paused_until_ns > max(now_ns, self._paused_until_ns):
            self._round += 1
            self._pause(lease.paused_until_ns, tell=False)
        if not self._allowance.has_news and self.rates.adopt(lease.told, now_ns):
            self._changed()
        self._serve()

    def fail(self, error: NightbenchError) -> None:
        """Nobody can be let through any more: everybody who waits, or comes, gets the error."""
        self._broken = error
        while self._queue:
            permit = self._queue.popleft()
            if permit.turn is not None and not permit.turn.done():
                permit.turn.set_exception(error)

    def _weigh_anew(self) -> None:
        """Those who wait weigh as those who come."""
        for permit in self._queue:
            if permit.turn is not None and not permit.turn.done():
                permit.weigh(ahead=self._belief.counted)
        self._serve()

    def _pause(self, until_ns: int, *, tell: bool) -> None:
        self._paused_until_ns = max(self._paused_until_ns, until_ns)
        self.rates.hold(self._paused_until_ns)
        self._resumes = True
        if self._allowance is not None:
            self._allowance.pause(until_ns, tell=tell)

    @property
    def _is_untold(self) -> bool:
        """Whether the provider says nothing of requests a minute: a limit of ours may be above its own."""
        return self.rates.told[0] is None

    def _changed(self) -> None:
        """Other limits are in force."""
        if not self._is_untold and self.ceiling.adapts:
            self.ceiling.lift()
        self._serve()

    def _hold(self, seconds: float) -> None:
        if seconds > BURST_NS / 1e9:
            self.pause(seconds)
        else:  # so short that no burst gathers
            self._paused_until_ns = max(self._paused_until_ns, self._now_ns() + int(seconds * 1e9))

    async def _enter(self, permit: Permit) -> None:
        if self._broken is not None:
            raise self._broken
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
            elif permit.turn.exception() is None:  # let through and cancelled in the same moment
                self._unsend(permit)
            raise
        permit.queued_s = self._clock() - asked_at

    def _leave(self, permit: Permit) -> None:
        self.in_flight -= 1
        self._unheard = None
        if permit.round == self._round and not permit.failed:
            self.ceiling.returned()
        self._serve()

    def _unsend(self, permit: Permit) -> None:
        """Take back that it was let through."""
        if self._allowance is not None:
            one, two, three = self.rates.times(permit.units)
            self._allowance.take((-one, -two, -three))
        self.rates.correct(permit.units, self._now_ns(), unsent=True)
        permit.failed = True
        self._leave(permit)

    def _correct(self, units: Units) -> None:
        if units == (0, 0, 0):
            return
        if self._allowance is not None:
            self._allowance.take(self.rates.times(units))
        self.rates.correct(units, self._now_ns())
        if units[1] < 0 or units[2] < 0:
            self._serve()

    def _serve(self) -> None:
        """Let through the head of the queue while there is room, and set the timer for the next."""
        while self._queue:
            permit = self._queue[0]
            assert permit.turn is not None
            if permit.turn.done():  # its waiter was cancelled
                self._queue.popleft()
                continue
            now = self._now_ns()
            wait_ns = self._wait_ns(permit, now)
            if wait_ns == NEVER:
                break  # whoever leaves, or brings a lease, serves
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
        """How long it must wait; NEVER: for a free place or a lease, which nobody can foretell."""
        if now_ns < self._paused_until_ns:
            return self._paused_until_ns - now_ns
        if self._resumes:
            self._resumes = False
            if self._is_untold:
                self.ceiling.resumed(self.in_flight)
        if self.in_flight >= self.ceiling.level:
            return NEVER
        units = permit.units
        if self._unheard and self._unheard + units[1] > _UNHEARD_TOKENS:
            return NEVER
        if self._allowance is not None:
            wait_ns = self._allowance.wait_ns(self.rates.times(units), now_ns, self.rates.hold)
            if wait_ns != 0:
                return wait_ns
        return self.rates.wait_ns(units, now_ns)

    def _let_through(self, permit: Permit, now_ns: int) -> None:
        self.in_flight += 1
        permit.round = self._round
        self._last = permit.units
        if self._unheard is not None:
            self._unheard += permit.input_tokens
        if self._allowance is not None:
            self._allowance.take(self.rates.times(permit.units))
        self.rates.take(permit.units, now_ns)

    def _needs(self) -> Iterator[Times]:
        """The time that each call takes that waits, in their order."""
        for permit in self._queue:
            if permit.turn is not None and not permit.turn.done():
                yield self.rates.times(permit.units)

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
