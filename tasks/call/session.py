"""The calls of one run: journal ahead of call, limit, attempt, journal, and again where it is worth it.

A provider that is down is parked (`breaker`): its calls wait, the others' go on, and attempts that fail in
that time are kept like all but do not use up a call's ten.

A received answer counts when it is durable in the journal; a call that the journal already holds is not sent.
An in-flight place is given back as soon as the response is there, so that the disk never slows the calls.
"""

import asyncio
import random
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal

from tasks.call.backoff import MAX_ATTEMPTS, delay
from tasks.call.breaker import Breaker, Gate, Pass
from tasks.call.journal import AttemptEnd, Journal, JournalState
from tasks.call.limiter import Limiter
from tasks.call.provider import Provider, Reply
from tasks.call.purse import Purse
from tasks.call.till import Till, stays_reserved
from tasks.call.tokens import TokenCounter, estimate_tokens, size_of
from tasks.call.warming import Warming
from tasks.call.worst_case import worst_usd
from tasks.model import Answer, Call, Usage
from tasks.progress import Progress
from warehouse.errors import (
    NightbenchError,
    ProviderDown,
    ProviderError,
    Rejected,
    StoppedShort,
    Transient,
    Unusable,
)

GRACE_S = 10.0  # how long a stopping run waits for answers that are on their way
TIMEOUT_S = 600.0


@dataclass(frozen=True)
class Lane:
    """What all calls to one model share here: a client, a limiter, a gate, and how it counts tokens."""

    provider: Provider
    limiter: Limiter
    gate: Gate = field(default_factory=lambda: Gate(Breaker()))
    tokens: TokenCounter = field(default_factory=TokenCounter)


class CallSession:
    """Makes the calls of a run, shard by shard, until they have ended or the run is stopped.

    After `stop`, calls that wait are dropped, calls in flight have GRACE_S to be answered, and `run_shard`
    returns. `fatal` is the error that ended the run, if one did: it is for the flow to raise.
    """

    def __init__(
        self,
        lanes: Mapping[str, Lane],
        journal: Journal,
        known: JournalState,
        progress: Progress,
        *,
        max_failed: int,
        retry_failed: bool = False,
        seed: int = 0,
        sealed: frozenset[str] = frozenset(),
        till: Till | None = None,
    ) -> None:
        self._lanes = lanes
        self._journal = journal
        self._known = known
        self._progress = progress
        self._max_failed = max_failed
        self._retry_failed = retry_failed
        self._sealed = sealed  # suites of which no error may quote the text
        self._till = till or Till(Purse(), lambda *_: None)
        self._jitter = random.Random(seed)
        self._warming = Warming()
        self._waiting: set[asyncio.Task[None]] = set()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.TimerHandle | None = None
        self._on_stop: list[Callable[[], None]] = []
        self._down: dict[str, float] = {}  # hosts that were given up, after so many seconds
        self.fatal: NightbenchError | None = None

    @property
    def stopping(self) -> bool:
        """Whether no further call is started."""
        return self.fatal is not None

    async def run_shard(self, lane: str, calls: Iterable[Call]) -> None:
        """Make those calls of a shard that the journal lacks; return when each has ended or was dropped."""
        async with asyncio.TaskGroup() as group:
            for call in calls:
                if self._kept(call):
                    continue
                if self.stopping:
                    break
                group.create_task(self._guarded(self._lanes[lane], call))

    def stop(self, reason: NightbenchError | None = None) -> None:
        """Start no further call; the first reason given is the one that is kept."""
        if self.fatal is not None:
            return
        self.fatal = reason or StoppedShort("stopped")
        for task in self._waiting:
            task.cancel()
        for tell in self._on_stop:
            tell()
        self._reaper = asyncio.get_running_loop().call_later(GRACE_S, self.give_up)

    def end(self) -> None:
        """Every shard has returned: where a provider was given up, that is why the run stops short."""
        if self.fatal is None and self._down:
            hosts = ", ".join(f"{host} (down for {seconds:,.0f} s)" for host, seconds in self._down.items())
            self.fatal = ProviderDown(
                f"given up: {hosts}. What was received is kept, and what other models were asked is done."
            )

    def give_up(self) -> None:
        """Drop the calls in flight too; their attempts stay in the journal as unseen."""
        for task in self._in_flight | self._waiting:
            task.cancel()

    def join(self, task: "asyncio.Task[None]", on_stop: Callable[[], None]) -> None:
        """Let other work of the run be stopped with the calls: told at once, dropped after GRACE_S."""
        self._in_flight.add(task)
        task.add_done_callback(self._in_flight.discard)
        self._on_stop.append(on_stop)
        task.add_done_callback(lambda _: self._on_stop.remove(on_stop))

    def kept(self, call: Call) -> bool:
        """Whether the journal already holds the end of the call, which is counted then."""
        return self._kept(call)

    def ended(self, call: Call, record: AttemptEnd) -> None:
        """Count a call that has ended and is durable."""
        self._ended(call, record)

    def told(self, call: Call, error: Unusable) -> Unusable:
        """The error as it may be told: of a sealed suite without the server's words."""
        return self._told(call, error)

    @property
    def progress(self) -> Progress:
        """The counts of the run."""
        return self._progress

    @property
    def till(self) -> Till:
        """The money of the run."""
        return self._till

    def is_sealed(self, suite: str) -> bool:
        """Whether no error may quote the suite's text."""
        return suite in self._sealed

    def _kept(self, call: Call) -> bool:
        """Whether an earlier process of this run saw the end of the call; counts it if so."""
        if not self._known.has_ended(call.call_key, retry_failed=self._retry_failed):
            return False
        outcome = self._known.outcome(call.call_key)
        assert outcome is not None, "the journal's index names a call that it does not hold"
        usage = outcome.answer.usage if outcome.answer and outcome.reused_from is None else None
        answered = outcome.status == "answered"
        self._progress.ended(call, usage, outcome.started_at, answered=answered, kept=True, mode=outcome.mode)
        if not answered:
            self._check_failed(call, outcome.error_kind, outcome.error)
        return True

    async def _guarded(self, lane: Lane, call: Call) -> None:
        """Make the call; an error that concerns more than this call stops the run instead of its siblings."""
        task = asyncio.current_task()
        assert task is not None
        self._waiting.add(task)
        try:
            await self._call(lane, call, task)
        except NightbenchError as error:
            self.stop(error)
        finally:
            self._waiting.discard(task)
            self._in_flight.discard(task)

    async def _call(self, lane: Lane, call: Call, task: "asyncio.Task[None]") -> None:
        size, ahead = size_of(call.messages), lane.tokens.ahead(call)
        n = self._known.next_attempt_number(call.call_key)
        queued_s, tried = 0.0, 0
        while (passed := await self._enter(lane, call)) is not None:
            asked_at, paid = time.monotonic(), False
            worst = worst_usd(call, datetime.now(UTC))
            if self._till.group is not None:
                # before there is a place: it is not to be kept from those whose sample is paid for
                await self._till.reserve(call, worst, first=True)
                paid = True
            try:
                slot = lane.limiter.slot(lane.tokens.estimate(size), ahead=ahead)
                async with self._warming.turn(call.prefix) as turn, slot as permit:
                    if lane.gate.shut(passed):
                        permit.unsend()
                        continue
                    if not paid:
                        await self._till.reserve(call, worst, first=True)
                        paid = True
                    queued_s += time.monotonic() - asked_at
                    if self.stopping:
                        return
                    self._waiting.discard(task)
                    self._in_flight.add(task)
                    paid = False  # from now on it may be billed
                    last = tried + 1 == MAX_ATTEMPTS
                    end = await self._attempt(lane, call, n, queued_s, worst, passed, last)
                    n, tried = n + 1, tried + end.counts
                    turn.answered = end.record.outcome == "answered"
                    again = end.record.outcome == "failed" and not end.record.final
                    self._till.settle(call, worst, end.record, again=again)
                    if end.usage is not None and not end.usage.estimated:
                        weight = lane.tokens.learn(size, end.usage) + permit.ahead
                        permit.settle(weight, end.usage.output_tokens)
                    record = end.record
                    permit.failed = record.outcome == "failed"
                    if record.error_kind == "rate_limited":
                        permit.settle(0)  # what is refused is not counted, save as a request
                    if end.unusable is not None:
                        # before the place is given back: nobody else shall try
                        self.stop(self._told(call, end.unusable))
                    elif record.final and record.outcome == "failed":
                        self._ended(call, record)
            finally:
                if paid:
                    self._till.keep(call, worst)
            wait_s = delay(max(tried, 1), end.retry_after_s, self._jitter)
            if record.error_kind == "rate_limited":
                lane.limiter.pause(end.retry_after_s or wait_s, permit)
            durable = self._journal.append(record)
            self._progress.attempt(call, record.error_kind)
            if record.final or end.unusable is not None:
                await durable
                if record.outcome == "answered":
                    self._ended(call, record)
                return
            self._in_flight.discard(task)  # the next attempt does not hang on this line being durable
            if self.fatal is not None:  # it stopped meanwhile
                await durable
                return
            self._waiting.add(task)
            await asyncio.sleep(wait_s)
        self._till.forgo(call, worst_usd(call, datetime.now(UTC)))

    async def _enter(self, lane: Lane, call: Call) -> Pass | None:
        """Wait while the provider is parked; None: it was given up, and the call is left for a resume."""
        line, breaker = self._progress.variants[call.variant], lane.gate.breaker
        line.parked_at = breaker.parked_at
        if line.parked_at is None:
            return "call"
        passed = await lane.gate.enter()
        line.parked_at = breaker.parked_at
        if passed is None:
            self._down[lane.provider.endpoint_host] = breaker.give_up_s
        return passed

    async def _attempt(
        self,
        lane: Lane,
        call: Call,
        n: int,
        queued_s: float,
        worst: Decimal | None,
        passed: Pass,
        last: bool,
    ) -> "_Ended":
        started_at = datetime.now(UTC)
        self._journal.begin(call.call_key, n, started_at, worst)
        began = time.monotonic()
        reply: Reply | None = None
        error: ProviderError | None = None
        try:
            reply = await lane.provider.complete(call, timeout_s=TIMEOUT_S)
        except ProviderError as caught:
            error = caught
        latency_s = time.monotonic() - began
        if reply is not None and reply.limits is not None:
            lane.limiter.observe(reply.limits, lane.tokens.ahead(call), latency_s)
        answer = with_usage(call, reply.answer) if reply else None
        fault = error.fault if error else None
        lane.gate.ended(fault, passed)
        counts = lane.gate.breaker.parked_at is None
        record = AttemptEnd(
            call_key=call.call_key,
            n=n,
            started_at=started_at,
            ended_at=datetime.now(UTC),
            latency_s=latency_s,
            queued_s=queued_s,
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
            usd=self._till.bill(call, worst, answer, started_at),
        )
        retry_after_s = fault.retry_after_s if fault else None
        return _Ended(record, retry_after_s, error if isinstance(error, Unusable) else None, counts)

    def _told(self, call: Call, error: Unusable) -> Unusable:
        """The error as it may be told: of a sealed suite without the server's words."""
        if call.suite not in self._sealed:
            return error
        fault = error.fault
        return Unusable(
            replace(
                fault,
                message=f"{call.model}: {fault.kind}, HTTP status {fault.http_status}. The server's words "
                f"are left out, because {call.suite} is a sealed suite and they may quote it.",
            )
        )

    def _ended(self, call: Call, record: AttemptEnd) -> None:
        answered = record.outcome == "answered"
        self._progress.ended(call, record.usage, record.started_at, answered=answered, mode=record.mode)
        if not answered:
            self._check_failed(call, record.error_kind, record.error)

    def _check_failed(self, call: Call, kind: str | None, error: str | None) -> None:
        """Stop a run of which more calls have finally failed than it allows, in this process or before."""
        failed = self._progress.failed
        if failed > self._max_failed:
            last = f"{kind}" if call.suite in self._sealed else f"{kind}: {error}"
            calls = "call has" if failed == 1 else "calls have"
            self.stop(
                NightbenchError(
                    f"{failed} {calls} finally failed, more than max_failed allows ({self._max_failed} of "
                    f"{self._progress.planned}). The last one: {last}. What was received is kept; "
                    f"`nightbench resume {self._progress.run_id} --retry-failed` asks for the rest."
                )
            )


@dataclass(frozen=True)
class _Ended:
    """One attempt: its record, and what follows from it."""

    record: AttemptEnd
    retry_after_s: float | None
    unusable: Unusable | None
    counts: bool  # as one of the call's ten

    @property
    def usage(self) -> Usage | None:
        return self.record.usage


def with_usage(call: Call, answer: Answer) -> Answer:
    """The answer; where the server counted nothing, with tokens estimated and marked so."""
    if answer.usage is not None or answer.error_kind is not None:
        return answer
    output = len((answer.text or "").encode("utf-8", "replace")) // 4 + 1
    return replace(answer, usage=Usage(estimate_tokens(call), output, estimated=True))
