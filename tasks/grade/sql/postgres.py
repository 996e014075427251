"""Queries run by a PostgreSQL server: in a schema and a transaction of their own, read only, rolled back.

The server is the one that NIGHTBENCH_POSTGRES_URL names. Its role may make a schema in its database and
nothing beyond: it is refused with any power over the server, since a query has what its role has.
"""

import re
import secrets
from datetime import datetime
from typing import Any

from tasks.grade.sql.dialect import (
    MAX_CHARS,
    Dialect,
    NotOneQueryError,
    NotTranslatedError,
    for_postgres,
    script_for_postgres,
)
from tasks.grade.sql.engine import CannotRunError, Engine, Fetched, QueryError, TimedOutError


class Postgres(Engine):
    """A PostgreSQL server."""

    def __init__(
        self, url: str, script: str, script_dialect: Dialect, now: datetime | None, timeout_s: float
    ) -> None:
        self._url, self._now, self._timeout_s = url, now, timeout_s
        try:
            self._script = script_for_postgres(script, script_dialect, now)
        except NotTranslatedError as error:
            raise CannotRunError(str(error)) from error

    def fetch(self, text: str, max_rows: int) -> Fetched:
        """See Engine."""
        import psycopg

        if len(text) > MAX_CHARS:
            raise QueryError(f"it has more than {MAX_CHARS:,} characters")
        try:
            query = for_postgres(text, self._now)
        except NotOneQueryError as error:
            raise QueryError(str(error)) from error
        except NotTranslatedError as error:
            raise CannotRunError(str(error)) from error
        try:
            with psycopg.connect(self._url, connect_timeout=10, options=self._options()) as connection:
                self._load(connection)
                fetched = _fetched(connection, query, max_rows)
                connection.rollback()
                return fetched
        except psycopg.errors.QueryCanceled as error:
            raise TimedOutError(f"it did not end within {self._timeout_s:g} s") from error
        except (psycopg.errors.InsufficientResources, psycopg.errors.ProgramLimitExceeded) as error:
            raise QueryError(_said(error)) from error
        except psycopg.OperationalError as error:
            raise CannotRunError(f"the PostgreSQL server: {type(error).__name__}") from error
        except psycopg.Error as error:
            raise QueryError(_said(error)) from error

    def _options(self) -> str:
        return (
            f"-c statement_timeout={int(self._timeout_s * 1000)} -c lock_timeout=1000 -c timezone=UTC "
            "-c client_connection_check_interval=1000 -c datestyle=ISO"
        )

    def _load(self, connection: Any) -> None:
        import psycopg

        schema = f"nightbench_{secrets.token_hex(8)}"
        try:
            connection.execute(f"create schema {schema}")
            connection.execute(f"set local search_path to {schema}")
            for statement in self._script:
                connection.execute(statement)
        except psycopg.Error as error:
            raise CannotRunError(f"the schema cannot be loaded: {_said(error)}") from error
        connection.execute("set transaction read only")


def _fetched(connection: Any, query: str, max_rows: int) -> Fetched:
    """Through a cursor of the server's: it takes one query that reads, and gives what is asked of it."""
    import psycopg

    declared = connection.pgconn.exec_params(f"declare answer cursor for {query}".encode(), [])
    if declared.status != psycopg.pq.ExecStatus.COMMAND_OK:
        raise psycopg.errors.error_from_result(declared, encoding="utf-8")
    with connection.cursor() as cursor:
        found = cursor.execute(f"fetch {max_rows} from answer")
        names = tuple(column.name for column in found.description or ())
        return Fetched(names, found.fetchall())


def _said(error: Exception) -> str:
    return re.sub(r"\s+", " ", str(error))[:300]
