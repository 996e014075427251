"""Which files stand for which manifests: a run's own, or those that a compaction merged them into.

`compactions/<month>.<n>.json`, n from 000001: the highest n of a month counts. It names the files of
`compacted/<month>/` and the manifests whose rows are in them. A compacted file speaks for a run only while
the run's newest manifest is the one that was merged; rows of other owners in it are left out by name. Files
that runs share (samples, prompts) are never merged.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from warehouse.columns import SCHEMA_VERSION, SHARED
from warehouse.commit import SEAL, SEALED_SINCE, Manifest, check_file, is_sealed
from warehouse.durable import DataFile
from warehouse.errors import WarehouseError
from warehouse.literals import text

if TYPE_CHECKING:
    import pyarrow as pa

FOLDER = "compactions"
FILES_FOLDER = "compacted"
NAME = re.compile(r"(?P<month>[0-9]{4}-[0-9]{2})\.(?P<n>[0-9]{6})\.json\Z")
OWNERS: Mapping[str, str] = {"grades": "grading_id", "pairs": "grading_id"}  # else run_id


class Merged(BaseModel):
    """A manifest inside a compaction: how many rows of it are in each table, and their `RowsHash`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    run_id: str
    n: int
    rows: Mapping[str, int]
    rows_sha256: Mapping[str, str]
    graded_runs: tuple[str, ...] = ()  # other runs whose calls it graded


class Compaction(BaseModel):
    """What `compactions/<month>.<n>.json` holds; never changed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_version: int = Field(alias="schema")
    month: str
    n: int
    compacted_at: datetime
    files: tuple[DataFile, ...]
    runs: tuple[Merged, ...]

    @property
    def name(self) -> str:
        """The record's file name."""
        return f"{self.month}.{self.n:06d}.json"


@dataclass(frozen=True)
class Source:
    """A file to read: its path, the schema version that wrote it, and whose rows in it do not count."""

    path: str  # absolute
    schema_version: int
    owner: str = "run_id"  # the column that says whose a row is
    owners: frozenset[str] = frozenset()  # of a compacted file: everyone whose rows count
    owners_excluded: frozenset[str] = frozenset()

    @property
    def condition(self) -> str | None:
        """What SQL says of the rows that count, by the shorter list; None: all do."""
        if not self.owners_excluded:
            return None
        few, word = min((self.owners, "in"), (self.owners_excluded, "not in"), key=lambda side: len(side[0]))
        names = ", ".join(map(text, sorted(few)))
        return f"{self.owner} {word} ({names})"


def owner_column(table: str) -> str:
    """The column that says which run landed a row."""
    return OWNERS.get(table, "run_id")


def standing(
    warehouse: Path, manifests: Sequence[Manifest], records: Sequence[Compaction] | None = None
) -> dict[str, list[Source]]:
    """For each table the files that hold the rows of these manifests, the newest of their runs, once each.

    `records` are the compactions that count; they are read where none are given.

    Raises: WarehouseError: a file or a record of a compaction is missing or damaged.
    """
    if records is None:
        records = standing_compactions(warehouse) if manifests else []
    inside = records_of(records)
    root = str(warehouse.resolve())
    found: dict[str, dict[str, Source]] = {}
    used: dict[str, Compaction] = {}
    for manifest in manifests:
        record = inside.get((manifest.run_id, manifest.n))
        if record is not None:
            used[record.name] = record
        for file in manifest.files:
            if record is None or file.table in SHARED:
                path = f"{root}/{file.path}"
                table = found.setdefault(file.table, {})
                if path not in table:
                    check_file(warehouse, file, manifest.run_id)
                    table[path] = Source(path, manifest.schema_version)
    wanted = {(manifest.run_id, manifest.n) for manifest in manifests}
    for record in used.values():
        names = {(merged.run_id, merged.n) for merged in record.runs}
        counted = frozenset(run_id for run_id, _ in names & wanted)
        excluded = frozenset(run_id for run_id, _ in names - wanted)
        for file in record.files:
            check_compacted(warehouse, file, record)
            path = f"{root}/{file.path}"
            found.setdefault(file.table, {})[path] = Source(
                path, record.schema_version, owner_column(file.table), counted, excluded
            )
    return {table: list(sources.values()) for table, sources in found.items()}


def standing_compactions(warehouse: Path) -> list[Compaction]:
    """The record that counts of each month.

    Raises: WarehouseError: one is damaged, or a file lies there that is none.
    """
    newest = dict(compaction_names(warehouse))  # sorted: the last of a month is the newest
    return [read_compaction(warehouse / FOLDER / f"{month}.{n:06d}.json") for month, n in newest.items()]


def compaction_names(warehouse: Path) -> list[tuple[str, int]]:
    """Month and number of every record there is, sorted.

    Raises: WarehouseError: a file lies there that is none.
    """
    folder = warehouse / FOLDER
    names: list[tuple[str, int]] = []
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        match = NAME.match(path.name)
        if match is None:
            raise WarehouseError(
                f"{path}: this is no record of a compaction; their names are <month>.<6 digits>.json. "
                "No run has changed. Move the file elsewhere."
            )
        names.append((match["month"], int(match["n"])))
    return sorted(names)


def read_compaction(path: Path) -> Compaction:
    """The record of a file.

    Raises: WarehouseError: it cannot be read, or has changed since it was written.
    """
    try:
        raw = path.read_bytes()
        if not is_sealed(raw):
            raise ValueError("it is not as it was written: its sha256 is another")
        record = Compaction.model_validate_json(raw.rpartition(SEAL)[0] + b"\n}")
        if record.name != path.name:
            raise ValueError(f"it is {record.name} under another name")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        if isinstance(error, ValidationError):
            reason = f"{error.error_count()} fields are wrong"
        raise WarehouseError(
            f"{path}: this record of a compaction cannot be read ({reason}). Its files are untouched. Bring "
            "it back from a backup; within the grace period it may be moved elsewhere: then the runs' own "
            "files count again."
        ) from error
    if record.schema_version > SCHEMA_VERSION or record.schema_version < SEALED_SINCE:
        raise WarehouseError(
            f"{path}: of schema {record.schema_version}; this nightbench knows {SEALED_SINCE} to "
            f"{SCHEMA_VERSION}. Nothing was changed. Update nightbench."
        )
    return record


def check_compacted(warehouse: Path, file: DataFile, record: Compaction) -> None:
    """Check that a compacted file is there with its size.

    Raises: WarehouseError: it is missing or has another size.
    """
    path = warehouse / file.path
    try:
        n_bytes = path.stat().st_size
        what = f"has {n_bytes} bytes, and {record.name} lists it with {file.n_bytes}"
    except OSError as error:
        n_bytes, what = -1, f"{record.name} lists this file, and it cannot be read ({error.strerror})"
    if n_bytes != file.n_bytes:
        raise WarehouseError(
            f"{path}: {what}. Bring it back from a backup, or move {FOLDER}/{record.name} elsewhere and land "
            f'its {len(record.runs)} runs again from their journals ("nightbench resume RUN").'
        )


def inside_of(records: Iterable[Compaction]) -> dict[tuple[str, int], Merged]:
    """The manifests inside compactions, by run and number."""
    return {(merged.run_id, merged.n): merged for record in records for merged in record.runs}


def records_of(records: Iterable[Compaction]) -> dict[tuple[str, int], Compaction]:
    """The compaction that a manifest is inside of, by run and number."""
    return {(merged.run_id, merged.n): record for record in records for merged in record.runs}


def compacted_bytes(records: Iterable[Compaction]) -> dict[str, int]:
    """What each run takes of the compacted files, by its share of their rows."""
    found: dict[str, int] = {}
    for record in records:
        for file in record.files:
            for merged in record.runs:
                share = file.n_bytes * merged.rows.get(file.table, 0) // file.rows
                found[merged.run_id] = found.get(merged.run_id, 0) + share
    return found


def files_of(manifest: Manifest, record: Compaction | None) -> list[DataFile]:
    """The files that hold a run's rows: its own, or the compaction's and those that it shares with others."""
    if record is None:
        return list(manifest.files)
    tables = {file.table for file in manifest.files}
    return [
        *(file for file in manifest.files if file.table in SHARED),
        *(file for file in record.files if file.table in tables),
    ]


def rows_of(
    warehouse: Path,
    manifest: Manifest,
    record: Compaction | None,
    table: str,
    *,
    columns: Sequence[str] | None = None,
    at_once: int = 4_096,
) -> "Iterator[pa.RecordBatch]":
    """A run's rows of a table as they are on disk, at most `at_once` at a time, wherever they lie.

    Raises: WarehouseError: a file is missing or has another size.
    """
    from pyarrow import dataset  # a query does not wait for it

    for file in files_of(manifest, record):
        if file.table != table:
            continue
        owner = None
        if record is not None and table not in SHARED:
            check_compacted(warehouse, file, record)
            owner = dataset.field(owner_column(table)) == manifest.run_id
        else:
            check_file(warehouse, file, manifest.run_id)
        scanner = dataset.dataset(warehouse / file.path, format="parquet").scanner(
            columns=columns, filter=owner, batch_size=at_once, batch_readahead=1, fragment_readahead=1
        )  # row groups without a row of the run are passed over by their statistics
        yield from (batch for batch in scanner.to_batches() if batch.num_rows)


def graded_by(warehouse: Path, manifest: Manifest, record: Compaction | None) -> Sequence[str]:
    """The other runs whose calls the grades and pairs of a manifest are of, sorted.

    Raises: WarehouseError: a file of it is not there.
    """
    if manifest.schema_version >= SEALED_SINCE:  # since then a manifest says it itself
        return manifest.graded_runs
    if record is not None:
        return inside_of([record])[manifest.run_id, manifest.n].graded_runs
    found: set[str] = set()
    for table in OWNERS:
        for batch in rows_of(warehouse, manifest, None, table, columns=["run_id"]):
            found.update(batch.column(0).unique().to_pylist())
    return sorted(found - {manifest.run_id})
