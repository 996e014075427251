"""Rows into Parquet files: zstd, explicit schema, bounded memory, in place only when they are whole.

A file that no manifest names does not exist, so a crash leaves at most a dead file behind.
"""

import hashlib
import json
import tempfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.columns import COLUMNS, KEYS, SHARED
from warehouse.durable import DataFile as DataFile
from warehouse.durable import RowGroup, fsync_file, fsync_folder, make_folder, sha256_of, writing
from warehouse.schema import TABLES

ROW_GROUP_ROWS = 65_536
ROW_GROUP_BYTES = 32 * 2**20
SUFFIX = ".tmp"  # of a file that is being written; its name begins with a dot

Rows = Sequence[Mapping[str, object]]


class TableWriter:
    """Write one table's part of a run, batch by batch.

    Used as a context manager: an exception inside removes what was written. The file's name ends in
    the hash of its bytes, so that a resumed run that writes the same rows again replaces nothing.
    """

    def __init__(self, warehouse: Path, table: str, run_date: date, run_id: str, part: str) -> None:
        self._warehouse = warehouse
        self._table = table
        self._folder = warehouse / table / _run_folder(run_date, run_id)
        self._part = part
        self._sink: _Sink | None = None

    def __enter__(self) -> "TableWriter":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._sink is not None:
            self._sink.drop()

    def write(self, rows: Rows) -> None:
        """Append rows; each has every column of the table and no other.

        Raises: ValueError: a missing or unknown column, or a time without zone.
        Raises: WarehouseError: the disk refuses.
        """
        batch = to_batch(self._table, rows)
        if batch.num_rows == 0:
            return
        with writing(self._folder):
            if self._sink is None:
                make_folder(self._folder)
                self._sink = _Sink(self._table, self._folder)
            self._sink.add(batch)

    def close(self) -> DataFile | None:
        """Put the file in place and describe it; None where no row was written."""
        if self._sink is None:
            return None
        with writing(self._folder):
            sink, self._sink = self._sink, None
            with sink.dropped_on_error():
                temporary = sink.finish()
                digest = sha256_of(temporary)
                final = self._folder / f"{self._part}-{digest[:16]}.parquet"
                temporary.replace(final)
                fsync_folder(self._folder)
        return _describe(self._warehouse, self._table, final, sink.rows, digest)


def remove_leftovers(warehouse: Path, run_date: date, run_id: str) -> None:
    """Remove what a killed process had begun to write of a run; for the one process that lands it now.

    Raises: WarehouseError: the disk refuses.
    """
    with writing(warehouse):
        for leftover in warehouse.glob(f"*/{_run_folder(run_date, run_id)}/.*{SUFFIX}"):
            leftover.unlink(missing_ok=True)


def write_shared(warehouse: Path, table: str, rows: Rows) -> DataFile:
    """Keep one copy of samples or prompts, named by the sha256 of its rows, whatever their order.

    A file that is there and holds these very rows is reused; a damaged one is written anew. A row that
    is there twice is kept once.

    Raises: ValueError: two rows with one key differ, or there is no row.
    """
    if table not in SHARED:
        raise ValueError(f'"{table}" is not shared between runs; shared are {", ".join(SHARED)}')
    content = pa.Table.from_batches([to_batch(table, _unique(table, rows))])
    if content.num_rows == 0:
        raise ValueError(f"{table}: there is no row to share")
    name = content_hash(content)
    folder = warehouse / table
    final = folder / f"{name}.parquet"
    with writing(final):
        if not _holds(final, name):
            make_folder(folder)
            sink = _Sink(table, folder)
            with sink.dropped_on_error():
                for batch in content.to_batches(max_chunksize=ROW_GROUP_ROWS):
                    sink.add(batch)
                sink.finish().replace(final)
                fsync_folder(folder)
        return _describe(warehouse, table, final, content.num_rows, sha256_of(final))


def content_hash(content: pa.Table) -> str:
    """The sha256 of a table's rows as JSON lines: the same for every version of Parquet's writer."""
    digest = hashlib.sha256()
    for batch in content.to_batches(max_chunksize=4_096):
        for row in batch.to_pylist():
            line = json.dumps(row, sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str)
            digest.update(line.encode() + b"\n")
    return digest.hexdigest()


def row_groups_of(path: Path) -> tuple[RowGroup, ...]:
    """Where each row group of a whole Parquet file lies, with its checksum."""
    found: list[RowGroup] = []
    with pq.ParquetFile(path) as parquet, path.open("rb") as file:
        for i in range(parquet.metadata.num_row_groups):
            group = parquet.metadata.row_group(i)
            chunks = [group.column(k) for k in range(group.num_columns)]
            starts = [
                chunk.dictionary_page_offset if chunk.has_dictionary_page else chunk.data_page_offset
                for chunk in chunks
            ]
            end = max(s + chunk.total_compressed_size for s, chunk in zip(starts, chunks, strict=True))
            crc32 = crc32_of(file, min(starts), end - min(starts))
            found.append(RowGroup(group.num_rows, min(starts), end - min(starts), crc32))
    return tuple(found)


def crc32_of(file: BinaryIO, start: int, n_bytes: int) -> int:
    """The CRC-32 of a part of a file; where the file is shorter, of what is there."""
    file.seek(start)
    crc32 = 0
    while n_bytes > 0 and (part := file.read(min(n_bytes, 2**20))):
        crc32 = zlib.crc32(part, crc32)
        n_bytes -= len(part)
    return crc32


def to_batch(table: str, rows: Rows) -> pa.RecordBatch:
    """Rows as one Arrow batch of the table's schema.

    Text may be anything: an unpaired surrogate, which has no UTF-8, becomes U+FFFD.

    Raises: ValueError: a missing or unknown column, or a time without zone.
    """
    schema = TABLES[table]
    names = schema.names
    for row in rows:
        if row.keys() != COLUMNS[table].keys():
            missing = ", ".join(sorted(COLUMNS[table].keys() - row.keys())) or "none"
            unknown = ", ".join(sorted(row.keys() - COLUMNS[table].keys())) or "none"
            raise ValueError(f"a row of {table} is not one: missing {missing}; unknown {unknown}")
    arrays = [_array(table, field, [row[field.name] for row in rows]) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema) if names else None


def _run_folder(run_date: date, run_id: str) -> str:
    return f"run_date={run_date.isoformat()}/run_id={run_id}"


def _array(table: str, field: pa.Field, values: list[Any]) -> pa.Array:
    if pa.types.is_timestamp(field.type):
        naive = next((value for value in values if value is not None and value.tzinfo is None), None)
        if naive is not None:
            raise ValueError(f"{table}.{field.name}: the time {naive} has no zone")
    try:
        return pa.array(values, type=field.type)
    except UnicodeEncodeError:
        return pa.array([_encodable(value) for value in values], type=field.type)


def _encodable(value: Any) -> Any:
    if isinstance(value, str):
        return value.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(value, list | tuple):
        return [_encodable(part) for part in value]
    return value


def _unique(table: str, rows: Rows) -> Rows:
    by_key: dict[tuple[str, ...], Mapping[str, object]] = {}
    for row in rows:
        key = tuple(str(row.get(name)) for name in KEYS[table])
        if by_key.setdefault(key, row) != row:
            raise ValueError(f"{table}: two different rows have the key {', '.join(key)}")
    return [by_key[key] for key in sorted(by_key)]


def _holds(path: Path, name: str) -> bool:
    if not path.exists():
        return False
    try:
        return content_hash(pq.read_table(path, partitioning=None)) == name
    except (pa.ArrowException, OSError, ValueError):  # damaged in whatever way: it is written anew
        return False


def _describe(warehouse: Path, table: str, path: Path, rows: int, digest: str) -> DataFile:
    name, n_bytes = path.relative_to(warehouse).as_posix(), path.stat().st_size
    return DataFile(table, name, rows, digest, n_bytes, row_groups_of(path))


class _Sink:
    """A Parquet file under a temporary name; batches are gathered into row groups."""

    def __init__(self, table: str, folder: Path) -> None:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=SUFFIX, delete=False) as file:
            self.path = Path(file.name)
        self.rows = 0
        self._waiting: list[pa.RecordBatch] = []
        with self.dropped_on_error():
            self.path.chmod(0o644)
            self._writer = pq.ParquetWriter(self.path, TABLES[table], compression="zstd")

    def add(self, batch: pa.RecordBatch) -> None:
        """Take a batch; write a row group when enough is there."""
        self._waiting.append(batch)
        self.rows += batch.num_rows
        rows = sum(waiting.num_rows for waiting in self._waiting)
        if rows >= ROW_GROUP_ROWS or sum(waiting.nbytes for waiting in self._waiting) >= ROW_GROUP_BYTES:
            self._flush()

    def _flush(self) -> None:
        if self._waiting:
            self._writer.write_table(pa.Table.from_batches(self._waiting).unify_dictionaries())
            self._waiting = []

    def finish(self) -> Path:
        """Write the rest and make it durable."""
        self._flush()
        self._writer.close()
        fsync_file(self.path)
        return self.path

    @contextmanager
    def dropped_on_error(self) -> Iterator[None]:
        """Leave no temporary file behind when the block fails."""
        try:
            yield
        except BaseException:
            self.drop()
            raise

    def drop(self) -> None:
        """Remove what was written."""
        self.path.unlink(missing_ok=True)
