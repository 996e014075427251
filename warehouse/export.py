"""Rows of the warehouse in one file for somebody else: Parquet, CSV, or a DuckDB file of tables.

The file is written beside its place and renamed into it, so it is there whole or not at all.

Text was written by models and may be meant to hurt a reader. In CSV a text that a spreadsheet would take for
a formula gets an apostrophe before it, as OWASP advises ("CSV Injection"); numbers written as text stay as
they are. Parquet and DuckDB files, which nothing computes, have every text as it is.
"""

import csv
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from warehouse.durable import fsync_file, fsync_folder, writing
from warehouse.errors import SpecError
from warehouse.literals import text
from warehouse.query import QueryError, flat, open_catalog
from warehouse.sqlfiles import load_macros, load_views

FLAT = "answers"  # the view that is written where nothing else is asked for
QUERIED = "result"  # the table of a DuckDB file that a query fills
OURS = ("catalog_info", "summed", "graded")  # what a catalog says of itself is nobody else's business
AT_ONCE = 5_000  # rows in memory
REMEDY = "There is no file of that name but what was there before. Make room, or name another folder."
FORMULA = re.compile("[=+\\-@\t\r\N{FULLWIDTH EQUALS SIGN}\N{FULLWIDTH PLUS SIGN}"
                     "\N{FULLWIDTH HYPHEN-MINUS}\N{FULLWIDTH COMMERCIAL AT}]")  # fmt: skip
NUMBER = re.compile(r"[+-]?(\d[\d,_ ]*)?(\.\d+)?([eE][+-]?\d+)?%?\Z")


@dataclass(frozen=True)
class Wanted:
    """What is exported: a table or view, or a query; of some runs or of all. Neither: the view `answers`."""

    relation: str | None = None
    query: str | None = None
    run_ids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Exported:
    """The file that was written, and the rows of each of its tables."""

    path: Path
    rows: Mapping[str, int]
    n_bytes: int


def export(
    warehouse: Path, target: Path, wanted: Wanted, *, force: bool = False, raw: bool = False
) -> Exported:
    """Write what is wanted; the file's ending says how. A `.duckdb` file holds every table and view.

    `raw` leaves formulas in CSV as they are; `force` replaces a file that is there.

    Raises: SpecError: the file is there, has no such ending, or lies in the warehouse; there is no such table
        or run, or what is wanted cannot be narrowed to runs.
    Raises: QueryError: what DuckDB says is wrong with the query.
    Raises: WarehouseError: the disk refuses.
    """
    _check(warehouse, target, force=force)
    with (
        writing(target, REMEDY),
        tempfile.TemporaryDirectory(dir=target.parent, prefix=".nightbench-export-") as folder,
    ):
        new = Path(folder) / f"new{target.suffix}"
        with open_catalog(warehouse, writes_to=Path(folder)) as connection:
            if wanted.run_ids:
                _narrow(connection, wanted.run_ids)
            rows = _write(connection, new, wanted, raw=raw)
        fsync_file(new)
        n_bytes = new.stat().st_size
        put(new, target, force=force)
    return Exported(target, rows, n_bytes)


def put(new: Path, target: Path, *, force: bool) -> None:
    """Give a file that is whole its name.

    Raises: SpecError: another has the name by now, and `force` does not allow to replace it.
    """
    if force:
        new.replace(target)
    else:
        try:
            target.hardlink_to(new)
        except FileExistsError:
            raise is_there(target) from None
    fsync_folder(target.parent)


def is_there(target: Path) -> SpecError:
    """Of a file that would be overwritten."""
    return SpecError(
        f"{target}: is there already. It was not touched. Give another name, or --force to replace it."
    )


def guarded(text: str) -> str:
    """A text that no spreadsheet takes for a formula: an apostrophe before what begins like one."""
    return f"'{text}" if FORMULA.match(text) and not NUMBER.match(text) else text


def _check(warehouse: Path, target: Path, *, force: bool) -> None:
    if target.suffix not in _WRITERS:
        raise SpecError(
            f"{target}: a file that ends in {', '.join(_WRITERS)} can be written. Nothing was written. Name "
            f"one of these."
        )
    if target.resolve().is_relative_to(warehouse.resolve()):
        raise SpecError(
            f"{target}: lies in the warehouse, where only committed files may lie. Nothing was written. Name "
            f"another folder."
        )
    if not target.parent.is_dir():
        raise SpecError(
            f"{target}: there is no folder {target.parent}. Nothing was written. Make it, or name another."
        )
    if target.is_dir():
        raise SpecError(f"{target}: is a folder. Nothing was written. Name a file.")
    if target.exists() and not force:
        raise is_there(target)


def _write(
    connection: duckdb.DuckDBPyConnection, new: Path, wanted: Wanted, *, raw: bool
) -> Mapping[str, int]:
    if wanted.query is not None:
        if wanted.run_ids:
            raise SpecError(
                "--query says itself which runs it reads, so --run has no part in it. Nothing was written. "
                "Write `where run_id in (...)` into the query."
            )
        name, sql = QUERIED, wanted.query.strip().rstrip(";")
    elif wanted.relation is None and new.suffix == ".duckdb":
        return _duckdb(connection, new, {name: f'select * from "{name}"' for name in _relations(connection)})
    else:
        name = wanted.relation or FLAT
        _check_relation(connection, name, wanted)
        sql = f'select * from "{name}"'
    try:
        if new.suffix == ".csv":
            return {name: _csv(connection, new, sql, raw=raw)}
        return _WRITERS[new.suffix](connection, new, {name: sql})
    except duckdb.Error as error:
        raise QueryError(f"{error}\nNothing was written.") from error


def _csv(connection: duckdb.DuckDBPyConnection, new: Path, sql: str, *, raw: bool) -> int:
    """CSV with a header; lists and structures as JSON, NULL as nothing."""
    connection.execute(sql)
    n = 0
    with new.open("w", encoding="utf-8", errors="replace", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([guarded(str(column[0])) for column in connection.description or ()])
        while rows := connection.fetchmany(AT_ONCE):
            writer.writerows([_cell(value, raw=raw) for value in row] for row in rows)
            n += len(rows)
    return n


def _cell(value: Any, *, raw: bool) -> Any:
    cell = flat(value)
    return guarded(cell) if isinstance(cell, str) and not raw else cell


def _parquet(
    connection: duckdb.DuckDBPyConnection, new: Path, tables: Mapping[str, str]
) -> Mapping[str, int]:
    """One Parquet file, in DuckDB's own types."""
    ((name, sql),) = tables.items()
    connection.execute(f"copy ({sql}\n) to {text(str(new))} (format parquet, compression zstd)")
    (n,) = connection.execute(
        f"select sum(num_rows) from parquet_file_metadata({text(str(new))})"
    ).fetchall()[0]
    return {name: int(n)}


def _duckdb(connection: duckdb.DuckDBPyConnection, new: Path, tables: Mapping[str, str]) -> Mapping[str, int]:
    """A file that any DuckDB from 1.1 on opens: tables with their comments."""
    connection.execute(f"attach {text(str(new))} as exported (read_write, storage_version 'v1.0.0')")
    rows = {}
    for name, sql in tables.items():
        (n,) = connection.execute(f'create table exported.main."{name}" as {sql}').fetchall()[0]
        rows[name] = int(n)
        _comment(connection, name)
    connection.execute("detach exported")
    return rows


def _comment(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """What the catalog says of a table and its columns, said of the exported one too."""
    said = connection.execute(
        "select comment from duckdb_tables() where database_name = 'catalog' and table_name = $name "
        "union all select comment from duckdb_views() where database_name = 'catalog' and view_name = $name",
        {"name": name},
    ).fetchone()
    if said and said[0]:
        connection.execute(f'comment on table exported.main."{name}" is {text(str(said[0]))}')
    columns = connection.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'catalog' "
        "and table_name = $name and comment is not null",
        {"name": name},
    ).fetchall()
    for column, meaning in columns:
        connection.execute(f'comment on column exported.main."{name}"."{column}" is {text(str(meaning))}')


_WRITERS = {".parquet": _parquet, ".csv": _parquet, ".duckdb": _duckdb}


def _relations(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Every table of the catalog, then every view, by name."""
    found = connection.execute(
        "select table_name from duckdb_tables() where database_name = 'catalog' union all "
        "select view_name from duckdb_views() where database_name = 'catalog' and not internal order by 1"
    ).fetchall()
    return [name for (name,) in found if name not in OURS]


def _check_relation(connection: duckdb.DuckDBPyConnection, name: str, wanted: Wanted) -> None:
    known = _relations(connection)
    if name not in known:
        raise SpecError(
            f'there is no table or view "{name}". Nothing was written. There are: {", ".join(known)}.'
        )
    if wanted.run_ids and name == "prices":
        raise SpecError('"prices" is of no run. Nothing was written. Leave out --run.')


def _narrow(connection: duckdb.DuckDBPyConnection, run_ids: Sequence[str]) -> None:
    """Let every table and view be of these runs alone: temporary ones stand before the catalog's.

    Raises: SpecError: there is no such run.
    """
    committed = {run_id for (run_id,) in connection.execute("select run_id from runs").fetchall()}
    for run_id in run_ids:
        if run_id not in committed:
            raise SpecError(
                f'run "{run_id}" is not in the warehouse. Nothing was written. `nightbench runs` lists '
                f"what is."
            )
    listed = ", ".join(map(text, run_ids))
    views = {view.name for view in load_views()}
    for name in _relations(connection):
        if name in views:
            continue
        columns = [row[0] for row in connection.execute(f"describe catalog.main.{name}").fetchall()]
        if "run_id" in columns:
            which = f"run_id in ({listed})"
            which += f" or grading_id in ({listed})" if "grading_id" in columns else ""
        elif name == "prompts":
            which = f"prompt_hash in (select prompt_hash from catalog.main.calls where run_id in ({listed}))"
        elif name == "samples":
            which = (
                "(suite, suite_version) in "
                f"(select (suite, suite_version) from catalog.main.calls where run_id in ({listed}))"
            )
        else:
            continue
        connection.execute(f"create temp view {name} as select * from catalog.main.{name} where {which}")
    for macro in load_macros():  # those of the catalog are bound to its own views
        connection.execute(macro.sql.replace("create or replace macro", "create or replace temp macro", 1))
    for view in load_views():
        connection.execute(f"create temp view {view.name} as {view.sql}")
