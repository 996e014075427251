"""The batches of one run: its lanes, and what was left in doubt, cleared up before anything is sent."""

import asyncio
from collections.abc import Callable, Mapping
from functools import partial

from tasks.call.batch.books import Book
from tasks.call.batch.desk import BatchLane, Desk, InTime
from tasks.call.batch.doubt import Interrupted
from tasks.call.batch.lane import LaneWork
from tasks.call.batch.notes import Intent, Notes
from tasks.call.batch.shards import LaneCalls, Shards
from tasks.call.batch.telling import calls_of
from tasks.call.journal import Journal, JournalState
from tasks.call.session import CallSession
from warehouse.errors import StoppedShort


def always() -> bool:
    """There is time for a batch."""
    return True


class BatchSession:
    """Makes the calls of a run's batch lanes; errors and Ctrl-C stop the run's CallSession, as elsewhere.

    A stop leaves batches running at the provider; a resume takes their results.
    """

    def __init__(
        self,
        session: CallSession,
        journal: Journal,
        known: JournalState,
        notes: Notes,
        lanes: Mapping[str, BatchLane],
        *,
        run_id: str,
        retry_failed: bool = False,
        say: Callable[[str], None] = lambda _: None,
    ) -> None:
        self._lanes = lanes
        self._desk = Desk(run_id, session, notes, asyncio.Event(), say, set())
        self._old = frozenset(notes.open_parts)  # what earlier processes left
        # as under way from the start: what it gives back may be what another lane waits for
        session.till.adopt(sum(notes.intents[part].lane in lanes for part in self._old))
        self._book = partial(
            Book, session=session, journal=journal, known=known, till=session.till, retry_failed=retry_failed
        )

    def has_lane(self, name: str) -> bool:
        """Whether calls of this lane can go into batches."""
        return name in self._lanes

    def has_open(self, name: str) -> bool:
        """Whether something of this lane was sent, or may have been, and is not over."""
        notes = self._desk.notes
        return any(notes.intents[part].lane == name for part in notes.open_parts)

    async def run_lane(self, name: str, shards: Shards, in_time: InTime = always) -> None:
        """Make the calls of a lane that the journal lacks; return when each has ended or the run is stopped.

        `in_time` says whether there is time for one more batch; where not, calls are made in realtime.
        """
        async with asyncio.TaskGroup() as group:
            work = self._work(name, shards, group)

            async def run() -> None:
                await self._clear_up(work)
                await work.run(in_time)

            work.start(run())

    async def cancel_lane(self, name: str, shards: Shards) -> None:
        """Have the open batches of a lane stopped at the provider, and keep what was done of them."""
        async with asyncio.TaskGroup() as group:
            work = self._work(name, shards, group)

            async def cancel() -> None:
                await work.clear_up()
                await work.cancel()

            work.start(cancel())

    def left(self) -> list[str]:
        """A sentence on each batch that goes on at its provider, or may."""
        notes = self._desk.notes
        intents = [notes.intents[part] for part in notes.open_parts]
        return [_sentence(intent, notes.ids.get(intent.part), self._lanes) for intent in intents]

    def told(self) -> None:
        """Let the reason why the run stopped say what goes on without it."""
        session, left = self._desk.session, self.left()
        if left and type(session.fatal) is StoppedShort:
            session.fatal = StoppedShort(" ".join([str(session.fatal), *left]))
        else:
            for sentence in left:
                self._desk.say(sentence)

    def _work(self, name: str, shards: Shards, group: asyncio.TaskGroup) -> LaneWork:
        calls = LaneCalls(shards, self._desk.session)
        return LaneWork(self._lanes[name], calls, self._desk, self._book, group)

    async def _clear_up(self, work: LaneWork) -> None:
        """Clear up what is in doubt in a lane, and wait until nothing is in its account.

        Raises: Interrupted: the run is being stopped. What else `LaneWork.clear_up` raises.
        """
        await work.clear_up()
        while self._in_doubt(work.lane.account):
            if work.stopping or not await work.patience().look(0):
                raise Interrupted

    def _in_doubt(self, account: str) -> bool:
        notes = self._desk.notes
        lanes = {name for name, lane in self._lanes.items() if lane.account == account}
        open_ones = set(notes.open_parts) & self._old
        return any(notes.intents[part].lane in lanes and part not in notes.ids for part in open_ones)


def _sentence(intent: Intent, batch_id: str | None, lanes: Mapping[str, BatchLane]) -> str:
    model, calls = intent.lane.partition("|")[0], calls_of(intent)
    if intent.lane in lanes and lanes[intent.lane].fleeting:
        return (
            f"The simulated server ended, and its batch of {calls} of {model} with it: they are asked anew."
        )
    if batch_id is None:
        what = f"a batch of {calls} of {model} was sent to {intent.host}"
        return f"It is not known whether {what}; a resume looks."
    return f"Batch {batch_id} ({calls} of {model}) goes on at {intent.host}."
