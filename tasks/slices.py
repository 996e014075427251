"""A sum that several processes spend from in slices: the home's month, the budget of a run with workers.

A process holds a slice, seconds' worth of calls, and settles within it; now and then, and when the slice is
used up, it tells the store what was spent and takes the next. What nobody needs for a while goes back. So
processes that go on at one time never spend more than the sum.
"""

from abc import ABC, abstractmethod
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

from tasks.call.purse import ZERO, OutOfMoney
from tasks.home import Home
from tasks.shares import TABLE, Row, Shares, holder_of, rows_of, write_row
from tasks.store import Store
from warehouse.errors import WarehouseError

SHARE = 50  # a slice is at most so small a part of the sum, or what one call needs


class ShareGone(WarehouseError):
    """The process has no row in the store any more: the run was taken over, or the file is a new one."""


@dataclass(frozen=True)
class Got:
    """What the store gave, what it has as held since, and what other holders had spent and held then."""

    usd: Decimal
    held: Decimal
    others_spent: Decimal
    others_held: Decimal


@dataclass(frozen=True)
class Part:
    """One process among those of a run with workers."""

    shares: Shares
    journal: Path  # the file that it writes

    @property
    def holder(self) -> str:
        """Its name in the store."""
        return holder_of(self.shares.run_id, self.journal)


class SliceFund(ABC):
    """One holder's part in a sum; its methods belong to one event loop, the store is written in a thread.

    `part` is there in a run with workers. `close` gives back what was not spent.
    """

    def __init__(self, home: Home, holder: str, name: str, limit: Decimal, part: Part | None = None) -> None:
        self.limit = limit
        self._holder, self._name, self._part = holder, name, part
        self._store = Store(home.limits)
        self._thread = ThreadPoolExecutor(1, "money")
        self._slice = ZERO  # of the store's hold: neither reserved nor spent
        self._reserved = ZERO
        self._spent = ZERO  # by the holder, of this sum and, of months, of those before that this process saw
        self._before = ZERO  # of that, of those before
        self._held = ZERO  # in the store: the slice, and what was reserved of it or spent since it was asked
        self._others_spent = ZERO  # when the store was last asked
        self._asking: Future[Got] | None = None
        self._asked: Decimal | None = None  # how much the question is about
        self._refused: Decimal | None = None  # so much there is not, and nobody has it
        self._closed = False

    def begin(self, spent: Decimal | None = None) -> None:
        """Make the holder's row: so much was spent; with workers, what the process's journal file says.

        Raises: WarehouseError: the store or the file cannot be used.
        """
        self._store.ensure(TABLE)
        if self._part is not None:
            self._spent = self._part.shares.open(self._store, self._name, self._part.journal)
            return
        self._spent = spent or ZERO
        with self._store.transaction() as connection:
            write_row(connection, self._holder, self._name, Row(self._spent, ZERO))

    def take(self, usd: Decimal) -> bool:
        """Reserve out of the slice; one that is used up is filled in the background: ask again then."""
        self._receive()
        if usd > self._slice:
            if not self._is_refused(usd):
                self._ask(usd)
            return False
        self._slice -= usd
        self._reserved += usd
        return True

    def give_back(self, reserved: Decimal, spent: Decimal) -> None:
        """A reservation is over; so much of it was spent."""
        self._reserved -= reserved
        self._slice += reserved - spent
        self._spent += spent
        self._refused = None  # with this it may fit

    def may_come(self, usd: Decimal) -> bool:
        """Whether the store has not said no yet, or others hold some of the sum."""
        return not self._is_refused(usd)

    def rest(self) -> bool:
        """Nothing was taken for a while: the slice goes back. False: an answer is awaited, try again."""
        if self._closed:
            return True
        self._receive()
        if self._asking is not None:
            return False
        if self._held != self._reserved:
            self._slice, self._asked = ZERO, None
            self._asking = self._thread.submit(self._exchange, self._spent, self._reserved, ZERO, ZERO)
        return True

    @abstractmethod
    def lacks(self, usd: Decimal) -> OutOfMoney:
        """Why so much does not fit."""

    def close(self) -> None:
        """Write down what was spent, and what may have been, and give the rest back.

        Raises: WarehouseError: the store cannot be written; the next process that looks finds the hold.
        """
        self._closed = True
        self._thread.shutdown(wait=True)
        try:
            self._exchange(self._spent + self._reserved, ZERO, ZERO, ZERO)
        except ShareGone:  # who has taken the run over counts what the journals say
            pass
        finally:
            self._store.close()

    def _current(self) -> str:
        """The name of the sum at this moment."""
        return self._name

    def _is_refused(self, usd: Decimal) -> bool:
        """Whether so much was asked for in vain, while nobody else held any, and nothing came back since."""
        return self._refused is not None and usd >= self._refused

    def _ask(self, usd: Decimal) -> None:
        if self._asking is None:
            # The slice goes back with the question: two that each keep too little for their next call
            # would wait for each other for ever.
            offered, self._slice = self._slice, ZERO
            wanted = max(usd, offered + self.limit / SHARE)
            self._asked, self._refused = usd, None
            self._asking = self._thread.submit(self._exchange, self._spent, self._reserved, wanted, usd)

    def _receive(self) -> None:
        if self._asking is not None and self._asking.done():
            got, self._asking = self._asking.result(), None
            self._slice += got.usd
            self._held = got.held
            self._others_spent = got.others_spent
            if not got.usd and not got.others_held and not self._slice:
                self._refused = self._asked

    def _exchange(self, spent: Decimal, kept: Decimal, wanted: Decimal, least: Decimal) -> Got:
        """Tell the store what was spent and is kept for calls in flight, and take a slice: `wanted`, else all
        that is left where that is `least`, else nothing; the killed among the run's workers give back first.

        What was spent is told as a whole, so that nothing of it is lost with a transaction that failed, or
        with a store that had to be moved aside.
        """
        got = self._tell(spent, kept, wanted, least)
        if wanted > 0 and not got.usd and got.others_held > 0 and self._settle_dead():
            got = self._tell(spent, kept, wanted, least)
        return got

    def _settle_dead(self) -> bool:
        """Have those give back whose process died; whether there may have been one."""
        return self._part is not None and self._part.shares.settle_dead(self._store, self._name)

    def _tell(self, spent: Decimal, kept: Decimal, wanted: Decimal, least: Decimal) -> Got:
        name, before = self._current(), self._before
        with self._store.transaction() as connection:
            if self._part is not None and self._holder not in rows_of(connection, self._name):
                raise ShareGone(
                    f"{self._store.path}: what this process holds of {self._name} is not in it any more: "
                    "another process has taken the run over, or the file was moved aside. Every received "
                    f"answer is kept. `nightbench resume {self._part.shares.run_id}` counts anew what was "
                    "spent, and goes on."
                )
            if name != self._name:  # what is kept goes into the new month
                write_row(connection, self._holder, self._name, Row(spent - before, ZERO))
                before = spent
            others = [row for holder, row in rows_of(connection, name).items() if holder != self._holder]
            others_spent = sum((row.spent for row in others), ZERO)
            others_held = sum((row.held for row in others), ZERO)
            room = self.limit - others_spent - others_held - (spent - before) - kept
            got = wanted if wanted <= room else room if room >= least else ZERO
            write_row(connection, self._holder, name, Row(spent - before, kept + got))
        self._name, self._before = name, before
        return Got(got, kept + got, others_spent, others_held)


class SharedBudget(SliceFund):
    """`budget_usd` of a run with workers, for one of its processes."""

    def __init__(self, budget: Decimal, part: Part) -> None:
        super().__init__(part.shares.home, part.holder, part.shares.budget, budget, part)

    def lacks(self, usd: Decimal) -> OutOfMoney:
        """Why so much does not fit."""
        spent = self._spent + self._others_spent
        return OutOfMoney(
            f"the budget of ${self.limit} is used up: ${spent:f} are spent, and the next call may cost "
            f"${usd:f}."
        )
