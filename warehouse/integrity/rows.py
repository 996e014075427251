"""Do the rows of the committed runs hold together? Keys, references, counts and money: `checks/*.sql`.

A check is a query that returns what does not hold: run_id, n, example. It reads the tables as the catalog has
them, `asked` (the manifests that are checked; their parents' rows are there too) and `asked_files`.
"""

import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import duckdb

from warehouse.catalog import open_rows
from warehouse.commit import Manifest
from warehouse.compacted.standing import Compaction, files_of, graded_by, records_of
from warehouse.durable import DataFile
from warehouse.integrity.findings import Finding

MEMORY = "1GB"  # beyond it, DuckDB spills into a folder that goes with the check
ROWS_AT_ONCE = 2_000_000
HERE = Path(__file__).parent.parent / "checks"
HEADER = re.compile(r"-- (?P<name>Kind|Table|Key): +(?P<value>\S+)\Z")
REMEDY = (
    "Files that are whole hold it, so it was committed so: nothing on disk was damaged since. Grade or land "
    "the run again, and report it as a mistake of nightbench."
)


@dataclass(frozen=True)
class Check:
    """One query of `checks/`; its first comment line is the sentence."""

    name: str
    says: str
    kind: str
    table: str
    key: str | None
    sql: str


@cache
def load_checks() -> tuple[Check, ...]:
    """Every check, in the order of their numbers."""
    return tuple(_load(path) for path in sorted(HERE.glob("[0-9][0-9]_*.sql")))


def check_rows(
    warehouse: Path,
    manifests: Mapping[str, Manifest],
    run_ids: Sequence[str],
    compactions: Sequence[Compaction] = (),
    tell: Callable[[int], None] = lambda _: None,
) -> Iterator[Finding]:
    """What does not hold in the rows of these runs, a bounded number of rows at a time.

    `manifests` are all that count and whose files are whole: runs refer to others' calls. `tell` takes the
    rows that were checked.
    """
    inside = records_of(compactions)

    def record_of(manifest: Manifest) -> Compaction | None:
        return inside.get((manifest.run_id, manifest.n))

    for batch in _batches([manifests[run_id] for run_id in run_ids]):
        parents = {run_id for one in batch for run_id in graded_by(warehouse, one, record_of(one))}
        needed = {m.run_id: m for m in batch} | {p: manifests[p] for p in parents if p in manifests}
        with (
            tempfile.TemporaryDirectory(dir=warehouse, prefix=".verify-") as folder,
            _connect(folder) as rows,
        ):
            open_rows(rows, warehouse, list(needed.values()), compactions)
            _ask(rows, batch)
            for check in load_checks():
                for run_id, n, example in rows.execute(check.sql).fetchall():
                    files = files_of(manifests[run_id], record_of(manifests[run_id]))
                    yield _finding(warehouse, check, manifests[run_id], files, (n, example))
        tell(sum(file.rows for manifest in batch for file in manifest.files))


def _connect(folder: str) -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "autoinstall_known_extensions": "false",
            "memory_limit": MEMORY,
            "temp_directory": folder,
            "preserve_insertion_order": "false",
            "timezone": "UTC",
        }
    )


def _ask(connection: duckdb.DuckDBPyConnection, batch: Sequence[Manifest]) -> None:
    """Make the tables `asked` and `asked_files`."""
    connection.execute(
        "create table asked (run_id varchar, schema_version integer, kind varchar, status varchar, "
        "run_date date, priced_as varchar[], parents varchar[])"
    )
    connection.executemany(
        "insert into asked values (?, ?, ?, ?, ?, ?, ?)",
        [
            (m.run_id, m.schema_version, m.kind, m.status, m.run_date, sorted(m.priced_as), m.graded_runs)
            for m in batch
        ],
    )
    connection.execute("create table asked_files (run_id varchar, table_name varchar, n_rows bigint)")
    connection.executemany(
        "insert into asked_files values (?, ?, ?)",
        [(m.run_id, file.table, file.rows) for m in batch for file in m.files],
    )


def _finding(
    warehouse: Path,
    check: Check,
    manifest: Manifest,
    files: Sequence[DataFile],
    found: tuple[int, str | None],
) -> Finding:
    n, example = found
    table = example if check.name == "rows_by_owner" and example else check.table
    files = [file for file in files if file.table == table]
    place = files[0].path if files else f"commits/{manifest.name}"
    groups: tuple[int, ...] = ()
    if check.key and example:
        place, groups = _where(warehouse, files, check.key, example) or (place, ())
    why = f"{check.says} Run {manifest.run_id}: {n:,}, as {example or 'none'}."
    return Finding(check.kind, place, why, REMEDY, (manifest.run_id,), groups)


def _where(
    warehouse: Path, files: Sequence[DataFile], key: str, example: str
) -> tuple[str, tuple[int, ...]] | None:
    """The file and the row group that hold a key."""
    for file in files:
        with duckdb.connect() as connection:
            row = connection.execute(
                f"select min(file_row_number) from read_parquet(?, file_row_number = true, "
                f"hive_partitioning = false) where {key} = cast(? as uuid)",
                [str(warehouse / file.path), example],
            ).fetchone()
        if row is not None and row[0] is not None:
            ends = 0
            for i, group in enumerate(file.row_groups):
                ends += group.rows
                if row[0] < ends:
                    return file.path, (i,)
            return file.path, ()
    return None


def _batches(manifests: Sequence[Manifest]) -> Iterator[list[Manifest]]:
    batch: list[Manifest] = []
    n_rows = 0
    for manifest in manifests:
        batch.append(manifest)
        n_rows += sum(file.rows for file in manifest.files)
        if n_rows >= ROWS_AT_ONCE:
            yield batch
            batch, n_rows = [], 0
    if batch:
        yield batch


def _load(path: Path) -> Check:
    lines = path.read_text("utf-8").splitlines()
    head = [line for line in lines if line.startswith("--")]
    about = {match["name"]: match["value"] for line in head if (match := HEADER.match(line))}
    return Check(
        name=path.stem.partition("_")[2],
        says=head[0].removeprefix("-- "),
        kind=about["Kind"],
        table=about["Table"],
        key=about.get("Key"),
        sql="\n".join(line for line in lines if not line.startswith("--")),
    )
