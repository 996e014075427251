"""Queries run by DuckDB: each in a database of its own, in memory, locked, that reads no file."""

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import duckdb

from tasks.grade.sql.dates import MAX_DATES, next_try, said
from tasks.grade.sql.dialect import (
    Dialect,
    NotOneQueryError,
    NotTranslatedError,
    for_duckdb,
    script_for_duckdb,
)
from tasks.grade.sql.engine import CannotRunError, Engine, Fetched, QueryError
from tasks.grade.sql.tsql import MACROS
from tasks.grade.sql.tsql_text import texts_joined

CONFIG: dict[str, str | bool | int | float | list[str]] = {
    "allow_persistent_secrets": False,
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
    "enable_external_access": False,
    "max_temp_directory_size": "0KB",
    "memory_limit": "256MB",
    "python_enable_replacements": False,
    "threads": 1,
}
CARRIED = {"postgres", "tsql"}  # into DuckDB's SQL
NAMES = ("Referenced column", "Referenced table", "Table with name", "Ambiguous reference", "must appear in")


class DuckDB(Engine):
    """DuckDB itself, or another dialect carried over to it."""

    def __init__(self, script: str, script_dialect: Dialect, dialect: Dialect, now: datetime | None) -> None:
        self._dialect, self._now = dialect, now
        try:
            self._script = _statements(script, script_dialect, now)
            self.loaded().close()
        except (NotTranslatedError, duckdb.Error) as error:
            why = said(error)["exception_message"][:300]
            raise CannotRunError(f"the schema cannot be loaded: {why}") from error

    def fetch(self, text: str, max_rows: int) -> Fetched:
        """See Engine."""
        try:
            query = for_duckdb(text, self._dialect, self._now)
        except NotTranslatedError as error:
            raise CannotRunError(str(error)) from error
        except NotOneQueryError as error:
            raise QueryError(str(error)) from error
        for _ in range(MAX_DATES):
            connection = self.loaded()
            try:
                return _fetched(connection, query, max_rows)
            except duckdb.Error as error:
                other = next_try(query, error) if self._dialect in CARRIED else None
                if other is None and self._dialect == "tsql":
                    other = texts_joined(query, said(error))
                if other is None:
                    raise self._refused(error) from error
                query = other
            except MemoryError as error:
                raise QueryError("it needs more memory than there is") from error
            finally:
                connection.close()
        raise CannotRunError(f"it has more than {MAX_DATES} dates without dashes")

    def loaded(self) -> duckdb.DuckDBPyConnection:
        """A fresh database with the schema and its rows."""
        connection = duckdb.connect(":memory:", config=CONFIG)
        connection.execute("set enable_progress_bar = false")
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("set errors_as_json = true")
        if self._dialect in CARRIED:
            connection.execute("set integer_division = true")
        if self._dialect == "tsql":  # as Azure's databases compare text, unless they were made otherwise
            connection.execute("set default_collation = 'nocase'")
        connection.execute("set lock_configuration = true")
        connection.execute("begin")
        connection.execute("create schema if not exists public")
        if self._dialect == "tsql":
            connection.execute(MACROS)
        for statement in self._script:
            connection.execute(statement)
        connection.execute("commit")
        return connection

    def _refused(self, error: duckdb.Error) -> QueryError | CannotRunError:
        """Of a query that was carried over, DuckDB's refusal says something only where it is about names."""
        told = said(error)["exception_message"]
        names = isinstance(error, duckdb.BinderException | duckdb.CatalogException)
        if self._dialect == "duckdb" or (names and any(words in told for words in NAMES)):
            return QueryError(told[:300])
        if isinstance(error, duckdb.OutOfMemoryException):
            return QueryError(told[:300])
        return CannotRunError(f"DuckDB does not run what the query was translated to: {told[:300]}")


def _fetched(connection: duckdb.DuckDBPyConnection, query: str, max_rows: int) -> Fetched:
    statements = connection.extract_statements(query)
    kinds = [str(statement.type).rpartition(".")[2] for statement in statements]
    if kinds != ["SELECT"]:
        raise QueryError(f"it must hold exactly one SELECT; it holds {', '.join(kinds) or 'no statement'}")
    connection.execute("begin transaction read only")
    found = connection.execute(statements[0])
    names = tuple(str(column[0]) for column in found.description or ())
    rows: Sequence[tuple[Any, ...]] = found.fetchmany(max_rows)
    return Fetched(names, rows)


@functools.lru_cache(maxsize=32)
def _statements(script: str, dialect: Dialect, now: datetime | None) -> tuple[str, ...]:
    return script_for_duckdb(script, dialect, now)
