"""Small files of many runs become one a table and month; what they were made of leaves after a grace period.

In order: new files (nobody knows them), the record renamed into place (new catalogs read them), the catalog,
and a grace period after it the old files, which readers of an old catalog may still read. Whoever is killed
between two steps leaves a warehouse that answers as before; the next compaction removes what was left.
"""

import fcntl
import os
import tempfile
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from warehouse.catalog import rewrite_catalog
from warehouse.columns import SCHEMA_VERSION, SHARED
from warehouse.commit import FOLDER as COMMITS
from warehouse.commit import Manifest, committed, sealed
from warehouse.compacted.shown import forget_shown, shown_since
from warehouse.compacted.standing import (
    FILES_FOLDER,
    FOLDER,
    Compaction,
    Merged,
    compaction_names,
    graded_by,
    inside_of,
    read_compaction,
    standing_compactions,
)
from warehouse.compaction.merging import TABLES_MERGED, Part, Written, merge
from warehouse.durable import fsync_folder, make_folder, writing
from warehouse.errors import WarehouseError

REMEDY = (
    "What was committed is as it was and answers as before. Make room or mend the permissions, "
    "and compact again."
)
Alone = Callable[[str], AbstractContextManager[bool]]  # holds a run's lock; false where somebody works on it


@dataclass(frozen=True)
class MonthPlan:
    """What a compaction would do with a month."""

    month: str
    n_runs: int  # of them after it in the compacted files
    n_runs_new: int  # of them from files of their own
    n_files: int  # that are merged
    n_bytes: int
    live: tuple[str, ...]  # runs that are being worked on: left for later


@dataclass(frozen=True)
class Compacted:
    """What a compaction did."""

    months: tuple[MonthPlan, ...]
    removed: tuple[str, ...]  # files whose grace was over
    waiting: int  # files that wait for the end of theirs


def plan_months(
    warehouse: Path, months: Collection[str] | None, is_live: Callable[[str], bool], now: datetime
) -> list[MonthPlan]:
    """The months that have something to merge; by default all that are over."""
    return [plan for plan, _, _ in _plans(warehouse, months, is_live, now)]


def compact(
    warehouse: Path,
    *,
    months: Collection[str] | None,
    grace: timedelta,
    is_live: Callable[[str], bool],
    alone: Alone,
    clock: Callable[[], datetime],
    tell: Callable[[MonthPlan], None] = lambda _: None,
) -> Compacted:
    """Merge what is settled, rewrite the catalog, remove what has had its grace.

    `alone` holds a run's lock while its old files leave; `tell` takes each month when it is done.

    Raises: WarehouseError: another compaction is under way, a committed file is damaged, or the disk
        refuses.
    """
    with compacting(warehouse):
        _remove_leftovers(warehouse)
        done: list[MonthPlan] = []
        now = clock()
        for plan, record, parts in _plans(warehouse, months, is_live, now):
            _write(warehouse, plan.month, record, parts, now)
            done.append(plan)
            tell(plan)
        rewrite_catalog(warehouse)
        removed, waiting = _remove_old(warehouse, grace, alone, clock)
    return Compacted(tuple(done), tuple(removed), waiting)


def rewrite_without(warehouse: Path, run_ids: Collection[str], now: datetime) -> list[str]:
    """Write every compacted file anew without these runs, and remove what held them, at once.

    Call it once they are forgotten, or committed again with files of their own, which are the caller's.
    Another compaction is waited for. Returns the removed files.

    Raises: WarehouseError: a compacted file is damaged, or the disk refuses.
    """
    gone = frozenset(run_ids)
    if not any(compaction_names(warehouse)):
        return []
    with compacting(warehouse, wait=True):
        _remove_leftovers(warehouse)
        newest = {manifest.run_id: manifest for manifest in committed(warehouse)}
        for record in standing_compactions(warehouse):
            if any(merged.run_id in gone for merged in record.runs):
                kept = [m for m in record.runs if m.run_id not in gone and m.run_id in newest]
                parts = [
                    Part(newest[m.run_id], (record, m)) for m in kept if newest[m.run_id].n == m.n
                ]  # those that were committed again have files of their own
                _write(warehouse, record.month, record, parts, now)
        rewrite_catalog(warehouse)
        removed: list[str] = []
        standing = {record.name for record in standing_compactions(warehouse)}
        for name in compaction_names(warehouse):
            record = _record(warehouse, *name)
            if record.name not in standing and any(merged.run_id in gone for merged in record.runs):
                removed += _remove_record(warehouse, record)
    return removed


@contextmanager
def compacting(warehouse: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold the lock of compactions; it dies with its holder.

    Raises: WarehouseError: another process compacts, and its end is not waited for.
    """
    folder = warehouse / FOLDER
    with writing(folder, REMEDY):
        make_folder(folder)
        handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WarehouseError(
                f"{folder}: another process compacts this warehouse. Nothing was changed by this one. "
                "Wait for it, then try again."
            ) from None
        with writing(warehouse, REMEDY):
            yield
    finally:
        os.close(handle)


def _plans(
    warehouse: Path, months: Collection[str] | None, is_live: Callable[[str], bool], now: datetime
) -> Iterator[tuple[MonthPlan, Compaction | None, list[Part]]]:
    records = {record.month: record for record in standing_compactions(warehouse)}
    by_month: dict[str, list[Manifest]] = {}
    for manifest in committed(warehouse):
        by_month.setdefault(f"{manifest.run_date:%Y-%m}", []).append(manifest)
    for month, manifests in sorted(by_month.items()):
        if month in months if months is not None else month < f"{now:%Y-%m}":
            record = records.get(month)
            inside = inside_of([record] if record else [])
            parts: list[Part] = []
            live: list[str] = []
            for manifest in sorted(manifests, key=lambda manifest: manifest.run_id):
                merged = inside.get((manifest.run_id, manifest.n))
                if merged is not None and record is not None:
                    parts.append(Part(manifest, (record, merged)))
                elif is_live(manifest.run_id):
                    live.append(manifest.run_id)
                else:
                    parts.append(Part(manifest))
            new = [part.manifest for part in parts if part.before is None]
            stale = record is not None and len(record.runs) > len(parts) - len(new)
            if (new and len(parts) > 1) or stale:
                files = [file for manifest in new for file in manifest.files if file.table not in SHARED]
                n_bytes = sum(file.n_bytes for file in files)
                plan = MonthPlan(month, len(parts), len(new), len(files), n_bytes, tuple(live))
                yield plan, record, parts


def _write(
    warehouse: Path, month: str, before: Compaction | None, parts: Sequence[Part], now: datetime
) -> None:
    """Write a month's files and put the record of them in place."""
    written: dict[str, Mapping[str, Written]] = {}
    files = []
    for table in TABLES_MERGED:
        file, written[table] = merge(warehouse, month, table, parts)
        if file is not None:
            files.append(file)
    record = Compaction(
        schema_version=SCHEMA_VERSION,
        month=month,
        n=before.n + 1 if before else 1,
        compacted_at=now,
        files=tuple(files),
        runs=tuple(_merged(warehouse, part, written) for part in parts),
    )
    folder = warehouse / FOLDER
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=".tmp") as aside:
        aside.write(sealed(record))
        aside.flush()
        os.fsync(aside.fileno())
        os.fchmod(aside.fileno(), 0o644)
        (folder / record.name).hardlink_to(aside.name)  # its name is free: the lock is held
    fsync_folder(folder)


def _merged(warehouse: Path, part: Part, written: Mapping[str, Mapping[str, Written]]) -> Merged:
    run_id = part.manifest.run_id
    of_run = {table: runs[run_id] for table, runs in written.items() if run_id in runs}
    return Merged(
        run_id=run_id,
        n=part.manifest.n,
        rows={table: one.rows for table, one in of_run.items()},
        rows_sha256={table: one.sha256 for table, one in of_run.items()},
        graded_runs=tuple(graded_by(warehouse, part.manifest, part.before[0] if part.before else None)),
    )


def _remove_leftovers(warehouse: Path) -> None:
    """Remove what a killed compaction had begun: files that no record names."""
    records = [_record(warehouse, *name) for name in compaction_names(warehouse)]
    named = {file.path for record in records for file in record.files}
    for path in (warehouse / FILES_FOLDER).glob("*/*"):
        if path.relative_to(warehouse).as_posix() not in named:
            path.unlink()
    for path in (warehouse / FOLDER).glob(".*.tmp"):
        path.unlink()


def _record(warehouse: Path, month: str, n: int) -> Compaction:
    return read_compaction(warehouse / FOLDER / f"{month}.{n:06d}.json")


def _remove_old(
    warehouse: Path, grace: timedelta, alone: Alone, clock: Callable[[], datetime]
) -> tuple[list[str], int]:
    """Remove files whose rows are merged elsewhere, a grace after the first catalog that knows of it."""
    removed: list[str] = []
    waiting = 0
    names = compaction_names(warehouse)
    over = {name for name in names if _is_over(shown_since(warehouse, *name), grace, clock())}
    merged_over = inside_of(_record(warehouse, *name) for name in over)
    merged = merged_over | inside_of(standing_compactions(warehouse))
    for manifest in committed(warehouse):
        own = [file.path for file in manifest.files if file.table not in SHARED]
        key = (manifest.run_id, manifest.n)
        there = [path for path in own if (warehouse / path).exists()] if key in merged else []
        if not there:
            continue
        if key not in merged_over:
            waiting += len(there)
            continue
        with alone(manifest.run_id) as held:
            # a commit while the lock was not ours may have listed the same files anew
            if not held or (warehouse / COMMITS / f"{manifest.run_id}.{manifest.n + 1:06d}.json").exists():
                waiting += len(there)
                continue
            for path in there:
                (warehouse / path).unlink(missing_ok=True)
                with suppress(OSError):  # a folder that holds something else stays
                    (warehouse / path).parent.rmdir()
            removed += there
    for name in names:
        newer = [other for other in names if other[0] == name[0] and other[1] > name[1]]
        if any(other in over for other in newer):
            removed += _remove_record(warehouse, _record(warehouse, *name))
        elif newer:
            waiting += len(_record(warehouse, *name).files)
    return removed, waiting


def _is_over(since: datetime | None, grace: timedelta, now: datetime) -> bool:
    return since is not None and now - since >= grace


def _remove_record(warehouse: Path, record: Compaction) -> list[str]:
    """Remove a replaced record after its files, but for those that another record names too."""
    others = [_record(warehouse, *name) for name in compaction_names(warehouse)]
    kept = {file.path for other in others if other.name != record.name for file in other.files}
    gone = [file.path for file in record.files if file.path not in kept]
    for path in gone:
        (warehouse / path).unlink(missing_ok=True)
    (warehouse / FOLDER / record.name).unlink()
    forget_shown(warehouse, record.month, record.n)
    return gone
