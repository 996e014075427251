"""Rows of many runs' files into one file a table, run by run, in bounded memory, once they were checked."""

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from warehouse.columns import COLUMNS, IN_CATALOG, SCHEMA_VERSION, SHARED
from warehouse.commit import Manifest, check_file
from warehouse.compacted.standing import FILES_FOLDER, Compaction, Merged, check_compacted, owner_column
from warehouse.compaction.rows_hash import RowsHash
from warehouse.durable import DataFile, fsync_file, fsync_folder, make_folder, sha256_of
from warehouse.errors import WarehouseError
from warehouse.files import SUFFIX, row_groups_of
from warehouse.schema import TABLES

BATCH_ROWS = 4_096
ROW_GROUP_ROWS = 16_384  # of about sixteen runs of 1,000 calls: one run is read without the others
ROW_GROUP_BYTES = 32 * 2**20  # of text
UNIT_ROWS = 1_024  # a row group ends after so many, or a multiple
TABLES_MERGED = tuple(table for table in COLUMNS if table not in (*SHARED, *IN_CATALOG))


@dataclass(frozen=True)
class Part:
    """A run that goes into a compaction: from its own files, or from the compaction before."""

    manifest: Manifest
    before: tuple[Compaction, Merged] | None = None


@dataclass(frozen=True)
class Written:
    """The rows of one run in one table of a compaction."""

    rows: int
    sha256: str


def merge(
    warehouse: Path, month: str, table: str, parts: Sequence[Part]
) -> tuple[DataFile | None, dict[str, Written]]:
    """Write one table's rows of these runs, in their order, into a new file; None where there is no row.

    Raises: WarehouseError: a file is not as it was committed; nothing has changed.
    """
    folder = warehouse / FILES_FOLDER / month
    make_folder(folder)
    check_sources(warehouse, table, parts)
    written: dict[str, Written] = {}
    with tempfile.NamedTemporaryFile(dir=folder, prefix=".", suffix=SUFFIX) as file:
        with pq.ParquetWriter(file, TABLES[table], compression="zstd") as writer:
            waiting = _Waiting(writer, TABLES[table])
            for part, batches in _rows_of(warehouse, table, parts):
                content = RowsHash(list(COLUMNS[table]))
                for batch in batches:
                    _check_owners(warehouse, table, part, batch)
                    content.add(batch)
                    waiting.add(batch)
                if content.rows:
                    written[part.manifest.run_id] = Written(content.rows, content.hexdigest())
                _check_rows(warehouse, table, part, content)
            waiting.flush()
        file.flush()
        rows = sum(one.rows for one in written.values())
        if rows == 0:
            return None, {}
        temporary = Path(file.name)
        temporary.chmod(0o644)
        fsync_file(temporary)
        digest = sha256_of(temporary)
        final = folder / f"{table}-{digest[:16]}.parquet"
        if not final.exists():  # else the month's table is as it was, and was checked
            final.hardlink_to(temporary)
        fsync_folder(folder)
    path = final.relative_to(warehouse).as_posix()
    return DataFile(table, path, rows, digest, final.stat().st_size, row_groups_of(final)), written


def contents_of(warehouse: Path, table: str, record: Compaction) -> Iterator[tuple[Merged, RowsHash]]:
    """Each run of a compaction with its rows' checksum, read anew; where rows lack, of those there are."""
    stream = _Stream(warehouse, table, record)
    for merged in record.runs:
        content = RowsHash(list(COLUMNS[table]))
        for batch in stream.take(merged):
            content.add(batch)
        yield merged, content


def check_sources(warehouse: Path, table: str, parts: Sequence[Part]) -> None:
    """Check that what is merged is, to the last bit, what was committed: damage is not copied.

    Raises: WarehouseError: a file is missing or has changed.
    """
    files: dict[str, tuple[DataFile, str]] = {}
    for part in parts:
        if part.before is None:
            for file in _files(part, table):
                check_file(warehouse, file, part.manifest.run_id)
                files[file.path] = (file, f"the run {part.manifest.run_id}")
        else:
            for file in _files(part, table):
                check_compacted(warehouse, file, part.before[0])
                files[file.path] = (file, f"the compaction {part.before[0].name}")
    for file, whose in files.values():
        if sha256_of(warehouse / file.path) != file.sha256:
            raise WarehouseError(
                f"{warehouse / file.path}: is not as {whose} lists it: its sha256 is another. Nothing was "
                'merged of its month. "nightbench verify --repair" says what is wrong and mends what it can.'
            )


def _files(part: Part, table: str) -> list[DataFile]:
    files = part.manifest.files if part.before is None else part.before[0].files
    return [file for file in files if file.table == table]


def _rows_of(
    warehouse: Path, table: str, parts: Sequence[Part]
) -> Iterator[tuple[Part, Iterator[pa.RecordBatch]]]:
    """Each run with its rows; those of a compaction before are read once through, beside the others."""
    streams: dict[str, _Stream] = {}
    for part in parts:
        if part.before is None:
            yield part, _read(warehouse, table, [file.path for file in _files(part, table)])
        else:
            record, merged = part.before
            if record.name not in streams:
                streams[record.name] = _Stream(warehouse, table, record)
            yield part, streams[record.name].take(merged)


class _Stream:
    """The rows of a compacted file from its beginning, run by run in the order of its record."""

    def __init__(self, warehouse: Path, table: str, record: Compaction) -> None:
        self._table = table
        self._left = list(record.runs)
        files = [file.path for file in record.files if file.table == table]
        self._batches = _read(warehouse, table, files)
        self._rest: pa.RecordBatch | None = None

    def take(self, wanted: Merged) -> Iterator[pa.RecordBatch]:
        """The rows of a run; those of runs before it are passed over."""
        while True:
            run = self._left.pop(0)
            n = run.rows.get(self._table, 0)
            while n > 0:
                batch = self._rest if self._rest is not None else next(self._batches, None)
                if batch is None:  # the file has fewer rows than its record says: whoever counts them sees it
                    break
                here, rest = batch.slice(0, n), batch.slice(n)
                self._rest = rest if rest.num_rows else None
                n -= here.num_rows
                if run == wanted:
                    yield here
            if run == wanted:
                return


def _read(warehouse: Path, table: str, paths: Sequence[str]) -> Iterator[pa.RecordBatch]:
    """Rows in today's schema: columns that came later are NULL."""
    schema = TABLES[table]
    for path in paths:
        with pq.ParquetFile(warehouse / path, pre_buffer=False) as parquet:
            for batch in parquet.iter_batches(batch_size=BATCH_ROWS):
                there = set(batch.schema.names)
                columns = [
                    _typed(batch.column(field.name), field.type)
                    if field.name in there
                    else pa.nulls(batch.num_rows, field.type)
                    for field in schema
                ]
                yield pa.RecordBatch.from_arrays(columns, schema=schema)


def _typed(column: pa.Array, wanted: pa.DataType) -> pa.Array:
    return column if column.type == wanted else column.cast(wanted)


def _check_rows(warehouse: Path, table: str, part: Part, content: RowsHash) -> None:
    """Raises: WarehouseError: a run has other rows than its manifest says."""
    if part.before is None:
        wanted = sum(file.rows for file in _files(part, table))
        same = content.rows == wanted
    else:
        merged = part.before[1]
        wanted = merged.rows.get(table, 0)
        same = content.rows == wanted and (
            part.before[0].schema_version != SCHEMA_VERSION
            or content.rows == 0
            or content.hexdigest() == merged.rows_sha256[table]
        )
    if not same:
        raise WarehouseError(
            f"{warehouse}: the run {part.manifest.run_id} has other rows in {table} than were committed "
            f"({content.rows} were read, {wanted} are listed). Nothing was merged of its month. "
            '"nightbench verify --repair" says what is wrong and mends what it can.'
        )


def _check_owners(warehouse: Path, table: str, part: Part, batch: pa.RecordBatch) -> None:
    """Raises: WarehouseError: a run's file holds rows that it could not be told by."""
    column = owner_column(table)
    owners = batch.column(column).unique().to_pylist()
    if owners not in ([part.manifest.run_id], []):
        raise WarehouseError(
            f"{warehouse}: the run {part.manifest.run_id} has rows in {table} with the {column} "
            f"{owners[0]!r}. "
            'Nothing was merged of its month. "nightbench verify" says more.'
        )


class _Waiting:
    """Batches on their way into row groups, which depend on the rows alone and not on how they were read.

    So the same runs give the same bytes, merged at once or one after another.
    """

    def __init__(self, writer: pq.ParquetWriter, schema: pa.Schema) -> None:
        self._writer = writer
        # A batch's dictionary has the words of all that was read with it, forgotten runs among them: made
        # anew, it has those of its rows.
        self._plain = pa.schema([field.with_type(_undictionaried(field.type)) for field in schema])
        self._batches: list[pa.Table] = []
        self._rows = 0
        self._bytes = 0

    def add(self, batch: pa.RecordBatch) -> None:
        while batch.num_rows:
            here = batch.slice(0, UNIT_ROWS - self._rows % UNIT_ROWS)
            batch = batch.slice(here.num_rows)
            plain = pa.Table.from_batches([here]).cast(self._plain)
            self._batches.append(plain)
            self._rows += plain.num_rows
            self._bytes += _text_bytes(plain)
            whole = self._rows % UNIT_ROWS == 0
            if whole and (self._rows >= ROW_GROUP_ROWS or self._bytes >= ROW_GROUP_BYTES):
                self.flush()

    def flush(self) -> None:
        if self._batches:
            plain = pa.concat_tables(self._batches).combine_chunks()
            self._writer.write_table(plain.cast(self._writer.schema))
        self._batches, self._rows, self._bytes = [], 0, 0


def _text_bytes(table: pa.Table) -> int:
    texts = [column for column in table.columns if pa.types.is_string(column.type)]
    return sum(pc.sum(pc.binary_length(column)).as_py() or 0 for column in texts)


def _undictionaried(kind: pa.DataType) -> pa.DataType:
    return kind.value_type if pa.types.is_dictionary(kind) else kind
