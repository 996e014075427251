"""The calls of one run: which are made, which run at the moment, why they stop, and what is counted.

What happens to each call is its `course`. A call that the journal already holds is not sent.
"""

import asyncio
import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from tasks.call.course import Course, Lane
from tasks.call.journal import AttemptEnd, Journal, JournalState
from tasks.call.purse import Purse
from tasks.call.till import Till
from tasks.call.warming import Warming
from tasks.model import Call, Outcome
from tasks.progress import Progress
from warehouse.errors import NightbenchError, ProviderDown, StoppedShort, Unusable

GRACE_S = 10.0  # how long a stopping run waits for answers that are on their way


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
        self.journal = journal
        self.progress = progress
        self.till = till or Till(Purse(), lambda *_: None)
        self.warming = Warming()
        self.jitter = random.Random(seed)
        self.fatal: NightbenchError | None = None
        self._lanes = lanes
        self.known = known
        self._max_failed = max_failed
        self._retry_failed = retry_failed
        self._sealed = sealed  # suites of which no error may quote the text
        self._waiting: set[asyncio.Task[None]] = set()
        self._in_flight: set[asyncio.Task[None]] = set()
        self._reaper: asyncio.TimerHandle | None = None
        self._on_stop: list[Callable[[], None]] = []
        self.on_end: Callable[[Call, Outcome | AttemptEnd], None] = lambda *_: None
        self._suites: dict[asyncio.Task[None], str] = {}  # of the calls that are made
        self._down: dict[str, float] = {}  # hosts that were given up, after so many seconds

    async def run_shard(self, lane: str, calls: Iterable[Call]) -> None:
        """Make those calls of a shard that the journal lacks; return when each has ended or was dropped."""
        async with asyncio.TaskGroup() as group:
            for call in calls:
                if self.kept(call):
                    continue
                if self.stopping:
                    break
                group.create_task(self._run(self._lanes[lane], call))

    @property
    def stopping(self) -> bool:
        """Whether no further call is started."""
        return self.fatal is not None

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

    def drop(self, suite: str) -> None:
        """Drop the calls of a suite that wait; those in flight go on to their end."""
        for task in self._waiting:
            if self._suites.get(task) == suite and task is not asyncio.current_task():
                task.cancel()

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

    def end(self) -> None:
        """Every shard has returned: where a provider was given up, that is why the run stops short."""
        if self.fatal is None and self._down:
            hosts = ", ".join(f"{host} (down for {seconds:,.0f} s)" for host, seconds in self._down.items())
            self.fatal = ProviderDown(
                f"given up: {hosts}. What was received is kept, and what other models were asked is done."
            )

    def kept(self, call: Call) -> bool:
        """Whether an earlier process of this run saw the end of the call; counts it if so."""
        if not self.known.has_ended(call.call_key, retry_failed=self._retry_failed):
            return False
        outcome = self.known.outcome(call.call_key)
        assert outcome is not None, "the journal's index names a call that it does not hold"
        self._count(call, outcome, kept=True)
        return True

    def seen(self, call: Call) -> bool:
        """Whether a worker of this process has now seen the end of the call; counts it if so."""
        outcome = self.known.outcome(call.call_key)
        if outcome is None:
            return False
        for attempt in outcome.attempts:
            self.progress.attempt(call, attempt.error_kind)
        self._count(call, outcome, kept=False)
        return True

    def _count(self, call: Call, outcome: Outcome, *, kept: bool) -> None:
        usage = outcome.answer.usage if outcome.answer and outcome.reused_from is None else None
        answered = outcome.status == "answered"
        self.progress.ended(call, usage, outcome.started_at, answered=answered, kept=kept, mode=outcome.mode)
        self.on_end(call, outcome)
        if not answered:
            self._check_failed(call, outcome.error_kind, outcome.error)

    def sent(self) -> None:
        """The current task's call is on its way: a stop leaves it its time."""
        task = _current()
        self._waiting.discard(task)
        self._in_flight.add(task)

    def returned(self) -> None:
        """The current task's call is not on its way any more; until it is sent again, a stop drops it."""
        task = _current()
        self._in_flight.discard(task)
        if not self.stopping:
            self._waiting.add(task)

    def ended(self, call: Call, record: AttemptEnd) -> None:
        """Count a call that has ended, with an answer that is durable or finally failed."""
        answered = record.outcome == "answered"
        self.progress.ended(call, record.usage, record.started_at, answered=answered, mode=record.mode)
        self.on_end(call, record)
        if not answered:
            self._check_failed(call, record.error_kind, record.error)

    @property
    def down(self) -> Mapping[str, float]:
        """The hosts that were given up, each after how many seconds."""
        return self._down

    def given_up(self, host: str, after_s: float) -> None:
        """Note a provider that stayed down; see `end`."""
        self._down[host] = after_s

    def told(self, call: Call, error: Unusable) -> Unusable:
        """The error as it may be told: of a sealed suite without the server's words."""
        if not self.is_sealed(call.suite):
            return error
        fault = error.fault
        return Unusable(
            replace(
                fault,
                message=f"{call.model}: {fault.kind}, HTTP status {fault.http_status}. The server's words "
                f"are left out, because of {call.suite} no text is kept (a sealed suite, or store_text = "
                "false) and they may quote it.",
            )
        )

    def is_sealed(self, suite: str) -> bool:
        """Whether no error may quote the suite's text."""
        return suite in self._sealed

    async def _run(self, lane: Lane, call: Call) -> None:
        """Make the call; an error that concerns more than this call stops the run instead of its siblings."""
        task = _current()
        self._waiting.add(task)
        self._suites[task] = call.suite
        try:
            await Course(self, lane, call, self.known.next_attempt_number(call.call_key)).run()
        except NightbenchError as error:
            self.stop(error)
        finally:
            self._waiting.discard(task)
            self._in_flight.discard(task)
            self._suites.pop(task, None)

    def _check_failed(self, call: Call, kind: str | None, error: str | None) -> None:
        """Stop a run of which more calls have finally failed than it allows, in this process or before."""
        failed = self.progress.failed
        if failed > self._max_failed:
            last = f"{kind}" if self.is_sealed(call.suite) else f"{kind}: {error}"
            calls = "call has" if failed == 1 else "calls have"
            self.stop(
                NightbenchError(
                    f"{failed} {calls} finally failed, more than max_failed allows ({self._max_failed} of "
                    f"{self.progress.planned}). The last one: {last}. What was received is kept; "
                    f"`nightbench resume {self.progress.run_id} --retry-failed` asks for the rest."
                )
            )


def _current() -> "asyncio.Task[None]":
    task = asyncio.current_task()
    assert task is not None, "a call is made in a task"
    return task
