"""Queries run by SQLite itself: a database in memory, a query that may only read, no clock but the given one.

The schema is loaded by DuckDB, which reads it in every dialect; its rows are then SQLite's, as SQLite keeps
them: dates and times as ISO text, decimals as real numbers, truth as 0 and 1.
"""

import datetime as dt
import re
import sqlite3
from datetime import datetime
from decimal import Decimal
from typing import Any

import duckdb

from tasks.grade.sql.dates import said
from tasks.grade.sql.dialect import MAX_CHARS, Dialect
from tasks.grade.sql.duck import DuckDB
from tasks.grade.sql.engine import CannotRunError, Engine, Fetched, QueryError

READS = {sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION, sqlite3.SQLITE_RECURSIVE}
MAX_TEXT = 1 << 24
AFFINITIES = (("INT", "INTEGER"), ("BOOL", "INTEGER"), ("DEC", "REAL"), ("DOUBLE", "REAL"), ("FLOAT", "REAL"))
CLOCK = re.compile(r"(?i)'now'|\bcurrent_(?:date|timestamp|time)\b")
QUOTED = re.compile(r"'(?:[^']|'')*'|\"(?:[^\"]|\"\")*\"|--[^\n]*|/\*.*?\*/|[^'\"/-]+|.", re.DOTALL)


class SQLite(Engine):
    """SQLite, as Python has it."""

    def __init__(self, script: str, script_dialect: Dialect, now: datetime | None) -> None:
        self._now = now
        source = DuckDB(script, script_dialect, "duckdb", now).loaded()
        try:
            with sqlite3.connect(":memory:") as made:
                _copy(source, made)
            self._image = made.serialize()
            made.close()
        except (duckdb.Error, sqlite3.Error) as error:
            why = said(error)["exception_message"][:300]
            raise CannotRunError(f"the schema cannot be loaded into SQLite: {why}") from error
        finally:
            source.close()

    def fetch(self, text: str, max_rows: int) -> Fetched:
        """See Engine."""
        if len(text) > MAX_CHARS:
            raise QueryError(f"it has more than {MAX_CHARS:,} characters")
        connection = sqlite3.connect(":memory:")
        try:
            connection.deserialize(self._image)
            connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_TEXT)
            connection.set_authorizer(_only_reads)
            found = connection.execute(held(text, self._now))
            if found.description is None:
                raise QueryError("it returns nothing: no query")
            names = tuple(str(column[0]) for column in found.description)
            return Fetched(names, found.fetchmany(max_rows))
        except (sqlite3.Error, sqlite3.Warning, ValueError) as error:
            raise QueryError(f"SQLite: {str(error)[:300]}") from error
        except MemoryError as error:
            raise QueryError("it needs more memory than there is") from error
        finally:
            connection.close()


def held(text: str, now: datetime | None) -> str:
    """The query with the moment in place of the clock; quotes and comments stay, save 'now'."""
    if now is None:
        return text
    moment = now.isoformat(sep=" ", timespec="seconds")
    parts = {"'now'": moment, "current_timestamp": moment}
    parts |= {"current_date": moment[:10], "current_time": moment[11:]}

    def still(piece: re.Match[str]) -> str:
        whole = piece[0]
        if whole[0] in "\"'" or whole.startswith(("--", "/*")):
            return f"'{moment}'" if whole.lower() == "'now'" else whole
        return CLOCK.sub(lambda word: f"'{parts[word[0].lower()]}'", whole)

    return QUOTED.sub(still, text)


def _only_reads(action: int, _one: str | None, two: str | None, _base: str | None, _by: str | None) -> int:
    loads = action == sqlite3.SQLITE_FUNCTION and (two or "").lower() in {
        "load_extension",
        "writefile",
        "readfile",
    }
    return sqlite3.SQLITE_OK if action in READS and not loads else sqlite3.SQLITE_DENY


def _copy(source: duckdb.DuckDBPyConnection, made: sqlite3.Connection) -> None:
    tables = source.execute(
        "select schema_name, table_name from duckdb_tables() where not internal order by table_oid"
    ).fetchall()
    for schema, table in tables:
        columns = source.execute(
            "select column_name, data_type from duckdb_columns() where schema_name = ? and table_name = ? "
            "order by column_index",
            [schema, table],
        ).fetchall()
        listed = ", ".join(f"{_name(name)} {_affinity(kind)}" for name, kind in columns)
        made.execute(f"create table {_name(table)} ({listed})")
        rows = source.execute(f"select * from {_name(schema)}.{_name(table)}").fetchall()
        marks = ", ".join("?" * len(columns))
        made.executemany(
            f"insert into {_name(table)} values ({marks})",
            [tuple(_kept(value) for value in row) for row in rows],
        )


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _affinity(kind: str) -> str:
    return next((affinity for part, affinity in AFFINITIES if part in kind), "TEXT")


def _kept(value: Any) -> Any:
    match value:
        case bool():
            return int(value)
        case Decimal():
            return float(value)
        case dt.datetime():
            return value.replace(tzinfo=None).isoformat(sep=" ", timespec="seconds")
        case dt.date() | dt.time():
            return value.isoformat()
        case None | int() | float() | str() | bytes():
            return value
    return str(value)
