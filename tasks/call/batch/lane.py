"""The batches of one lane (a model at an endpoint): group, send, follow, take the results, and again.

What may pass is asked again in a further batch, as long as there is time for one, and at most ROUNDS times;
where there is none, in realtime. What a dead process left is seen through first, and while it is in doubt
whether something was sent, nothing is sent.
"""

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tasks.call.batch.books import NEVER_MADE, Book, PartBooks
from tasks.call.batch.desk import BatchLane, Desk, InTime
from tasks.call.batch.doubt import Interrupted
from tasks.call.batch.failed import verdict_on
from tasks.call.batch.follow import follow
from tasks.call.batch.grouping import Group
from tasks.call.batch.ids import custom_id
from tasks.call.batch.notes import Close, Intent
from tasks.call.batch.patience import Patience
from tasks.call.batch.provider import BatchStatus, NoSuchBatch
from tasks.call.batch.queue import Queue
from tasks.call.batch.results import Taken, take_results
from tasks.call.batch.send import Refused, Sender
from tasks.call.batch.shards import LaneCalls
from tasks.call.batch.telling import Telling
from tasks.call.worst_case import worst_usd
from tasks.model import Call
from warehouse.errors import (
    Fault,
    NightbenchError,
    ProviderDown,
    ProviderError,
    Rejected,
    StoppedShort,
    Transient,
    Unusable,
)

ROUNDS = 3  # batches that a call may be in before it fails finally
BREATH = 200  # calls that are rendered without letting others run
MONEY_S = 0.5  # how long a group waits for money for one more call before it is sent as it is
ENDED = Fault("connection", "the simulated server that had the batch ended with its run", unsent=True)


@dataclass(frozen=True)
class Item:
    """A request on its way into a group."""

    line: bytes
    call: Call
    shard: int
    worst: Decimal | None
    kind: str


class LaneWork:
    """The batches of one lane in this process, as tasks of a group."""

    def __init__(
        self,
        lane: BatchLane,
        calls: LaneCalls,
        desk: Desk,
        book: Callable[..., Book],
        group: asyncio.TaskGroup,
    ) -> None:
        self.lane = lane
        self._calls = calls
        self._desk = desk
        self._group = group
        host = lane.provider.endpoint_host
        self._queue = Queue(lane.limits or lane.provider.limits, lane.model, host)
        self._telling = Telling(lane.model, host, desk.session, calls, desk.say)
        self._book = book(host=host, call_of=calls.light, whole=calls.whole)
        self.sender = Sender(
            lane.provider,
            desk.notes,
            desk.run_id,
            lane.name,
            self.patience,
            lambda intent, worst: PartBooks(self._book, intent, worst),
            self._telling.doubt,
        )

    def start(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the rest; an error of it stops the run."""
        task = self._group.create_task(self._guarded(work))
        self._desk.session.join(task, self._desk.stop.set)

    def patience(self) -> Patience:
        """For one thing to wait for."""
        host = self.lane.provider.endpoint_host
        return Patience(self.lane.pace, self._desk.stop, host, self._telling.outage)

    @property
    def stopping(self) -> bool:
        """Whether nothing more is sent: the run stops, or the provider was given up."""
        return self._desk.session.stopping or self.lane.account in self._desk.down

    @property
    def parts(self) -> list[Intent]:
        """What was sent of this lane, or may have been, and is not over."""
        notes = self._desk.notes
        intents = [notes.intents[part] for part in notes.open_parts]
        return [intent for intent in intents if intent.lane == self.lane.name]

    async def clear_up(self) -> None:
        """Find out about every intent without an id; nothing is sent before."""
        notes = self._desk.notes
        for intent in self.parts:
            fault = NEVER_MADE
            if self.lane.fleeting:
                batch_id, why, fault = None, ENDED.message, ENDED
            elif intent.part in notes.ids:
                continue
            else:
                batch_id, why = await self.sender.find(intent), "in no list of the provider"
            if batch_id is not None:
                notes.sent(intent.part, batch_id, adopted=True)
                continue
            books = self._opened(intent)
            for key, shard in intent.calls():
                if books.is_under_way(key):
                    await books.failed(key, shard, fault, final=False)
            await books.flush()
            notes.void(intent.part, why)

    async def run(self, in_time: InTime) -> None:
        """See old parts through, and ask what the journal lacks."""
        covered: dict[UUID, int] = {}
        for intent in self.parts:
            covered.update(intent.calls())
        if self._book.till.group is not None:  # their samples need not pay for them once more
            for _, call in self._calls.some(covered):
                self._forgo(call)
        for intent in self.parts:
            self.start(self._see_through(intent, self._opened(intent), 1, in_time))
            await asyncio.sleep(0)
        await self._ask(self._calls.fresh(covered), 1, in_time)

    async def cancel(self) -> None:
        """Have every open batch stopped, and keep what was done of it."""
        for intent in self.parts:
            self.start(self._cancel(intent, self._opened(intent)))

    def _opened(self, intent: Intent) -> PartBooks:
        """The books of a part that an earlier process sent, which until now was held as one attempt."""
        books = PartBooks(self._book, intent, None)
        self._book.till.adopt(-1)
        return books

    async def _cancel(self, intent: Intent, books: PartBooks) -> None:
        provider, batch_id, patience = self.lane.provider, self._desk.notes.ids[intent.part], self.patience()

        async def cancel() -> None:
            try:
                if not (await provider.status(batch_id)).over:
                    await provider.cancel(batch_id)
            except Transient as error:
                if error.fault.http_status != 409:  # it has just ended
                    raise
            except Rejected:
                pass  # it has just ended, or vanished; which of them shows when it is followed

        await patience.ask(cancel)
        over = await follow(provider, intent, batch_id, self.patience(), self._telling.progress_of(intent))
        await self._close(intent, over, await self._take(intent, over, books, last=False))

    async def _ask(self, calls: Iterable[tuple[int, Call]], round_: int, in_time: InTime) -> None:
        """Send calls in as few batches as they fit into; where there is no time for one, call them now."""
        if not in_time():
            await self._call_now(calls)
            return
        groups: dict[str, Group] = {}
        try:
            for n, (shard, call) in enumerate(calls):
                if self._desk.session.stopping:
                    return
                if self.stopping:  # others wait for what its sample holds for it
                    self._forgo(call)
                    continue
                if n % BREATH == 0:
                    await asyncio.sleep(0)
                await self._add(groups, call, shard, round_, in_time)
            while groups:
                await self._send(groups.popitem()[1], round_, in_time)
        finally:
            for group in groups.values():
                self._release(group)

    async def _add(
        self, groups: dict[str, Group], call: Call, shard: int, round_: int, in_time: InTime
    ) -> None:
        """Put a call into its group; a group that is full is sent first."""
        provider = self.lane.provider
        try:
            line = provider.encode(call, custom_id(self._desk.run_id, call.call_key))
        except Rejected as error:
            self._forgo(call)
            await self._book.fail(call, error.fault)
            return
        worst = worst_usd(call, datetime.now(UTC), "batch")
        await self._put(groups, Item(line, call, shard, worst, provider.kind(call)), round_, in_time)

    async def _put(
        self, groups: dict[str, Group], item: Item, round_: int, in_time: InTime, *, again: bool = False
    ) -> None:
        """Reserve for a request and put it into its group; what there is is sent while money lacks."""
        kind, reserved = item.kind, False
        try:
            if self._book.till.is_bounded:
                await self._reserve(groups, item, round_, in_time, first=round_ == 1 and not again)
            reserved = True
            group = groups.get(kind)
            if group is not None and not group.takes(item.line):
                await self._send(groups.pop(kind), round_, in_time)
            group = groups.setdefault(kind, Group(self._queue.limits, kind))
            group.add(item.line, item.call.call_key, item.shard, item.worst)
            reserved = False
        finally:
            if reserved:
                self._book.till.release(item.call, item.worst)

    async def _reserve(
        self, groups: dict[str, Group], item: Item, round_: int, in_time: InTime, *, first: bool
    ) -> None:
        reserving = asyncio.ensure_future(self._book.till.reserve(item.call, item.worst, first=first))
        try:
            await asyncio.wait({reserving}, timeout=MONEY_S)
            while not reserving.done() and groups:  # what it holds itself comes back with its results
                await self._send(groups.popitem()[1], round_, in_time)
            await reserving
        except BaseException:
            if not reserving.cancel() and not reserving.cancelled() and reserving.exception() is None:
                self._book.till.release(item.call, item.worst)
            raise

    async def _send(self, group: Group, round_: int, in_time: InTime) -> None:
        if self.stopping:
            self._release(group)
            return
        try:
            intent, books = await self.sender.send(group)
        except Refused as refused:
            if len(group.keys) == 1:
                return
            if refused.too_large:
                self._queue.limits = self._queue.limits.halved()
            for half in group.parted():  # one request that cannot be taken spoils only itself
                await self._send_again(half, round_, in_time)
            return
        except BaseException:
            if not group.begun:  # nothing of it can have been sent
                self._release(group)
            raise
        self.start(self._see_through(intent, books, round_, in_time))

    async def _send_again(self, group: Group, round_: int, in_time: InTime) -> None:
        """Send what was refused as a part of more; its money came back, and others may have it by now."""
        groups: dict[str, Group] = {}
        try:
            for line, (key, shard) in zip(group.lines, group.calls(), strict=True):
                item = Item(line, self._calls.light(shard, key), shard, group.worst[key], group.kind)
                await self._put(groups, item, round_, in_time, again=True)
            while groups:
                await self._send(groups.popitem()[1], round_, in_time)
        finally:
            for left in groups.values():
                self._release(left)

    def _forgo(self, call: Call) -> None:
        self._book.till.forgo(call, worst_usd(call, datetime.now(UTC), "batch"))

    def _release(self, group: Group) -> None:
        for key, shard in group.calls():
            self._book.till.release(self._calls.light(shard, key), group.worst[key])

    async def _call_now(self, calls: Iterable[tuple[int, Call]]) -> None:
        by_shard: dict[int, list[Call]] = {}
        for shard, call in calls:
            by_shard.setdefault(shard, []).append(call)
        for some in by_shard.values():
            if not self.stopping:
                await self._desk.session.run_shard(self.lane.name, some)

    async def _see_through(self, intent: Intent, books: PartBooks, round_: int, in_time: InTime) -> None:
        """Follow a batch to its end, take its results, and ask again for what has none."""
        try:
            await self._follow(intent, books, round_, in_time)
        except ProviderDown:
            await books.leave()
            raise

    async def _follow(self, intent: Intent, books: PartBooks, round_: int, in_time: InTime) -> None:
        session, provider = self._desk.session, self.lane.provider
        batch_id = self._desk.notes.ids[intent.part]
        over = await follow(provider, intent, batch_id, self.patience(), self._telling.progress_of(intent))
        if over is not None and over.state == "failed":
            await self._failed(intent, books, over, round_, in_time)
            return
        self._queue.moved()
        taken = await self._take(intent, over, books, last=round_ >= ROUNDS)
        await self._close(intent, over, taken)
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
        elif taken.again and not self.stopping:
            await self._ask(self._calls.some(taken.again), round_ + 1, in_time)

    async def _take(self, intent: Intent, over: BatchStatus | None, books: PartBooks, *, last: bool) -> Taken:
        return await take_results(
            self.lane.provider,
            over,
            intent,
            self._desk.run_id,
            self._book,
            books,
            self.patience(),
            last=last,
        )

    async def _failed(
        self, intent: Intent, books: PartBooks, status: BatchStatus, round_: int, in_time: InTime
    ) -> None:
        """Deal with a batch of which nothing was worked on."""
        verdict = verdict_on(status, self.lane.provider.endpoint_host, sealed=self._calls.sealed)
        spoiled = dict(verdict.lines)
        again: dict[UUID, int] = {}
        for line, (key, shard) in enumerate(intent.calls(), start=1):
            fault = spoiled.get(line, verdict.fault)
            if line not in spoiled:
                again[key] = shard
            if books.is_under_way(key):
                await books.failed(key, shard, fault, final=line in spoiled)
        await books.flush()
        await self._close(intent, status, Taken(failed=intent.n - len(again), again=again))
        if verdict.fatal is not None or (spoiled and len(again) == intent.n):  # it would fail for ever
            self._desk.session.stop(verdict.fatal or Unusable(verdict.fault))
            return
        if verdict.too_large or verdict.full:
            alone = not self.parts
            if not await self._queue.wait_for_room(verdict, intent.n, self.patience(), alone=alone):
                raise Interrupted
        if again and not self.stopping:
            await self._ask(self._calls.some(again), round_, in_time)

    async def _close(self, intent: Intent, status: BatchStatus | None, taken: Taken) -> None:
        """Note that a batch is over, and that its results are durable; its files are not needed then."""
        state: Close = "vanished" if status is None else "failed" if status.state == "failed" else "ended"
        self._desk.notes.done(
            intent.part, state, answered=taken.answered, failed=taken.failed, again=len(taken.again)
        )
        self._telling.over(intent, self._desk.notes.ids[intent.part], state, taken.lost)
        if status is not None and not taken.lost:  # what was lost is to be asked after
            await self._delete(status.kept)

    async def _delete(self, files: Iterable[str]) -> None:
        """Have files deleted at the provider; one that cannot be is said, and goes by itself in time."""
        for file_id in files:
            try:
                await self.lane.provider.delete(file_id)
            except NoSuchBatch:
                continue
            except ProviderError as error:
                self._telling.stays(file_id, error)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        session = self._desk.session
        try:
            await work
        except Interrupted:
            pass  # the run is being stopped; what is not known stays in the notes
        except ProviderDown:  # the other lanes go on; a resume sees to what is left of this one
            self._desk.down.add(self.lane.account)
            session.given_up(self.lane.provider.endpoint_host, self.lane.pace.outage_s)
        except ProviderError as error:
            session.stop(self._telling.error(error))
        except NightbenchError as error:
            session.stop(error)
