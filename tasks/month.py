"""What the home may spend in a calendar month (UTC), all its runs together: NIGHTBENCH_MONTHLY_USD.

The store has a row a run and month: what the run has spent, and what it holds (tasks/shares.py). Runs that go
on at one time take it in slices (tasks/slices.py).

A run whose process died holds its slice until another process finds it dead: then its journal says what was
sent and what it cost, and the rest comes back. Where the store has no row of a run of this month (it was
moved aside, or the run is older than it), the run's journal or the warehouse says what it spent.

An attempt counts in the month in which it was sent, one in flight at midnight in the next. Simulated and
imported runs never count.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

from tasks.call.journal_reader import journal_files, read_journal
from tasks.call.purse import ZERO, OutOfMoney
from tasks.home import Home
from tasks.runs import RunRecord, is_running, list_runs
from tasks.shares import TABLE, Row, fold, month_of, rows_of, run_of, spent_in_month
from tasks.slices import Part, SliceFund
from tasks.store import Store
from warehouse.locks import is_locked
from warehouse.query import run_sql

LOOK_S = 5.0  # so often a run that lacks money looks for runs that died and hold some


def _now() -> datetime:
    return datetime.now(UTC)


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


class MonthFund(SliceFund):
    """One run's part in the month, or that of one process of a run with workers."""

    def __init__(
        self,
        home: Home,
        run_id: str,
        limit: Decimal,
        now: Callable[[], datetime] = _now,
        part: Part | None = None,
    ) -> None:
        super().__init__(home, run_id if part is None else part.holder, month_of(now()), limit, part)
        self._home, self._run_id, self._now = home, run_id, now
        self._look_at = float("-inf")  # when, at the earliest, dead runs are looked for again

    @classmethod
    def open(
        cls, home: Home, run_id: str, limit: Decimal, spent: Decimal, part: Part | None = None
    ) -> "MonthFund":
        """Take part; `spent` is what the run's own journal says of this month. The dead give back.

        With a `part` it is what the process's own journal file says, whatever `spent` is.

        Raises: WarehouseError: the store cannot be used.
        """
        fund = cls(home, run_id, limit, part=part)
        fund._store.ensure(TABLE)
        settle_month(home, fund._store, fund._name, but=run_id)
        fund.begin(spent)
        return fund

    def lacks(self, usd: Decimal) -> OutOfMoney:
        """Why so much does not fit."""
        return MonthSpent(
            f"NIGHTBENCH_MONTHLY_USD = {self.limit} is used up for {self._name}, and the next call may cost "
            f"${usd:f}."
        )

    def _current(self) -> str:
        return month_of(self._now())

    def _settle_dead(self) -> bool:
        if time.monotonic() < self._look_at:
            return super()._settle_dead()
        self._look_at = time.monotonic() + LOOK_S
        super()._settle_dead()
        settle_month(self._home, self._store, self._name, but=self._run_id)
        return True


def settle_month(home: Home, store: Store, month: str, *, but: str = "") -> None:
    """Give back what dead processes hold, and add the runs of the month that the store does not know.

    A run with workers is left as it is while one of them is there.

    Raises: WarehouseError: the store, a journal or the warehouse cannot be read.
    """
    with store.transaction() as connection:
        rows = rows_of(connection, month)
    of_run: dict[str, dict[str, Row]] = {}
    for holder, row in rows.items():
        of_run.setdefault(run_of(holder), {})[holder] = row
    found: dict[str, Decimal] = {}
    for record in list_runs(home):
        run_id, own = record.run_id, of_run.get(record.run_id, {})
        if run_id == but or is_running(home, run_id) or record.kind == "import":
            continue
        has_parts = bool(own.keys() - {run_id})
        if _has_worker(home, run_id) if has_parts else own and not own[run_id].held:
            continue
        if own and not home.journal(run_id).is_dir():
            found[run_id] = sum((row.spent + (row.held if has_parts else ZERO) for row in own.values()), ZERO)
        elif own or _touched(home, record) >= month:
            found[run_id] = _spent(home, record, month)
    with store.transaction() as connection:
        for run_id, spent in found.items():
            if not is_running(home, run_id):  # it may have begun meanwhile, and knows better
                fold(connection, run_id, month, spent)


def month_so_far(home: Home, limit: Decimal | None, now: datetime) -> MonthSoFar:
    """The sums of this month over all runs of a home.

    Raises: WarehouseError: as settle_month.
    """
    store, month = Store(home.limits), month_of(now)
    try:
        store.ensure(TABLE)
        settle_month(home, store, month)
        with store.transaction() as connection:
            rows = rows_of(connection, month).values()
    finally:
        store.close()
    return MonthSoFar(
        month, limit, sum((row.spent for row in rows), ZERO), sum((row.held for row in rows), ZERO)
    )


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


def _has_worker(home: Home, run_id: str) -> bool:
    """Whether a process of a run that has lost its own is still there: it has at most seconds to live."""
    return any(map(is_locked, journal_files(home.journal(run_id))))


def _touched(home: Home, record: RunRecord) -> str:
    """The last month in which a run can have spent anything."""
    folder = home.journal(record.run_id)
    times = [path.stat().st_mtime for path in folder.glob("*.jsonl")] if folder.is_dir() else []
    last = datetime.fromtimestamp(max(times), UTC) if times else record.started
    return month_of(last)
