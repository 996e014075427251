"""What the home may spend in a calendar month (UTC), all its runs together: NIGHTBENCH_MONTHLY_USD.

The store has a row a run and month: what the run has spent, and what it holds. A process holds a slice,
seconds' worth of calls, and settles within it; now and then, and when the slice is used up, it writes down
what was spent and takes the next. So runs that go on at one time never spend more than the month has.

A run whose process died holds its slice until another process finds it dead: then its journal says what was
sent and what it cost, and the rest comes back. Where the store has no row of a run of this month (it was
moved aside, or the run is older than it), the run's journal or the warehouse says what it spent.

An attempt counts in the month in which it was sent, one in flight at midnight in the next. Simulated and
imported runs never count.
"""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from sqlite3 import Connection
from uuid import UUID

from tasks.call.journal_reader import JournalState, read_journal
from tasks.call.purse import ZERO, OutOfMoney
from tasks.home import Home
from tasks.runs import RunRecord, is_running, list_runs
from tasks.store import Store
from warehouse.query import run_sql

TABLE = """create table if not exists money (
    run_id text not null,
    month text not null,
    spent text not null,
    held text not null,
    primary key (run_id, month)
)"""
SHARE = 50  # a slice is at most so small a part of the month, or what one call needs


def _now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True)
class Got:
    """What the store gave, and what other runs held at that moment."""

    usd: Decimal
    others_held: Decimal


@dataclass(frozen=True)
class MonthSoFar:
    """The sums of one month, for a person."""

    month: str
    limit: Decimal | None
    spent: Decimal
    held: Decimal


class MonthSpent(OutOfMoney):
    """What the home may spend in a month is used up, which a larger budget of the run does not help."""

    def way_on(self, run_id: str) -> str:
        """Later, or with more for all runs of the month."""
        return (
            f"Every received answer is kept. `nightbench resume {run_id}` goes on with it next month, or now "
            f"with a larger NIGHTBENCH_MONTHLY_USD."
        )


class MonthFund:
    """One run's part in the month; its methods belong to one event loop, the store is written in a thread.

    `close` gives back what was not spent.
    """

    def __init__(self, home: Home, run_id: str, limit: Decimal, now: Callable[[], datetime] = _now) -> None:
        self._run_id, self.limit, self._now = run_id, limit, now
        self._store = Store(home.limits)
        self._thread = ThreadPoolExecutor(1, "month")
        self._month = month_of(now())
        self._slice = ZERO  # of the store's hold: neither reserved nor spent
        self._reserved = ZERO
        self._spent = ZERO  # by the run, in this month and in those before that this process saw
        self._before = ZERO  # of that, in those before
        self._asking: Future[Got] | None = None
        self._asked = ZERO  # how much the question is about
        self._refused: Decimal | None = None  # so much there is not, and nobody has it

    @classmethod
    def open(cls, home: Home, run_id: str, limit: Decimal, spent: Decimal) -> "MonthFund":
        """Take part; `spent` is what the run's own journal says of this month. The dead give back.

        Raises: WarehouseError: the store cannot be used.
        """
        fund = cls(home, run_id, limit)
        fund._store.ensure(TABLE)
        settle_month(home, fund._store, fund._month, but=run_id)
        fund._spent = spent
        with fund._store.transaction() as connection:
            _write(connection, run_id, fund._month, spent, ZERO)
        return fund

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
        """Whether the store has not said no yet, or other runs hold some of the month."""
        return not self._is_refused(usd)

    def _is_refused(self, usd: Decimal) -> bool:
        """Whether so much was asked for in vain, while nobody else held any, and nothing came back since."""
        return self._refused is not None and usd >= self._refused

    def lacks(self, usd: Decimal) -> OutOfMoney:
        """Why so much does not fit."""
        return MonthSpent(
            f"NIGHTBENCH_MONTHLY_USD = {self.limit} is used up for {self._month}, and the next call may cost "
            f"${usd:f}."
        )

    def close(self) -> None:
        """Write down what was spent, and what may have been, and give the rest back.

        Raises: WarehouseError: the store cannot be written; the next process that looks finds the hold.
        """
        self._thread.shutdown(wait=True)
        self._exchange(self._spent + self._reserved, ZERO, ZERO, ZERO)
        self._store.close()

    def _ask(self, usd: Decimal) -> None:
        if self._asking is None:
            # The slice goes back with the question: two runs that each keep too little for their next call
            # would wait for each other for ever.
            offered, self._slice = self._slice, ZERO
            wanted = max(usd, offered + self.limit / SHARE)
            self._asked, self._refused = usd, None
            self._asking = self._thread.submit(self._exchange, self._spent, self._reserved, wanted, usd)

    def _receive(self) -> None:
        if self._asking is not None and self._asking.done():
            got, self._asking = self._asking.result(), None
            self._slice += got.usd
            if not got.usd and not got.others_held and not self._slice:
                self._refused = self._asked

    def _exchange(self, spent: Decimal, kept: Decimal, wanted: Decimal, least: Decimal) -> Got:
        """Tell the store what was spent and is kept for calls in flight, and take a slice: `wanted`, else all
        that is left where that is `least`, else nothing.

        What was spent is told as a whole, so that nothing of it is lost with a transaction that failed, or
        with a store that had to be moved aside.
        """
        month, before = month_of(self._now()), self._before
        with self._store.transaction() as connection:
            if month != self._month:  # what is kept goes into the new month
                _write(connection, self._run_id, self._month, spent - before, ZERO)
                before = spent
            own_spent = spent - before
            others = [pair for run, pair in _rows(connection, month).items() if run != self._run_id]
            room = self.limit - sum((a + b for a, b in others), ZERO) - own_spent - kept
            got = wanted if wanted <= room else room if room >= least else ZERO
            _write(connection, self._run_id, month, own_spent, kept + got)
        self._month, self._before = month, before
        return Got(got, sum((held for _, held in others), ZERO))


def settle_month(home: Home, store: Store, month: str, *, but: str = "") -> None:
    """Give back what dead processes hold, and add the runs of the month that the store does not know.

    Raises: WarehouseError: the store, a journal or the warehouse cannot be read.
    """
    with store.transaction() as connection:
        rows = _rows(connection, month)
    found: dict[str, Decimal] = {}
    for record in list_runs(home):
        run_id, row = record.run_id, rows.get(record.run_id)
        if run_id == but or is_running(home, run_id) or record.kind == "import":
            continue
        if (row is None and _touched(home, record) >= month) or (row is not None and row[1] > 0):
            found[run_id] = (
                row[0] if row and not home.journal(run_id).is_dir() else _spent(home, record, month)
            )
    with store.transaction() as connection:
        for run_id, spent in found.items():
            if not is_running(home, run_id):  # it may have begun meanwhile, and knows better
                _write(connection, run_id, month, spent, ZERO)


def month_so_far(home: Home, limit: Decimal | None, now: datetime) -> MonthSoFar:
    """The sums of this month over all runs of a home.

    Raises: WarehouseError: as settle_month.
    """
    store, month = Store(home.limits), month_of(now)
    try:
        store.ensure(TABLE)
        settle_month(home, store, month)
        with store.transaction() as connection:
            rows = _rows(connection, month).values()
    finally:
        store.close()
    return MonthSoFar(month, limit, sum((a for a, _ in rows), ZERO), sum((b for _, b in rows), ZERO))


def month_of(when: datetime) -> str:
    """The UTC month: `2026-11`."""
    return f"{when.astimezone(UTC):%Y-%m}"


def spent_in_month(known: JournalState, month: str, counts: Callable[[UUID], bool]) -> Decimal:
    """What the attempts of a journal that began in a month cost, or may have cost."""
    return sum((usd for key, at, usd in known.spent() if month_of(at) == month and counts(key)), ZERO)


def _spent(home: Home, record: RunRecord, month: str) -> Decimal:
    """What a run that is over or dead spent in a month; of a mixed run's simulated calls too."""
    if all(entry.model.startswith("simulated/") for entry in record.eval_spec().models):
        return ZERO
    folder = home.journal(record.run_id)
    if folder.is_dir():
        with read_journal(folder) as known:
            return spent_in_month(known, month, lambda _: True)
    if not (home.warehouse / "catalog.duckdb").exists():
        return ZERO
    sums = run_sql(
        home.warehouse,
        f"select coalesce(sum(usd), 0) from call_costs where run_id = '{record.run_id}' and not simulated "
        f"and strftime(started_at at time zone 'UTC', '%Y-%m') = '{month}'",
    )
    return Decimal(str(sums.rows[0][0]))


def _touched(home: Home, record: RunRecord) -> str:
    """The last month in which a run can have spent anything."""
    folder = home.journal(record.run_id)
    times = [path.stat().st_mtime for path in folder.glob("*.jsonl")] if folder.is_dir() else []
    last = datetime.fromtimestamp(max(times), UTC) if times else record.started
    return month_of(last)


def _rows(connection: Connection, month: str) -> dict[str, tuple[Decimal, Decimal]]:
    found = connection.execute("select run_id, spent, held from money where month = ?", (month,))
    return {run_id: (Decimal(spent), Decimal(held)) for run_id, spent, held in found}


def _write(connection: Connection, run_id: str, month: str, spent: Decimal, held: Decimal) -> None:
    connection.execute(
        "insert or replace into money (run_id, month, spent, held) values (?, ?, ?, ?)",
        (run_id, month, f"{spent:f}", f"{held:f}"),
    )
