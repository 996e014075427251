"""The journal: an append-only file a process, which makes a received response durable before it counts.

A line before each attempt and one after, each handed to the system at once: a killed process loses none.
A response counts only when its line is also on the disk: `end` returns after a sync, and one sync serves
every line that waits for it, at most every 50 ms; the first one after a pause does not wait.
The file belongs to the process that holds its flock; who comes later takes over a dead one's file and cuts
its torn tail. Every line has a checksum (`journal_records`); `journal_reader` reads all files of a run.

JSON Lines because of measurements (bench/bench_journal.py): half the processor time of SQLite in WAL mode, a
fraction of an Arrow stream's, and any tool reads it.

    python -m tasks.call.journal FOLDER_OR_FILE
"""

import asyncio
import os
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext, suppress
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from types import TracebackType
from uuid import UUID
from weakref import WeakSet

from tasks.call.journal_files import allocate, cannot, last_whole_line, own_file, reserve_of
from tasks.call.journal_reader import (
    CorruptRecord,
    JournalState,
    TornTail,
    check_schema,
    datasync,
    read_journal,
)
from tasks.call.journal_records import (
    AttemptEnd,
    begin_line,
    end_line,
    head_line,
    header,
    is_whole,
)
from tasks.home import DISK_FULL
from warehouse.durable import fsync_folder, make_folder
from warehouse.errors import WarehouseError

__all__ = [
    "AttemptEnd",
    "CorruptRecord",
    "Journal",
    "JournalIO",
    "JournalState",
    "TornTail",
    "read_journal",
]

SYNC_EVERY_S = 0.05
RESERVE_BYTES = 4 << 20  # room on the disk for the answers in flight when it gets full


@dataclass(frozen=True)
class JournalIO:
    """What the journal asks of the system; tests put failing or counting ones in their place."""

    write: Callable[[int, bytes], int] = os.write
    sync: Callable[[int], None] = datasync
    time_ns: Callable[[], int] = time.time_ns
    reserve_bytes: int = RESERVE_BYTES


class Journal:
    """The file that this process appends to. Its methods belong to one thread and one event loop."""

    def __init__(self, path: Path, descriptor: int, io: JournalIO) -> None:
        self.path = path
        self.cut: list[TornTail] = []
        self._io = io
        self._descriptor = descriptor  # -1: closed, or the parent's
        self._size = 0  # the end of the last whole line
        self._at = 0  # of the last line, in microseconds; never falls
        self._waiting: list[asyncio.Future[None]] = []
        self._loop: asyncio.AbstractEventLoop | None = None  # where a sync is under way or soon will be
        self._last_sync = -SYNC_EVERY_S
        self._broken: OSError | None = None  # nothing can be made durable any more
        self._full: OSError | None = None  # the reserve is needed: ends are written, attempts refused
        self._thread = ThreadPoolExecutor(1, "journal-sync")
        _OPEN.add(self)

    @classmethod
    def open(cls, folder: Path, run_id: str, io: JournalIO | None = None) -> "Journal":
        """Take over the file of a dead process, cutting its torn tail (see `cut`), or begin a new one.

        Raises: WarehouseError: the folder cannot be written, the disk is full, or the folder is another
            run's.
        """
        try:
            make_folder(folder)
            journal = cls(*own_file(folder), io or JournalIO())
        except OSError as error:
            raise cannot(folder, error, "Nothing was sent.") from error
        try:
            journal._start(run_id)
        except BaseException as error:
            journal._release()
            if isinstance(error, OSError):
                raise cannot(journal.path, error, "Nothing was sent.") from error
            raise
        return journal

    def begin(
        self, call_key: UUID, n: int, started_at: datetime, reserved_usd: Decimal | None = None
    ) -> None:
        """Note that attempt `n` is about to be sent. It survives a kill, not a power cut.

        Raises: WarehouseError: it cannot be written; the request must not be sent.
        """
        if self._full:
            raise cannot(self.path, self._full, "What was received is kept; this attempt was not sent.")
        self._append(begin_line(call_key, n, started_at, reserved_usd, self._now()))

    async def end(self, record: AttemptEnd) -> None:
        """Note how an attempt ended; returns when that is durable.

        Raises: WarehouseError: it may not be durable; the answer must not count.
        """
        await self.append(record)

    def append(self, record: AttemptEnd) -> asyncio.Future[None]:
        """Write an attempt's end and return what becomes done when it is durable.

        The line survives a kill at once. Whoever does not depend on it (the attempt will be tried again)
        need not wait.

        Raises: WarehouseError: it cannot be written.
        """
        self._append(end_line(record, self._now()), from_reserve=True)
        return self._durable()

    async def close(self) -> None:
        """Wait until everything is durable and give the file back.

        Raises: WarehouseError: some lines may not be durable.
        """
        try:
            if self._loop is not None:
                await self._durable()
            if self._broken:
                raise cannot(self.path, self._broken, "The last answers may not be kept.")
        finally:
            self._release()

    async def __aenter__(self) -> "Journal":
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with suppress(WarehouseError) if error is not None else nullcontext():  # the first error counts
            await self.close()

    def _append(self, line: bytes, from_reserve: bool = False) -> None:
        if self._broken:
            raise cannot(self.path, self._broken, "What was durable before is kept; this is not.")
        if self._descriptor < 0:
            raise WarehouseError(f"{self.path}: the journal is closed, or belongs to the parent process.")
        try:
            self._write(line)
        except OSError as error:
            self._undo_write(error)
            if not (from_reserve and self._full and self._spend_reserve()):
                raise cannot(self.path, error, "What was written before is kept; this is not.") from error
            self._append(line)
            return
        self._size += len(line)

    def _write(self, line: bytes) -> None:
        written = self._io.write(self._descriptor, line)
        while written < len(line):  # a signal, or the disk's last bytes
            written += self._io.write(self._descriptor, line[written:])

    def _undo_write(self, error: OSError) -> None:
        """Leave no part of a line; where the disk is full, ends can still be written."""
        try:
            os.ftruncate(self._descriptor, self._size)
        except OSError:
            self._broken = error
        if error.errno in DISK_FULL:
            self._full = error
        else:
            self._broken = error

    def _spend_reserve(self) -> bool:
        try:
            reserve_of(self.path).unlink()
        except FileNotFoundError:
            return False
        return not self._broken

    def _durable(self) -> asyncio.Future[None]:
        """What becomes done at the end of the next sync."""
        loop = asyncio.get_running_loop()
        if self._loop is not None and self._loop is not loop:
            if not self._loop.is_closed():
                raise RuntimeError(f"{self.path}: a journal belongs to one event loop")
            self._loop = None
            self._waiting = []
        durable = loop.create_future()
        self._waiting.append(durable)
        if self._loop is None:
            self._sync_soon(loop)
        return durable

    def _sync_soon(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        loop.call_later(max(0.0, self._last_sync + SYNC_EVERY_S - loop.time()), self._sync, loop)

    def _sync(self, loop: asyncio.AbstractEventLoop) -> None:
        batch, self._waiting = self._waiting, []
        self._last_sync = loop.time()
        job = loop.run_in_executor(self._thread, self._io.sync, self._descriptor)
        job.add_done_callback(partial(self._synced, batch))

    def _synced(self, batch: list[asyncio.Future[None]], job: asyncio.Future[None]) -> None:
        loop, self._loop = job.get_loop(), None
        error = job.exception()
        if isinstance(error, OSError):
            self._broken = error
            batch, self._waiting = batch + self._waiting, []
        for durable in batch:
            if durable.done():  # its waiter was cancelled
                continue
            if error is None:
                durable.set_result(None)
                continue
            state = "Answers of the last moment were received and may not be kept."
            durable.set_exception(cannot(self.path, error, state) if isinstance(error, OSError) else error)
            durable.exception()  # seen: who does not wait gets it with the next line, or at the close
        if self._waiting:
            self._sync_soon(loop)

    def _now(self) -> int:
        self._at = max(self._at, self._io.time_ns() // 1000)
        return self._at

    def _start(self, run_id: str) -> None:
        size = os.fstat(self._descriptor).st_size
        self._size, last_line = last_whole_line(self._descriptor, size)
        if self._size < size:
            os.ftruncate(self._descriptor, self._size)
            self.cut.append(TornTail(self.path, self._size, size - self._size))
        if self._size:
            self._check_owner(run_id)
            last = header(last_line)
            self._at = last.at if last else 0
        allocate(reserve_of(self.path), self._io.reserve_bytes)
        self._write(line := head_line(run_id, os.getpid(), self._now()))
        self._size += len(line)
        self._io.sync(self._descriptor)
        fsync_folder(self.path.parent)

    def _check_owner(self, run_id: str) -> None:
        with self.path.open("rb") as file:
            first = file.readline()
        found = header(first) if is_whole(first) else None
        if found and found.kind == "head" and (other := check_schema(first, self.path)) != run_id:
            raise WarehouseError(
                f'{self.path}: the journal of run "{other}", not of "{run_id}". Nothing was changed or sent. '
                "Move the file back to the folder of its run."
            )

    def _release(self) -> None:
        self._thread.shutdown(wait=True)  # a sync under way needs the descriptor
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            with suppress(OSError):
                reserve_of(self.path).unlink(missing_ok=True)
        _OPEN.discard(self)

    def _leave_to_parent(self) -> None:
        """In a forked child: drop the descriptor, which would hold the lock when the parent is dead."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1


_OPEN: WeakSet[Journal] = WeakSet()


def _after_fork() -> None:
    for journal in list(_OPEN):
        journal._leave_to_parent()
    _OPEN.clear()


os.register_at_fork(after_in_child=_after_fork)


if __name__ == "__main__":
    from tasks.call.journal_show import main

    sys.exit(main(sys.argv[1:]))
