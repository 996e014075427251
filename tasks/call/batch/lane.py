"""The batches of one lane (a model at an endpoint): group, send, follow, take the results, and again.

What may pass is asked again in a further batch, as long as there is time for one, and at most ROUNDS times;
where there is none, in realtime. What a dead process left is seen through first, and while it is in doubt
whether something was sent, nothing is sent.
"""

import asyncio
import time
from collections.abc import Callable, Coroutine, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from tasks.call.batch.doubt import Interrupted
from tasks.call.batch.failed import Verdict, verdict_on
from tasks.call.batch.follow import follow
from tasks.call.batch.grouping import BatchLimits, Group
from tasks.call.batch.ids import custom_id
from tasks.call.batch.notes import Close, Intent, Notes
from tasks.call.batch.pace import Pace
from tasks.call.batch.patience import Patience
from tasks.call.batch.provider import BatchProvider, BatchStatus, NoSuchBatch
from tasks.call.batch.results import Book, Taken, fail_call, take_results
from tasks.call.batch.send import Refused, Sender
from tasks.call.session import CallSession
from tasks.model import Call
from warehouse.errors import Fault, NightbenchError, ProviderError, Rejected, StoppedShort

ROUNDS = 3  # batches that a call may be in before it fails finally
LONGEST_QUEUE_S = 86_400.0
BREATH = 200  # calls that are rendered without letting others run

Shards = Mapping[int, Callable[[], Iterable[Call]]]


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


class LaneWork:
    """The batches of one lane in this process, as tasks of a group."""

    def __init__(
        self, lane: BatchLane, shards: Shards, desk: Desk, book: Callable[..., Book], group: asyncio.TaskGroup
    ) -> None:
        self.lane = lane
        self._shards = shards
        self._desk = desk
        self._group = group
        self._limits = lane.limits or lane.provider.limits
        self._templates: dict[int, Call] = {}
        self._full = 0  # how often the provider's queue was full, and since when
        self._full_since: float | None = None
        self._book = book(host=lane.provider.endpoint_host, call_of=self._call_of, whole=self._whole)
        self.sender = Sender(
            lane.provider, desk.notes, desk.run_id, lane.name, self.patience, self._tell_of_doubt
        )

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the rest; an error of it stops the run."""
        task = self._group.create_task(self._guarded(work))
        self._desk.session.join(task, self._desk.stop.set)

    def patience(self) -> Patience:
        """For one thing to wait for."""
        return Patience(self.lane.pace, self._desk.stop, self.lane.provider.endpoint_host)

    @property
    def parts(self) -> list[Intent]:
        """What was sent of this lane and is not over."""
        notes = self._desk.notes
        intents = [notes.intents[part] for part in notes.open_parts]
        return [intent for intent in intents if intent.lane == self.lane.name]

    async def run(self, in_time: Callable[[], bool]) -> None:
        """See old parts through, and ask what the journal lacks."""
        covered: set[UUID] = set()
        for intent in self.parts:
            covered.update(key for key, _ in intent.calls())
            self.start(self._see_through(intent, 1, in_time))
        await self._ask(self._fresh(covered), 1, in_time)

    async def cancel(self) -> None:
        """Have every open batch stopped, and keep what was done of it."""
        for intent in self.parts:
            self.start(self._cancel(intent))

    async def _cancel(self, intent: Intent) -> None:
        provider, batch_id, patience = self.lane.provider, self._desk.notes.ids[intent.part], self.patience()
        try:
            status = await patience.ask(lambda: provider.status(batch_id))
            if status.state == "running":
                await patience.ask(lambda: provider.cancel(batch_id))
        except (NoSuchBatch, Rejected):
            pass  # it has just ended, or vanished: which of them shows when it is followed
        over = await follow(provider, intent, batch_id, self.patience(), self._saw(intent))
        taken = await take_results(provider, over, intent, self._book, self.patience(), last=False)
        self._close(intent, over, taken)

    async def _ask(self, calls: Iterable[tuple[int, Call]], round_: int, in_time: Callable[[], bool]) -> None:
        """Send calls in as few batches as they fit into; where there is no time for one, call them now."""
        if not in_time():
            await self._call_now(calls)
            return
        provider = self.lane.provider
        groups: dict[str, Group] = {}
        for n, (shard, call) in enumerate(calls):
            if self._desk.session.stopping:
                return
            if n % BREATH == 0:
                await asyncio.sleep(0)
            try:
                line = provider.encode(call, custom_id(self._desk.run_id, call.call_key))
            except Rejected as error:
                await fail_call(self._book, call, datetime.now(UTC), error)
                continue
            kind = provider.kind(call)
            group = groups.get(kind)
            if group is not None and not group.takes(line):
                await self._send(groups.pop(kind), round_, in_time)
            groups.setdefault(kind, Group(self._limits, kind)).add(line, call.call_key, shard)
        for group in groups.values():
            await self._send(group, round_, in_time)

    async def _send(self, group: Group, round_: int, in_time: Callable[[], bool]) -> None:
        if self._desk.session.stopping:
            return
        try:
            intent = await self.sender.send(group)
        except Refused as refused:
            if len(group.keys) == 1:
                call = self._call_of(group.shards[0][0], group.keys[0])
                await fail_call(self._book, call, datetime.now(UTC), refused.error)
                return
            if refused.too_large:
                self._limits = self._limits.halved()
            for half in group.parted():  # one request that cannot be taken spoils only itself
                await self._send(half, round_, in_time)
            return
        self.start(self._see_through(intent, round_, in_time))

    async def _call_now(self, calls: Iterable[tuple[int, Call]]) -> None:
        by_shard: dict[int, list[Call]] = {}
        for shard, call in calls:
            by_shard.setdefault(shard, []).append(call)
        for some in by_shard.values():
            if not self._desk.session.stopping:
                await self._desk.session.run_shard(self.lane.name, some)

    async def _see_through(self, intent: Intent, round_: int, in_time: Callable[[], bool]) -> None:
        """Follow a batch to its end, take its results, and ask again for what has none."""
        session, provider = self._desk.session, self.lane.provider
        batch_id = self._desk.notes.ids[intent.part]
        over = await follow(provider, intent, batch_id, self.patience(), self._saw(intent))
        last = round_ >= ROUNDS
        if over is not None and over.state == "failed":
            await self._failed(intent, over, round_, in_time)
            return
        self._full, self._full_since = 0, None
        taken = await take_results(provider, over, intent, self._book, self.patience(), last=last)
        self._close(intent, over, taken)
        if taken.unusable is not None:
            session.stop(taken.unusable)
        elif taken.cancelled:
            session.stop(
                StoppedShort(
                    f"batch {batch_id} was cancelled at {provider.endpoint_host}, and not by this run: "
                    f"{taken.cancelled} of its {intent.n} calls have no answer. What was done is kept; a "
                    f"resume asks for the rest."
                )
            )
        elif taken.again and not session.stopping:
            await self._ask(self._some(taken.again), round_ + 1, in_time)

    async def _failed(
        self, intent: Intent, status: BatchStatus, round_: int, in_time: Callable[[], bool]
    ) -> None:
        """Deal with a batch of which nothing was worked on."""
        keys = dict(intent.calls())
        verdict = verdict_on(status, self.lane.provider.endpoint_host, sealed=self._is_sealed())
        numbered = list(keys.items())
        for line, error in verdict.lines:
            if 1 <= line <= len(numbered) and numbered[line - 1][0] in keys:
                key, shard = numbered[line - 1]
                del keys[key]
                await fail_call(self._book, self._call_of(shard, key), intent.at, error)
        self._close(intent, status, Taken(failed=intent.n - len(keys), again=keys))
        if verdict.fatal is not None:
            self._desk.session.stop(verdict.fatal)
            return
        await self._wait_for_room(verdict, intent)
        if keys and not self._desk.session.stopping:
            await self._ask(self._some(keys), round_, in_time)

    async def _wait_for_room(self, verdict: Verdict, intent: Intent) -> None:
        """Where the provider's queue is full: wait, and send less at once if nothing of ours is in it."""
        if verdict.too_large or (verdict.full and not self.parts):
            self._limits = replace(self._limits, requests=max(1, intent.n // 2))
        if verdict.full:
            self._full_since = self._full_since or time.monotonic()
            if time.monotonic() - self._full_since > LONGEST_QUEUE_S:
                raise StoppedShort(
                    f"the queue for batches of {self.lane.model} at {self.lane.provider.endpoint_host} has "
                    f"been full for a day. What was done is kept; resume the run later."
                )
            self._full += 1
            if not await self.patience().look(self._full):
                raise Interrupted

    def _close(self, intent: Intent, status: BatchStatus | None, taken: Taken) -> None:
        self._desk.session.progress.remarks.pop(f"part {intent.part}", None)
        state: Close = "vanished" if status is None else "failed" if status.state == "failed" else "ended"
        self._desk.notes.done(
            intent.part, state, answered=taken.answered, failed=taken.failed, again=len(taken.again)
        )
        if taken.lost:
            batch_id, host = self._desk.notes.ids[intent.part], self.lane.provider.endpoint_host
            what = (
                "has vanished" if status is None else "has no result of some calls that it says it answered"
            )
            self._desk.say(
                f"batch {batch_id} at {host} {what}; {taken.lost} calls cannot be had from it and are asked "
                f"again. The provider may bill them twice: ask it about this batch."
            )

    def _fresh(self, covered: set[UUID]) -> Iterator[tuple[int, Call]]:
        """The calls of the lane that are neither in the journal nor at the provider."""
        for shard, calls in self._shards.items():
            for call in calls():
                if not self._desk.session.kept(call) and call.call_key not in covered:
                    yield shard, call

    def _some(self, wanted: Mapping[UUID, int]) -> Iterator[tuple[int, Call]]:
        for shard in sorted(set(wanted.values())):
            for call in self._shards[shard]():
                if call.call_key in wanted:
                    yield shard, call

    def _call_of(self, shard: int, call_key: UUID) -> Call:
        """A call as counts and errors need it: that of the shard's first, under its own key."""
        if shard not in self._templates:
            self._templates[shard] = replace(next(iter(self._shards[shard]())), messages=())
        return replace(self._templates[shard], call_key=call_key)

    def _whole(self, shard: int, call_key: UUID) -> Call:
        return next(call for call in self._shards[shard]() if call.call_key == call_key)

    def _saw(self, intent: Intent) -> Callable[[BatchStatus], None]:
        def note(status: BatchStatus) -> None:
            minutes = (datetime.now(UTC) - intent.at).total_seconds() / 60
            done = f", {status.answered + status.failed:,} done" if status.answered else ""
            self._desk.session.progress.remarks[f"part {intent.part}"] = (
                f"batch {status.id} ({self.lane.model}, {intent.n:,} calls): {status.word}{done}, "
                f"{minutes:,.0f} min"
            )

        return note

    def _tell_of_doubt(self, intent: Intent, maybe: tuple[BatchStatus, ...]) -> None:
        remarks, name = self._desk.session.progress.remarks, f"doubt {intent.part}"
        remarks.pop(name, None)
        if maybe:
            ids = ", ".join(batch.id for batch in maybe[:3])
            remarks[name] = (
                f"part {intent.part} may be one of {len(maybe)} unfinished batches at "
                f"{self.lane.provider.endpoint_host} ({ids}), which shows when they end; nothing is sent "
                f"meanwhile"
            )

    def _is_sealed(self) -> bool:
        suites = {next(iter(calls())).suite for calls in self._shards.values()}
        return any(self._desk.session.is_sealed(suite) for suite in suites)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Interrupted:
            pass  # the run is being stopped; what is not known stays in the notes
        except ProviderError as error:
            self._desk.session.stop(self._told(error))
        except NightbenchError as error:
            self._desk.session.stop(error)

    def _told(self, error: ProviderError) -> NightbenchError:
        if not self._is_sealed():
            return error
        fault = error.fault
        return type(error)(
            Fault(
                fault.kind,
                f"{self.lane.model}: {fault.kind}, HTTP status {fault.http_status}. The server's words are "
                f"left out, because a sealed suite was asked and they may quote it.",
                fault.http_status,
            )
        )
