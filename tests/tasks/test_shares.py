"""The processes of a run spend from one sum, never more, whoever is killed; what was not sent comes back."""

import asyncio
import random
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.journal import Journal, read_journal
from tasks.call.purse import ZERO, OutOfMoney, Purse
from tasks.home import Home
from tasks.month import MonthFund, month_so_far
from tasks.runs import begin_run, run_lock
from tasks.shares import TABLE, Row, Shares, holder_of, month_of, rows_of
from tasks.slices import Part, SharedBudget, ShareGone, SliceFund
from tasks.spec import make_spec
from tasks.store import Store
from tests.tasks.call.journal_cases import answered
from tests.tasks.cases import key_of

RUN = "many"
LIMIT = Decimal(10)
PATIENCE_S = 10.0
SPEC = {"suites": ["sums"], "models": [{"model": "openai/gpt-4o-2024-05-13"}], "engine": {"workers": 2}}


@dataclass
class There:
    """A home, and the run's shares in it."""

    home: Home
    shares: Shares
    store: Store
    n: int = 0  # calls so far

    def begin(self) -> None:
        """As the flow's process does, when it has the lock."""
        with read_journal(self.home.journal(RUN)) as known:
            self.shares.begin(self.store, known, [self.shares.budget, month_of(datetime.now(UTC))])

    def rows(self, name: str | None = None) -> dict[str, Row]:
        with self.store.transaction() as connection:
            return rows_of(connection, name or self.shares.budget)

    def in_journals(self) -> Decimal:
        """What was spent, by all files."""
        with read_journal(self.home.journal(RUN)) as known:
            return self.shares.counted(known, self.shares.budget)


@pytest.fixture
def there(tmp_path: Path) -> There:
    home = Home(tmp_path)
    home.make()
    store = Store(home.limits)
    store.ensure(TABLE)
    found = There(home, Shares(home, RUN), store)
    found.begin()
    return found


@dataclass(eq=False)
class Process:
    """One process of the run, played: what it holds, and the attempts that it has in flight."""

    there: There
    monthly: bool = False
    in_flight: list[tuple[int, Decimal]] = field(default_factory=list)  # number of the call, its worst case

    def __post_init__(self) -> None:
        self.journal = Journal.open(self.there.home.journal(RUN), RUN)
        part = Part(self.there.shares, self.journal.path)
        self.fund: SliceFund = SharedBudget(LIMIT, part)
        if self.monthly:
            self.fund = MonthFund(self.there.home, RUN, LIMIT, part=part)
        self.fund.begin()

    async def take(self, usd: Decimal) -> bool:
        """Whether the sum holds so much, once the store has answered."""
        until = time.monotonic() + PATIENCE_S
        while not self.fund.take(usd):
            if not self.fund.may_come(usd):
                return False
            assert time.monotonic() < until
            await asyncio.sleep(0.002)
        return True

    def send(self, worst: Decimal) -> None:
        """An attempt for which so much is reserved is sent."""
        self.there.n += 1
        self.journal.begin(key_of(self.there.n), 1, datetime.now(UTC), worst)
        self.in_flight.append((self.there.n, worst))

    async def receive(self, usd: Decimal) -> None:
        """The oldest attempt in flight ends, and costs so much or its worst case."""
        number, worst = self.in_flight.pop(0)
        cost = min(usd, worst)
        self.fund.give_back(worst, cost)
        now = datetime.now(UTC)
        await self.journal.end(replace(answered(number), started_at=now, ended_at=now, usd=cost))

    async def spend(self, worst: str, usd: str) -> None:
        assert await self.take(Decimal(worst))
        self.send(Decimal(worst))
        await self.receive(Decimal(usd))

    async def kill(self) -> None:
        """Nothing is told to anybody; the system lets go of its lock."""
        self.fund._thread.shutdown(wait=True)
        self.fund._store.close()
        await self.journal.close()

    async def close(self) -> None:
        self.fund.close()
        await self.journal.close()


def run(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 60))


@pytest.mark.parametrize("seed", range(6))
def test_never_more_is_spent_and_in_flight_than_the_sum_whoever_is_killed(there: There, seed: int) -> None:
    """At the end one that lives can spend all that the journals do not say was spent, to the last cent."""
    rng = random.Random(seed)

    async def work() -> None:
        living = [Process(there) for _ in range(3)]
        for _ in range(250):
            process = rng.choice(living)
            what = rng.random()
            if what < 0.5:
                worst = Decimal(rng.randint(1, 60)) / 100
                if process.fund.take(worst):
                    process.send(worst)
            elif what < 0.8 and process.in_flight:
                await process.receive(Decimal(rng.randint(0, 40)) / 100)
            elif what < 0.9:
                process.fund.rest()
            elif what < 0.94:
                await process.kill()
                living.remove(process)
                living.append(Process(there))
            assert there.in_journals() <= LIMIT  # what is in flight is there at its worst case
            assert sum((row.spent + row.held for row in there.rows().values()), ZERO) <= LIMIT
            await asyncio.sleep(rng.choice([0, 0.003]))
        last, *others = living
        for process in others:
            await (process.kill() if rng.random() < 0.5 else process.close())
        left = LIMIT - there.in_journals()
        assert not await last.take(left + Decimal("0.01"))
        assert await last.take(left)
        last.fund.give_back(left, ZERO)
        await last.close()

    run(work)


def test_what_a_killed_worker_held_comes_back_but_for_what_it_had_in_flight(there: There) -> None:
    async def work() -> None:
        dead, other = Process(there), Process(there)
        await dead.spend("4", "1")
        assert await dead.take(Decimal(2))
        dead.send(Decimal(2))
        assert await dead.take(Decimal(3))  # never sent
        assert other.fund.may_come(Decimal(7))
        await dead.kill()
        assert await other.take(Decimal(7))
        assert there.rows()[holder_of(RUN, dead.journal.path)] == Row(Decimal(3), ZERO)
        assert not await other.take(Decimal("0.01"))
        await other.close()

    run(work)


def test_what_a_living_one_holds_is_left_to_it(there: There) -> None:
    async def work() -> None:
        one, other = Process(there), Process(there)
        assert await one.take(Decimal(4))
        for _ in range(20):
            assert not other.fund.take(Decimal(7))
            assert other.fund.may_come(Decimal(7)), "it is not sent yet, and may come back"
            await asyncio.sleep(0.01)
        one.fund.give_back(Decimal(4), ZERO)
        assert one.fund.rest()
        assert await other.take(Decimal(7))
        await one.close()
        await other.close()

    run(work)


def test_who_takes_over_a_dead_ones_file_counts_what_it_says_once(there: There) -> None:
    async def work() -> None:
        first = Process(there)
        await first.spend("4", "1")
        await first.kill()
        second = Process(there)
        assert second.journal.path == first.journal.path
        await second.spend("4", "2")
        await second.close()
        there.begin()  # the run is resumed
        third = Process(there)
        await third.spend("4", "2.5")
        rows = there.rows()
        assert (rows[RUN].spent, sum(row.spent for row in rows.values())) == (ZERO, 3)
        assert not await third.take(Decimal("4.51"))
        assert await third.take(Decimal("4.5"))
        await third.close()
        assert there.rows()[holder_of(RUN, third.journal.path)] == Row(Decimal(10), ZERO)

    run(work)


def test_a_process_of_a_run_that_was_taken_over_gets_and_writes_nothing(there: There) -> None:
    """What it still receives is in its journal, and counts there."""

    async def work() -> None:
        old = Process(there)
        assert await old.take(Decimal(3))
        old.send(Decimal(3))
        there.begin()
        assert there.rows() == {RUN: Row(Decimal(3), ZERO)}
        await old.receive(Decimal(1))
        with pytest.raises(ShareGone, match="nightbench resume many"):
            await old.take(Decimal(4))
        new = Process(there)
        assert not await new.take(Decimal("7.01"))
        await old.close()
        assert holder_of(RUN, old.journal.path) not in there.rows()
        await new.close()
        there.begin()
        assert there.rows() == {RUN: Row(Decimal(1), ZERO)}

    run(work)


def test_a_run_of_one_month_is_one_row_when_it_has_ended(there: There) -> None:
    async def work() -> None:
        month = month_of(datetime.now(UTC))
        flow, worker = Process(there, monthly=True), Process(there, monthly=True)
        await flow.spend("1", "0.5")
        await worker.spend("1", "0.75")
        with read_journal(there.home.journal(RUN)) as known:
            flow.fund.close()
            assert not there.shares.end(there.store, known, flow.journal.path), "the worker is there"
            await worker.kill()
            assert there.shares.end(there.store, known, flow.journal.path)
        await flow.journal.close()
        assert there.rows(month) == {RUN: Row(Decimal("1.25"), ZERO)}
        assert there.rows() == {}, "the budget's rows go"

    run(work)


def test_a_dead_run_gives_back_once_its_workers_are_gone_too(there: There) -> None:
    async def work() -> None:
        now = datetime.now(UTC)
        begin_run(there.home, make_spec(SPEC, "the test"), RUN, trigger="cli")
        with run_lock(there.home, RUN):
            flow, worker = Process(there, monthly=True), Process(there, monthly=True)
            await worker.spend("1", "0.75")
            assert await worker.take(Decimal(2))
            worker.send(Decimal(2))
            await flow.kill()
        held = month_so_far(there.home, LIMIT, now).held
        assert held >= 2, "a worker without its flow may still be there"
        await worker.kill()
        sums = month_so_far(there.home, LIMIT, now)
        assert (sums.spent, sums.held) == (Decimal("2.75"), ZERO)
        assert there.rows(month_of(now)).keys() == {RUN}

    run(work)


@pytest.mark.parametrize("seed", range(3))
def test_purses_that_lack_different_sums_do_not_wait_for_each_other(
    there: There, seed: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each process pays from the budget and the month; all come to an end, at the sum."""
    monkeypatch.setattr("tasks.call.purse.REST_S", 0.05)
    monkeypatch.setattr("tasks.call.purse.LOOK_AGAIN_S", 0.005)
    rng = random.Random(seed)

    async def work() -> None:
        processes = [(Process(there), Process(there, monthly=True)) for _ in range(3)]
        ended: list[int] = []

        async def calls(number: int, purse: Purse) -> None:
            async def one() -> None:
                worst = Decimal(rng.randint(1, 60)) / 100
                await purse.reserve((worst, worst))
                await asyncio.sleep(rng.random() / 100)
                purse.settle((worst, worst), (worst, worst))

            with suppress(OutOfMoney):
                for _ in range(5 + 40 * number):  # the first has soon no calls left, and rests
                    await asyncio.gather(one(), one())
            ended.append(number)

        purses = [Purse(budget.fund, month.fund) for budget, month in processes]
        await asyncio.gather(*(calls(number, purse) for number, purse in enumerate(purses)))
        spent = sum((budget.fund._spent for budget, _ in processes), ZERO)
        assert sorted(ended) == [0, 1, 2]
        assert LIMIT - Decimal("0.6") < spent <= LIMIT
        for process in (one for pair in processes for one in pair):
            await process.close()

    run(work)
