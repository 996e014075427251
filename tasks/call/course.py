"""The course of one call: limit, journal, attempt, journal, and again where it is worth it.

A provider that is down is parked (`breaker`): its calls wait, the others' go on, and attempts that fail in
that time are kept like all but do not use up a call's ten.

A received answer counts when it is durable in the journal. An in-flight place is given back as soon as the
response is there, so that the disk never slows the calls.
"""

import asyncio
import random
import time
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Protocol

from tasks.call.backoff import MAX_ATTEMPTS, delay
from tasks.call.breaker import Breaker, Gate, Pass
from tasks.call.journal import AttemptEnd, Journal
from tasks.call.limiter import Limiter, Permit
from tasks.call.provider import Provider, Reply
from tasks.call.till import Till, stays_reserved
from tasks.call.tokens import TokenCounter, estimate_tokens, size_of
from tasks.call.warming import Warming
from tasks.call.worst_case import worst_usd
from tasks.model import Answer, Call, Usage
from tasks.progress import Progress
from warehouse.errors import ProviderError, Rejected, Transient, Unusable

TIMEOUT_S = 600.0
PROBE_MONEY_S = 0.1  # how long a probe waits for money before another call is it


@dataclass(frozen=True)
class Lane:
    """What all calls to one model share here: a client, a limiter, a gate, and how it counts tokens."""

    provider: Provider
    limiter: Limiter
    gate: Gate = field(default_factory=lambda: Gate(Breaker()))
    tokens: TokenCounter = field(default_factory=TokenCounter)


class Session(Protocol):
    """What a call needs of the session that makes it."""

    journal: Journal
    progress: Progress
    till: Till
    warming: Warming
    jitter: random.Random

    @property
    def stopping(self) -> bool:
        """Whether no further attempt is started."""

    def stop(self, reason: Unusable) -> None:
        """Start no further call."""

    def told(self, call: Call, error: Unusable) -> Unusable:
        """The error as it may be told."""

    def ended(self, call: Call, record: AttemptEnd) -> None:
        """Count a call that has ended."""

    def given_up(self, host: str, after_s: float) -> None:
        """Note a provider that stayed down."""

    def sent(self) -> None:
        """The current task's call is on its way."""

    def returned(self) -> None:
        """The current task's call is not on its way any more."""


@dataclass(frozen=True)
class Attempted:
    """One attempt: its record, and what follows from it."""

    record: AttemptEnd
    permit: Permit
    retry_after_s: float | None
    unusable: Unusable | None

    @property
    def answered(self) -> bool:
        """Whether an answer came."""
        return self.record.outcome == "answered"

    @property
    def rate_limited(self) -> bool:
        """Whether the provider refused it for a limit's sake."""
        return self.record.error_kind == "rate_limited"


class Course:
    """One call from its first attempt here, number `n`, until it has ended or the run stops."""

    def __init__(self, session: Session, lane: Lane, call: Call, n: int) -> None:
        self._session = session
        self._lane = lane
        self._call = call
        self._n = n
        self._tried = 0
        self._queued_s = 0.0
        self._size = size_of(call.messages)
        self._ahead = lane.tokens.ahead(call)

    async def run(self) -> None:
        """Try until it has ended; left for a resume where the run stops or the provider is given up.

        Raises: OutOfMoney: its worst case will never fit. What else ends the run is told to the session.
        """
        while (passed := await self._enter()) is not None:
            attempted = await self._in_turn(passed)
            if attempted is None:
                if self._session.stopping:
                    return
            elif not await self._goes_on(attempted):
                return
        self._session.till.forgo(self._call, worst_usd(self._call, datetime.now(UTC)))

    async def _enter(self) -> Pass | None:
        """Wait while the provider is parked; None: it was given up, and the call is left for a resume."""
        line, breaker = self._session.progress.variants[self._call.variant], self._lane.gate.breaker
        line.parked_at = breaker.parked_at
        if line.parked_at is None:
            return "call"
        passed = await self._lane.gate.enter()
        line.parked_at = breaker.parked_at
        if passed is None:
            self._session.given_up(self._lane.provider.endpoint_host, breaker.give_up_s)
        return passed

    async def _in_turn(self, passed: Pass) -> Attempted | None:
        """An attempt, once there are its money, its prefix and a place; None: it was not sent."""
        session, lane, call = self._session, self._lane, self._call
        asked_at, paid = time.monotonic(), False
        worst = worst_usd(call, datetime.now(UTC))
        try:
            if session.till.group is not None:
                # before there is a place: it is not to be kept from those whose sample is paid for
                paid = await self._paid(worst, passed)
                if not paid:
                    return None
            slot = lane.limiter.slot(lane.tokens.estimate(self._size), ahead=self._ahead)
            async with session.warming.turn(call.prefix) as turn, slot as permit:
                if lane.gate.shut(passed):
                    permit.unsend()
                    return None
                if not paid:
                    await session.till.reserve(call, worst, first=True)
                    paid = True
                self._queued_s += time.monotonic() - asked_at
                if session.stopping:
                    permit.unsend()
                    return None
                session.sent()
                paid = False  # from now on it may be billed
                attempted = await self._attempt(permit, worst, passed)
                turn.answered = attempted.answered
                self._settle(attempted, worst)
                return attempted
        finally:
            if paid:
                session.till.keep(call, worst)

    async def _paid(self, worst: Decimal | None, passed: Pass) -> bool:
        """Whether the attempt has its money; waits for it, but not as the probe.

        What it lacks may be held by samples whose calls wait for the probe: one of those is to be it.
        """
        reserving = self._session.till.reserve(self._call, worst, first=True)
        try:
            await (asyncio.wait_for(reserving, PROBE_MONEY_S) if passed == "probe" else reserving)
        except TimeoutError:
            self._lane.gate.give_back()
            await asyncio.sleep(PROBE_MONEY_S)  # the others first
            return False
        return True

    async def _attempt(self, permit: Permit, worst: Decimal | None, passed: Pass) -> Attempted:
        lane, call, n = self._lane, self._call, self._n
        last = self._tried + 1 == MAX_ATTEMPTS
        started_at = datetime.now(UTC)
        self._session.journal.begin(call.call_key, n, started_at, worst)
        began = time.monotonic()
        reply: Reply | None = None
        error: ProviderError | None = None
        try:
            reply = await lane.provider.complete(call, timeout_s=TIMEOUT_S)
        except ProviderError as caught:
            error = caught
        latency_s = time.monotonic() - began
        if reply is not None and reply.limits is not None:
            lane.limiter.observe(reply.limits, self._ahead, latency_s)
        answer = with_usage(call, reply.answer) if reply else None
        fault = error.fault if error else None
        lane.gate.ended(fault, passed)
        counts = lane.gate.breaker.parked_at is None  # as one of the call's ten
        self._n, self._tried = n + 1, self._tried + counts
        record = AttemptEnd(
            call_key=call.call_key,
            n=n,
            started_at=started_at,
            ended_at=datetime.now(UTC),
            latency_s=latency_s,
            queued_s=self._queued_s,
            http_status=reply.http_status if reply else fault.http_status if fault else None,
            outcome="answered" if answer else "failed",
            error_kind=answer.error_kind if answer else fault.kind if fault else None,
            error=answer.error if answer else fault.message if fault else None,
            endpoint=lane.provider.endpoint_host,
            final=answer is not None
            or isinstance(error, Rejected)
            or (last and counts and isinstance(error, Transient)),
            answer=answer,
            usage=answer.usage if answer else None,
            reserved_usd=stays_reserved(worst, fault),
            usd=self._session.till.bill(call, worst, answer, started_at),
        )
        return Attempted(
            record,
            permit,
            retry_after_s=fault.retry_after_s if fault else None,
            unusable=error if isinstance(error, Unusable) else None,
        )

    def _settle(self, attempted: Attempted, worst: Decimal | None) -> None:
        """Correct what was reserved, while the place is held: where the run is to end, nobody takes it."""
        record, permit, tokens = attempted.record, attempted.permit, self._lane.tokens
        failed = not attempted.answered
        self._session.till.settle(self._call, worst, record, again=failed and not record.final)
        if record.usage is not None and not record.usage.estimated:
            permit.settle(tokens.learn(self._size, record.usage) + permit.ahead, record.usage.output_tokens)
        if attempted.rate_limited:
            permit.settle(0)  # what is refused is not counted, save as a request
        permit.failed = failed
        if attempted.unusable is not None:
            self._session.stop(self._session.told(self._call, attempted.unusable))
        elif failed and record.final:
            self._session.ended(self._call, record)

    async def _goes_on(self, attempted: Attempted) -> bool:
        """Keep the attempt, and wait for the next one where there is to be one."""
        session, record = self._session, attempted.record
        wait_s = delay(max(self._tried, 1), attempted.retry_after_s, session.jitter)
        if attempted.rate_limited:
            self._lane.limiter.pause(attempted.retry_after_s or wait_s, attempted.permit)
        durable = session.journal.append(record)
        session.progress.attempt(self._call, record.error_kind)
        if record.final or attempted.unusable is not None:
            await durable
            if attempted.answered:
                session.ended(self._call, record)
            return False
        session.returned()  # the next attempt does not hang on this line being durable
        if session.stopping:
            await durable
            return False
        await asyncio.sleep(wait_s)
        return True


def with_usage(call: Call, answer: Answer) -> Answer:
    """The answer; where the server counted nothing, with tokens estimated and marked so."""
    if answer.usage is not None or answer.error_kind is not None:
        return answer
    output = len((answer.text or "").encode("utf-8", "replace")) // 4 + 1
    return replace(answer, usage=Usage(estimate_tokens(call), output, estimated=True))
