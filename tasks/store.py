"""What the processes of one home share and must agree on: one small SQLite file, a transaction at a time.

It has a rollback journal (TRUNCATE, synchronous FULL) and not a write-ahead log: that log needs memory
shared by all its users, so a home on a network file system, used by several machines, would be damaged in
silence. The price is 1 to 13 ms of disk a commit (a log takes 0.05 ms), which a few commits a second can
pay. A process killed inside a transaction leaves a journal, from which the next one restores the file.

A file that is damaged, or of another schema version, is moved aside and a new one begun. Transactions hold
`limits.lock` shared and whoever moves the file aside holds it alone, so nobody goes on in the old file. The
file is never opened but by SQLite, whose locks would go with any other descriptor of it.
"""

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

from warehouse.errors import WarehouseError
from warehouse.locks import lock_alone

SCHEMA_VERSION = 1
APPLICATION_ID = 0x6E626C6D  # "nblm"
PATIENCE_S = 10.0
BUSY = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})
DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
OURS = frozenset({None, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_MISUSE, sqlite3.SQLITE_CONSTRAINT})
LOST = (
    "What the processes of this home had agreed on begins anew: leases of rate limits, which are taken again "
    "within seconds, and holds of money of runs that are under way, which count against no other run's "
    "budget from now on. What was spent is in the journals and in the warehouse, and is not lost."
)


class Store:
    """The shared file at `path`, made when it is first used. Its threads take turns; a fork makes its own.

    A call waits for the disk and for other processes: never make it in an event loop's own thread.
    `moved` is the sentence on a file that this process had to move aside, for a person.
    """

    def __init__(self, path: Path, patience_s: float = PATIENCE_S) -> None:
        self.path = path
        self.moved: str | None = None
        self._patience_s = patience_s
        self._ensured: list[str] = []
        self._mutex = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._lock: int | None = None  # the descriptor of `limits.lock`
        self._inode = 0  # of the file that the connection has open

    def ensure(self, sql: str) -> None:
        """Run one `create ... if not exists` now, and again in whatever file takes this one's place.

        Raises: WarehouseError: as `transaction`.
        """
        self._ensured.append(sql)
        with self.transaction() as connection:
            connection.execute(sql)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, with nobody else in between; what the block raises takes everything back.

        The block must be short and wait for nothing: others wait for it. It never commits itself, and
        transactions do not nest.

        Raises: WarehouseError: others held the file for ten seconds; the disk is full, read-only or broken;
        the file turned out damaged (the next transaction begins a new one).
        """
        with self._mutex, self._told():
            connection = self._begin(time.monotonic() + self._patience_s)
            try:
                yield connection
                _patiently(connection, "commit", time.monotonic() + self._patience_s)
            except BaseException:
                _roll_back(connection)
                raise
            finally:
                self._unlock()

    def close(self) -> None:
        """Let go of the file; a later transaction opens it again."""
        with self._mutex:
            self._close_connection()
            if self._lock is not None:
                os.close(self._lock)
                self._lock = None

    def _begin(self, deadline: float) -> sqlite3.Connection:
        """The connection, inside a transaction on the file that bears the name."""
        while True:
            self._lock_shared(deadline)
            try:
                if self._inode != _inode(self.path):  # it was moved or removed
                    self._close_connection()
                connection = self._connection or self._open(deadline)
                _patiently(connection, "begin immediate", deadline)
                if self._inode == _inode(self.path):
                    return connection
                _roll_back(connection)
                if time.monotonic() > deadline:
                    raise self._error("the file keeps being replaced")
            except _Unfit as unfit:
                self._move_aside(str(unfit), _inode(self.path), deadline)
            except BaseException:
                self._unlock()
                raise

    def _open(self, deadline: float) -> sqlite3.Connection:
        """A connection to a sound file of this schema, which is made where there is none.

        Raises: _Unfit: it is damaged, or of another schema.
        """
        connection = sqlite3.connect(self.path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            for words in ("journal_mode = truncate", "synchronous = full", "trusted_schema = off"):
                _patiently(connection, f"pragma {words}", deadline)
            _patiently(connection, "begin immediate", deadline)
            found = [_value(connection, f"pragma {name}") for name in ("user_version", "application_id")]
            if found == [0, 0] and _value(connection, "select count(*) from sqlite_schema") == 0:
                # new, or its maker was killed
                connection.execute(f"pragma user_version = {SCHEMA_VERSION}")
                connection.execute(f"pragma application_id = {APPLICATION_ID}")
            elif found != [SCHEMA_VERSION, APPLICATION_ID]:
                raise _Unfit(f"of schema version {found[0]} and not {SCHEMA_VERSION}")
            checked = _value(connection, "pragma quick_check(1)")
            if checked != "ok":
                raise _Unfit("damaged")
            for sql in self._ensured:
                connection.execute(sql)
            _patiently(connection, "commit", deadline)
        except BaseException as error:
            _roll_back(connection)
            connection.close()
            if isinstance(error, sqlite3.DatabaseError) and _code(error) in DAMAGED:
                raise _Unfit(f"damaged ({error})") from error
            raise
        self._connection, self._inode = connection, _inode(self.path)
        return connection

    def _move_aside(self, why: str, inode: int, deadline: float) -> None:
        """Give a file that cannot be used another name, unless somebody else has done so meanwhile."""
        self._close_connection()
        self._unlock()
        assert self._lock is not None
        if not lock_alone(self._lock, max(0.1, deadline - time.monotonic())):
            raise self._error(f"it is {why}, and other processes are using it")
        try:
            if inode != 0 and _inode(self.path) == inode:
                aside = self.path.with_name(f"{self.path.name}.aside-{datetime.now(UTC):%Y%m%dT%H%M%S%fZ}")
                # the journal first: beside a new file it would be taken for the new file's
                with suppress(FileNotFoundError):
                    self.path.with_name(f"{self.path.name}-journal").rename(f"{aside}-journal")
                self.path.rename(aside)
                self.moved = f"{self.path}: {why}. It was moved to {aside.name}. {LOST}"
        finally:
            self._unlock()

    def _lock_shared(self, deadline: float) -> None:
        if self._lock is None:
            self._lock = os.open(self.path.with_suffix(".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        while True:
            try:
                fcntl.flock(self._lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise self._error("another process is moving it aside") from None
                time.sleep(0.01)
            else:
                return

    def _unlock(self) -> None:
        if self._lock is not None:
            fcntl.flock(self._lock, fcntl.LOCK_UN)

    def _close_connection(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection, self._inode = None, 0

    @contextmanager
    def _told(self) -> Iterator[None]:
        """Turn what SQLite and the disk say into one sentence, with what to do."""
        try:
            yield
        except sqlite3.DatabaseError as error:
            code = _code(error)
            if code in OURS:
                raise  # a mistake of the block's, not the file's
            if code in DAMAGED and self._connection is not None:
                self._move_aside(f"damaged ({error})", self._inode, time.monotonic() + self._patience_s)
                raise self._error(self.moved or f"it was damaged ({error})") from error
            if code in BUSY:
                raise self._error(f"other processes have held it for {self._patience_s:g} s") from error
            raise self._error(str(error)) from error
        except OSError as error:
            raise self._error(error.strerror or str(error)) from error

    def _error(self, why: str) -> WarehouseError:
        said = why if why.startswith(f"{self.path}: ") else f"{self.path}: cannot be used: {why}."
        return WarehouseError(
            f"{said} The processes of this home agree there on rate limits and money. What was received is "
            'in the journal. Make room, mend the permissions or wait, then "nightbench resume" the run.'
        )


class _Unfit(Exception):
    """The file cannot be used as it is; the words end the sentence "it is ..."."""


def _patiently(connection: sqlite3.Connection, sql: str, deadline: float) -> None:
    """Run it; while others hold the file, again until the deadline."""
    pause_s = 0.001
    while True:
        try:
            connection.execute(sql).fetchall()
        except sqlite3.OperationalError as error:
            if _code(error) not in BUSY or time.monotonic() > deadline:
                raise
            time.sleep(pause_s)
            pause_s = min(0.02, pause_s * 1.5)
        else:
            return


def _roll_back(connection: sqlite3.Connection) -> None:
    with suppress(sqlite3.Error):  # SQLite has done so itself where the disk failed
        connection.execute("rollback")


def _value(connection: sqlite3.Connection, sql: str) -> object:
    return connection.execute(sql).fetchone()[0]


def _code(error: sqlite3.Error) -> int | None:
    """The primary code of SQLite's error; extended ones have it in their low byte."""
    code = getattr(error, "sqlite_errorcode", None)
    return None if code is None else code & 0xFF


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0
