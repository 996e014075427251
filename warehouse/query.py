"""SQL on the catalog: read-only, with no way out of the warehouse folder, and rows as JSON, CSV or Parquet.

A query may be anything, and what it reads was written by models; so the connection can read the
warehouse's files and nothing else, writes nothing, loads no extension, and its settings are locked.
"""

import csv
import json
import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, BinaryIO, TextIO

import duckdb

from warehouse.catalog import NAME, is_current, rewrite_catalog
from warehouse.errors import NightbenchError, WarehouseError


class QueryError(NightbenchError):
    """The SQL is wrong; DuckDB says where."""

    exit_code = 2


@dataclass(frozen=True)
class Found:
    """The rows of a query, with DuckDB's names for the columns."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]


def open_catalog(warehouse: Path, *, writes_to: Path | None = None) -> duckdb.DuckDBPyConnection:
    """Open the catalog, rewritten first where it is missing, was moved, or lacks a commit.

    `writes_to` is a folder into which it may write, and nowhere else.

    Raises: WarehouseError: it cannot be opened or rewritten.
    """
    connection = _connect(warehouse / NAME)
    usable, complete = (False, False) if connection is None else is_current(connection, warehouse)
    if connection is None or not (usable and complete):
        if connection is not None:
            connection.close()
        rewrite_catalog(warehouse, wait=not usable)  # one that only lacks a commit is never waited for
        connection = _connect(warehouse / NAME)
    if connection is None:
        raise WarehouseError(
            f"{warehouse / NAME}: cannot be opened, because another program has it open for writing. What is "
            "committed is untouched. Close that program, or open the catalog there read-only."
        )
    try:
        _lock_down(connection, (warehouse,) if writes_to is None else (warehouse, writes_to))
    except duckdb.Error as error:
        connection.close()
        raise WarehouseError(f"{warehouse / NAME}: cannot be opened safely: {error}") from error
    return connection


def run_sql(warehouse: Path, sql: str) -> Found:
    """The rows of one statement (of several, those of the last). Times are UTC.

    Raises: QueryError: what DuckDB says is wrong with it.
    """
    return run_all(warehouse, (sql,))[0]


def run_all(warehouse: Path, queries: Sequence[str]) -> list[Found]:
    """The rows of several queries on one state of the catalog, each as `run_sql` gives it.

    Raises: QueryError: what DuckDB says is wrong with one.
    """
    with open_catalog(warehouse) as connection:
        return [_found(connection, sql) for sql in queries]


def _found(connection: duckdb.DuckDBPyConnection, sql: str) -> Found:
    try:
        connection.execute(sql)
        columns = tuple(str(column[0]) for column in connection.description or ())
        return Found(_distinct(columns), connection.fetchall() if columns else [])
    except duckdb.Error as error:
        raise QueryError(str(error)) from error


def to_json(found: Found) -> str:
    """An array of row objects: counts as numbers, decimals and ids as strings, times as ISO 8601."""
    rows = [
        {name: plain(value) for name, value in zip(found.columns, row, strict=True)} for row in found.rows
    ]
    return json.dumps(rows, ensure_ascii=False, indent=1)


def to_csv(found: Found, file: TextIO) -> None:
    """CSV with a header; lists and structures as JSON, NULL as nothing."""
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(found.columns)
    for row in found.rows:
        writer.writerow([flat(value) for value in row])


def to_parquet(warehouse: Path, sql: str, file: BinaryIO) -> None:
    """The rows of a query as one Parquet file, in DuckDB's own types.

    Raises: QueryError: what DuckDB says is wrong with the query, or it returns no rows at all.
    """
    with tempfile.TemporaryDirectory(dir=warehouse, prefix=".query-") as folder:
        path = Path(folder) / "rows.parquet"
        with open_catalog(warehouse) as connection:
            try:
                connection.sql(sql).write_parquet(str(path), compression="zstd")
            except duckdb.Error as error:
                raise QueryError(str(error)) from error
            except AttributeError as error:
                raise QueryError("This statement has no rows to write. Nothing was written.") from error
        file.write(path.read_bytes())


def _connect(path: Path) -> duckdb.DuckDBPyConnection | None:
    """None where there is no catalog, or none that can be opened: it is then written anew."""
    if not path.exists():
        return None
    try:
        return duckdb.connect(path, read_only=True)
    except duckdb.Error:  # locked by a writer, or damaged
        return None


def _lock_down(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    texts = ", ".join("'{}/'".format(str(folder.resolve()).replace("'", "''")) for folder in folders)
    for setting in (
        "timezone = 'UTC'",
        f"allowed_directories = [{texts}]",
        "autoinstall_known_extensions = false",
        "autoload_known_extensions = false",
        "enable_external_access = false",
        "lock_configuration = true",
    ):
        connection.execute(f"set {setting}")


def _distinct(columns: Sequence[str]) -> tuple[str, ...]:
    """Names, a repeated one numbered: two columns of one name would be one key of a JSON object."""
    names: list[str] = []
    for column in columns:
        name, n = column, 1
        while name in names:
            name, n = f"{column}_{n}", n + 1
        names.append(name)
    return tuple(names)


def flat(value: Any) -> Any:
    """A value as a cell of CSV has it: what has parts becomes JSON."""
    value = plain(value)
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def plain(value: Any) -> Any:
    """A value as JSON has it; a number that JSON has no word for (NaN, infinity) is null."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, datetime | date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return str(value)
