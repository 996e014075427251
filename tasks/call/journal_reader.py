"""What the journal of a run holds: which calls are answered, which finally failed, every attempt of each.

A reader indexes the files of all processes and keeps no response in memory: `outcome` reads it back by its
position. What it counts is durable, because it syncs a file before it reads it (a killed process may have
left lines that only the system's memory holds). `refresh` reads what was appended since.

Damage is reported, never silently skipped: `torn` lists the tails that dead owners left, `corrupt` the lines
amid good ones whose checksum does not fit. The unfinished last line of a file that has a living owner is
neither; it is read when it is whole.
"""

import errno
import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from types import TracebackType
from uuid import UUID

from tasks.call.journal_index import CallIndex, Entry, State
from tasks.call.journal_records import (
    SCHEMA,
    AttemptBegin,
    AttemptEnd,
    Header,
    decode,
    header,
    is_whole,
    parse,
)
from tasks.model import Attempt, Outcome
from warehouse.errors import WarehouseError
from warehouse.locks import is_locked

datasync = getattr(os, "fdatasync", os.fsync)  # macOS has no fdatasync
_BUFFER = 1 << 20
_GUESS = 8192  # bytes that hold most records


@dataclass(frozen=True)
class TornTail:
    """Bytes at a file's end that are no whole record: its owner died while it wrote them."""

    file: Path
    offset: int
    n_bytes: int


@dataclass(frozen=True)
class CorruptRecord:
    """Bytes amid good records that are none themselves; they are skipped."""

    file: Path
    offset: int
    n_bytes: int


class CallKeys(Collection[UUID]):
    """The keys of the calls that came to one state; made anew on each use, so it follows a refresh."""

    def __init__(self, index: CallIndex, state: State) -> None:
        self._index = index
        self._wanted = state

    def __contains__(self, call_key: object) -> bool:
        return isinstance(call_key, UUID) and self._index.state(call_key.int) == self._wanted

    def __len__(self) -> int:
        return self._index.count(self._wanted)

    def __iter__(self) -> Iterator[UUID]:
        return (UUID(int=key) for key in self._index.keys(self._wanted))


class JournalState:
    """A run's journal as it was at the last `refresh`."""

    def __init__(self, source: Path | Sequence[Path]) -> None:
        self._source = source
        self.torn: list[TornTail] = []
        self.corrupt: list[CorruptRecord] = []
        self._index = CallIndex()
        self._files: list[Path] = []
        self._read_to: list[int] = []  # of each file: the end of its last whole record
        self._open: dict[int, int] = {}

    @property
    def answered(self) -> CallKeys:
        """The calls that have a durable answer."""
        return CallKeys(self._index, State.ANSWERED)

    @property
    def failed(self) -> CallKeys:
        """The calls that have finally failed and were never answered."""
        return CallKeys(self._index, State.FAILED_FINALLY)

    @property
    def n_bytes(self) -> int:
        """Memory of the index."""
        return self._index.n_bytes

    @property
    def n_unseen(self) -> int:
        """Attempts that began and whose end nobody saw, those in flight at this moment included."""
        return self._index.n_begun

    def outcome(self, call_key: UUID) -> Outcome | None:
        """How a call ended, or None: it was never asked, or its attempts came to no end yet.

        Of two answers the first durable one counts; of two final failures (asked again with --retry-failed)
        the newest. `queued_s` is what the journal's writer gave for the attempt that counts.

        Raises: WarehouseError: a record has changed since it was indexed.
        """
        records = self._records(call_key)
        ends = [
            (head.at, entry.file, entry.offset, record)
            for entry, head, record in records
            if isinstance(record, AttemptEnd) and record.final
        ]
        answers = [end for end in ends if end[3].outcome == "answered"]
        if not ends:
            return None
        row = min(answers, key=lambda end: end[:3])[3] if answers else max(ends, key=lambda end: end[:3])[3]
        return Outcome(
            status=row.outcome,
            started_at=row.started_at,
            queued_s=row.queued_s,
            latency_s=row.latency_s,
            answer=row.answer,
            error_kind=row.answer.error_kind if row.answer else row.error_kind,
            error=row.answer.error if row.answer else row.error,
            endpoint=row.endpoint,
            attempts=_attempts(records),
            mode=row.mode,
            reused_from=row.reused_from,
        )

    def attempts(self, call_key: UUID) -> list[Attempt]:
        """Every attempt of a call, unseen ones too, in the order of their numbers."""
        return _attempts(self._records(call_key))

    def damage(self) -> list[str]:
        """A sentence on each thing found damaged: what dead processes left half written, and bad lines."""
        return [
            f"{torn.file}: the process that wrote it died amid its last record; {torn.n_bytes} bytes at "
            f"{torn.offset} are cut. A call of which only they spoke is asked again."
            for torn in self.torn
        ] + [
            f"{bad.file}: {bad.n_bytes} bytes at {bad.offset} are damaged and skipped. A call of which only "
            "they spoke is asked again. The disk may be failing."
            for bad in self.corrupt
        ]

    def has_ended(self, call_key: UUID, *, retry_failed: bool) -> bool:
        """Whether the call is not to be asked: answered, or finally failed and not to be tried again."""
        return call_key in self.answered or (not retry_failed and call_key in self.failed)

    def spent(self) -> Iterator[tuple[UUID, datetime, Decimal]]:
        """Each attempt's call, start, and what it cost or may have cost; what cost nothing is left out.

        Raises: WarehouseError: a record has changed since it was indexed.
        """
        every = self._index.keys(None)
        for key in every:
            for attempt in self.attempts(UUID(int=key)):
                if usd := attempt.usd or attempt.reserved_usd:
                    yield attempt.call_key, attempt.started_at, usd

    def next_attempt_number(self, call_key: UUID) -> int:
        """The number after the greatest that any process used."""
        return max((entry.n for entry in self._index.entries(call_key.int)), default=0) + 1

    def refresh(self, *, durable: bool = True) -> None:
        """Read what was appended since the last time, in every file of the run.

        Not `durable`: without a sync, for who wants to know what need not be asked and counts nothing.

        Raises: WarehouseError: a file cannot be read, or a newer version of nightbench wrote it.
        """
        self.torn.clear()
        known = set(self._files)
        for path in journal_files(self._source) if isinstance(self._source, Path) else self._source:
            if path not in known:
                self._files.append(path)
                self._read_to.append(0)
        try:
            for number, path in enumerate(self._files):
                self._read(number, path, durable=durable)
        except OSError as error:
            raise WarehouseError(
                f"{error.filename or self._source}: the journal cannot be read ({error.strerror}). Nothing "
                "was changed. Mend the disk or the file's permissions, then resume the run."
            ) from error

    def close(self) -> None:
        """Give the open files back; the state stays usable."""
        for descriptor in self._open.values():
            os.close(descriptor)
        self._open = {}

    def __enter__(self) -> "JournalState":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: object, trace: TracebackType | None) -> None:
        self.close()

    def __del__(self) -> None:
        self.close()

    def _read(self, number: int, path: Path, *, durable: bool) -> None:
        size = make_durable(path) if durable else path.stat().st_size
        if size < self._read_to[number]:
            raise WarehouseError(
                f"{path}: it had {self._read_to[number]} bytes and has {size} now; something else than its "
                "owner cut it. Nothing was changed. Start nightbench again to read it from its beginning."
            )
        tail = self._scan(number, path, size)
        if tail is not None and not is_locked(path):
            if path.stat().st_size != size:  # its owner finished the line, and left, while it was read
                self._read(number, path, durable=durable)
            else:
                self.torn.append(tail)

    def _scan(self, number: int, path: Path, size: int) -> TornTail | None:
        """Take the records up to `size`; what follows the last whole one is returned."""
        bad: list[tuple[int, int]] = []
        with path.open("rb", buffering=_BUFFER) as file:
            offset = file.seek(self._read_to[number])
            for line in file:
                if offset + len(line) > size:  # appended since it was synced: next time
                    break
                if is_whole(line):
                    self.corrupt.extend(CorruptRecord(path, *place) for place in bad)
                    bad.clear()
                    self._take(line, number, path, offset)
                    self._read_to[number] = offset + len(line)
                else:
                    bad.append((offset, len(line)))
                offset += len(line)
        return TornTail(path, bad[0][0], offset - bad[0][0]) if bad else None

    def _take(self, line: bytes, number: int, path: Path, offset: int) -> None:
        head = header(line)
        if head is None:
            self.corrupt.append(CorruptRecord(path, offset, len(line)))
        elif head.kind == "end":
            state = State.ANSWERED if head.answered else State.FAILED_FINALLY if head.final else State.FAILED
            self._index.end(head.call_key, head.n, state, number, offset)
        elif head.kind == "begin":
            self._index.begin(head.call_key, head.n, number, offset)
        else:
            check_schema(line, path)

    def _records(self, call_key: UUID) -> list[tuple[Entry, Header, AttemptBegin | AttemptEnd]]:
        found = []
        for entry in self._index.entries(call_key.int):
            place = f"{self._files[entry.file]}, byte {entry.offset}"
            line = self._line_at(entry)
            head = header(line) if is_whole(line) else None
            if head is None or head.call_key != call_key.int:
                raise WarehouseError(
                    f"{place}: the record of call {call_key} has changed since it was indexed. Nothing was "
                    "changed. The disk or another program damaged the file; resume to ask that call again."
                )
            found.append((entry, head, decode(line, place)))
        return found

    def _line_at(self, entry: Entry) -> bytes:
        if entry.file not in self._open:
            self._open[entry.file] = os.open(self._files[entry.file], os.O_RDONLY | os.O_CLOEXEC)
        line, want = b"", _GUESS
        while True:
            got = os.pread(self._open[entry.file], want, entry.offset + len(line))
            end = got.find(b"\n")
            if end >= 0 or not got:
                return line + got[: end + 1] if end >= 0 else line
            line, want = line + got, 2 * want


def read_journal(source: Path | Sequence[Path]) -> JournalState:
    """What all processes of a run have journalled: `source` is the run's folder, or single files.

    An absent folder is an empty journal.

    Raises: WarehouseError: a file cannot be read, or a newer version of nightbench wrote it.
    """
    state = JournalState(source)
    state.refresh()
    return state


def journal_files(folder: Path) -> list[Path]:
    """The journal files of a run, in the order of their numbers."""
    found = [path for path in folder.glob("*.jsonl") if path.stem.isdecimal()] if folder.is_dir() else []
    return sorted(found, key=lambda path: int(path.stem))


def check_schema(head_line: bytes, path: Path) -> str:
    """The run id of a head line.

    Raises: WarehouseError: a newer version of nightbench wrote it.
    """
    fields = parse(head_line)
    if int(fields["schema"]) > SCHEMA:
        raise WarehouseError(
            f"{path}: written with journal schema {fields['schema']}; this nightbench reads up to {SCHEMA}. "
            "Nothing was changed. Use the version that wrote it, or a newer one."
        )
    return str(fields["run_id"])


def make_durable(path: Path) -> int:
    """Sync a file that another process wrote, and return the size up to which it is durable.

    Raises: OSError: it cannot be opened or synced.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        size = os.fstat(descriptor).st_size
        datasync(descriptor)
    except OSError as error:
        if error.errno not in {errno.EROFS, errno.EINVAL}:  # a read-only file system has nothing to sync
            error.filename = path
            raise
    finally:
        os.close(descriptor)
    return size


def _attempts(records: list[tuple[Entry, Header, AttemptBegin | AttemptEnd]]) -> list[Attempt]:
    sent = [record for _, _, record in records if _was_sent(record)]
    found = sorted(((record.n, record.started_at, record) for record in sent), key=lambda item: item[:2])
    if len(found) > 1:  # a batch's attempt may end in another file than it began in
        ends = {item[:2] for item in found if isinstance(item[2], AttemptEnd)}
        found = [item for item in found if isinstance(item[2], AttemptEnd) or item[:2] not in ends]
    attempts = [_attempt(record) for _, _, record in found]
    if len({attempt.n for attempt in attempts}) == len(attempts):
        return attempts
    # Two processes asked the call at one time and used the same number: count in the order of their starts.
    attempts.sort(key=lambda attempt: attempt.started_at)
    return [replace(attempt, n=n) for n, attempt in enumerate(attempts, start=1)]


def _was_sent(record: AttemptBegin | AttemptEnd) -> bool:
    return isinstance(record, AttemptBegin) or record.reused_from is None


def _attempt(record: AttemptBegin | AttemptEnd) -> Attempt:
    if isinstance(record, AttemptBegin):
        return Attempt(
            record.call_key,
            record.n,
            record.started_at,
            None,
            None,
            None,
            "unseen",
            reserved_usd=record.reserved_usd,
        )
    return Attempt(
        call_key=record.call_key,
        n=record.n,
        started_at=record.started_at,
        latency_s=record.latency_s,
        http_status=record.http_status,
        error_kind=record.error_kind,
        outcome=record.outcome,
        usage=record.usage,
        reserved_usd=record.reserved_usd,
        usd=record.usd,
    )
