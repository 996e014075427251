"""Who holds how much of a sum: rows of the home's store, a sum (a month, a run's budget) and holder each.

A run of one process is one holder, under its run id. In a run with workers every process is one, named by
its journal file (`nightly-1#3`), and its row says what that file says was spent. The row under the run id has
the rest: what the other files said when the run's own process began. So the rows add up to what the journals
say, and each is written by one process.

A worker that was killed has given up the lock of its file. Whoever of the run lacks money then reads the file
and writes the row anew: what was sent and not seen to end stays spent at its worst case, the rest comes back.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from sqlite3 import Connection
from uuid import UUID

from tasks.call.journal_reader import JournalState, journal_files, read_journal
from tasks.call.purse import ZERO
from tasks.home import Home
from tasks.store import Store
from warehouse.locks import is_locked

TABLE = """create table if not exists money (
    run_id text not null,
    month text not null,
    spent text not null,
    held text not null,
    primary key (run_id, month)
)"""  # `month` is the sum: 2026-11, or "budget RUN_ID"; `run_id` is the holder


@dataclass(frozen=True)
class Row:
    """What one holder has spent of a sum, and holds."""

    spent: Decimal
    held: Decimal


@dataclass(frozen=True)
class Shares:
    """The holders of one run that has workers. `is_real` says of a call whether it costs money."""

    home: Home
    run_id: str
    is_real: Callable[[UUID], bool] = lambda key: True

    @property
    def budget(self) -> str:
        """The sum that is the run's budget."""
        return budget_of(self.run_id)

    def begin(self, store: Store, known: JournalState, names: Collection[str]) -> None:
        """Write what the journals say was spent of these sums. Rows of the run's earlier processes go.

        For the process that holds the run's lock, when those processes start no call any more.

        Raises: WarehouseError: the store cannot be used.
        """
        with store.transaction() as connection:
            found = connection.execute("select distinct month from money where run_id glob ?", (self._parts,))
            earlier = {name for (name,) in found} - {self.budget}
        spent = {name: self.counted(known, name) for name in {*earlier, *names}}
        with store.transaction() as connection:
            _drop(connection, self.run_id)
            for name, usd in spent.items():
                write_row(connection, self.run_id, name, Row(usd, ZERO))

    def open(self, store: Store, name: str, journal: Path) -> Decimal:
        """Make the row of the process that writes this file; what the file says was spent until now.

        Raises: WarehouseError: the store or the file cannot be read.
        """
        spent, holder = self._spent(journal, name), holder_of(self.run_id, journal)
        with store.transaction() as connection:
            rows = rows_of(connection, name)
            base = rows.get(self.run_id)
            if holder not in rows and base is not None:  # it was counted there
                write_row(connection, self.run_id, name, Row(base.spent - spent, base.held))
            write_row(connection, holder, name, Row(spent, ZERO))
        return spent

    def settle_dead(self, store: Store, name: str) -> bool:
        """Give back what killed processes of the run hold of a sum; whether there was any.

        Raises: WarehouseError: the store or a journal cannot be read.
        """
        with store.transaction() as connection:
            rows = rows_of(connection, name)
        files = {holder_of(self.run_id, path): path for path in journal_files(self._folder)}
        dead = {
            holder: self._spent(files[holder], name)
            for holder, row in rows.items()
            if row.held and holder in files and not is_locked(files[holder])
        }
        with store.transaction() as connection:
            now = rows_of(connection, name)
            for holder, spent in dead.items():
                if now.get(holder) == rows[holder] and not is_locked(files[holder]):  # nobody took it over
                    write_row(connection, holder, name, Row(spent, ZERO))
        return bool(dead)

    def end(self, store: Store, known: JournalState, own: Path) -> bool:
        """Make one row a month of all the run's rows, of what its journals say; the budget's rows go.

        False, and nothing is done: another process of the run than this one, whose file is `own`, is there.

        Raises: WarehouseError: the store or a journal cannot be read.
        """
        if any(path != own and is_locked(path) for path in journal_files(self._folder)):
            return False
        known.refresh()
        self.begin(store, known, ())
        return True

    def counted(self, known: JournalState, name: str) -> Decimal:
        """What journals say was spent of a sum."""
        if name == self.budget:
            return sum((usd for _, _, usd in known.spent()), ZERO)
        return spent_in_month(known, name, self.is_real)

    @property
    def _parts(self) -> str:
        return _parts(self.run_id)

    @property
    def _folder(self) -> Path:
        return self.home.journal(self.run_id)

    def _spent(self, journal: Path, name: str) -> Decimal:
        with read_journal([journal]) as known:
            return self.counted(known, name)


def fold(connection: Connection, run_id: str, month: str, spent: Decimal) -> None:
    """Make one row of those of a run that is over or dead."""
    connection.execute("delete from money where month = ? and run_id glob ?", (month, _parts(run_id)))
    write_row(connection, run_id, month, Row(spent, ZERO))


def release(connection: Connection, run_id: str) -> None:
    """Of a run that is forgotten: what dead processes hold counts as spent, because nothing can tell."""
    found = connection.execute(
        "select month, spent, held from money where run_id = ? or run_id glob ?", (run_id, _parts(run_id))
    )
    sums: dict[str, Decimal] = {}
    for month, spent, held in found.fetchall():
        sums[month] = sums.get(month, ZERO) + Decimal(spent) + Decimal(held)
    _drop(connection, run_id)
    for month in sums.keys() - {budget_of(run_id)}:
        write_row(connection, run_id, month, Row(sums[month], ZERO))


def holder_of(run_id: str, journal: Path) -> str:
    """The name of the process that writes this journal file."""
    return f"{run_id}#{journal.stem}"


def run_of(holder: str) -> str:
    """The run that a holder works for."""
    return holder.partition("#")[0]


def budget_of(run_id: str) -> str:
    """The name of a run's budget among the sums."""
    return f"budget {run_id}"


def month_of(when: datetime) -> str:
    """The UTC month: `2026-11`."""
    return f"{when.astimezone(UTC):%Y-%m}"


def spent_in_month(known: JournalState, month: str, counts: Callable[[UUID], bool]) -> Decimal:
    """What the attempts of a journal that began in a month cost, or may have cost."""
    return sum((usd for key, at, usd in known.spent() if month_of(at) == month and counts(key)), ZERO)


def rows_of(connection: Connection, name: str) -> dict[str, Row]:
    """The holders of a sum."""
    found = connection.execute("select run_id, spent, held from money where month = ?", (name,))
    return {holder: Row(Decimal(spent), Decimal(held)) for holder, spent, held in found}


def write_row(connection: Connection, holder: str, name: str, row: Row) -> None:
    """Tell the store about a holder."""
    connection.execute(
        "insert or replace into money (run_id, month, spent, held) values (?, ?, ?, ?)",
        (holder, name, f"{row.spent:f}", f"{row.held:f}"),
    )


def _drop(connection: Connection, run_id: str) -> None:
    """Remove the rows of the run's processes, and of its budget; its own of each month stay."""
    connection.execute(
        "delete from money where run_id glob ? or month = ?", (_parts(run_id), budget_of(run_id))
    )


def _parts(run_id: str) -> str:
    """The pattern of the holders that are processes of the run."""
    return f"{run_id}#*"
