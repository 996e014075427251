"""Run what a question shows, and write its outcome as a choice spells it."""

import io
import re
from collections.abc import Sequence
from contextlib import redirect_stdout
from datetime import date, datetime
from typing import Any

import duckdb

FAILS = "an error"
STEP = re.compile(r"^([AB]): (.+(?:\n .+)*)$", re.MULTILINE)  # an indented line goes on with the statement


def result_of(query: str, *setup: str) -> str:
    """What a query returns on a fresh database, or that it fails."""
    with fresh(*setup) as connection:
        return outcome(connection, query)


def end_of(steps: str) -> str:
    """What the last statement of a session returns. A statement before it may fail: the session goes on."""
    if re.fullmatch(r"\s*", STEP.sub("", steps)) is None:
        raise RuntimeError(f"not steps of A and B alone:\n{steps}")
    with fresh() as connection:
        connections = {"A": connection, "B": connection.cursor()}
        found = ""
        for name, statement in STEP.findall(steps):
            found = outcome(connections[name], statement)
        return found


def printed(code: str) -> str:
    """What a script of ours prints, in one line, or what it raises."""
    out = io.StringIO()
    try:
        with redirect_stdout(out):
            exec(compile(code, "question", "exec"), {"__name__": "__main__"})
    except Exception as error:  # noqa: BLE001 - whatever it raises is the answer
        return f"it raises {type(error).__name__}"
    return out.getvalue().strip()


def rows_of(query: str, *setup: str) -> list[tuple[Any, ...]] | None:
    """The rows of a query, sorted, on a fresh database; None where it fails."""
    with fresh(*setup) as connection:
        try:
            found = connection.execute(query).fetchall()
        except duckdb.Error:
            return None
    return sorted(found, key=repr)


def fresh(*setup: str) -> duckdb.DuckDBPyConnection:
    """A database in memory, without access to files, after some statements."""
    connection = duckdb.connect(":memory:", config={"enable_external_access": False, "threads": 1})
    for statements in setup:
        connection.execute(statements)
    return connection


def outcome(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """One query's rows as a choice spells them, or that it fails."""
    try:
        found = connection.execute(query).fetchall()
    except duckdb.Error as error:
        if isinstance(error, duckdb.ParserException):
            raise RuntimeError(f"not SQL: {query}\n{error}") from error
        return FAILS
    return spelled(found)


def spelled(rows: Sequence[Sequence[object]]) -> str:
    """`3`; `3, 2, NULL` for several rows of one column; `(a, 1), (b, 2)` for rows of several."""
    if not rows:
        return "no rows"
    if len(rows[0]) == 1:
        return ", ".join(value(row[0]) for row in rows)
    return ", ".join(f"({', '.join(value(cell) for cell in row)})" for row in rows)


def value(cell: object) -> str:
    """One value as the shell of a database prints it."""
    match cell:
        case None:
            return "NULL"
        case bool():
            return "true" if cell else "false"
        case datetime():
            return cell.isoformat(sep=" ")
        case date():
            return cell.isoformat()
        case list() | tuple():
            return f"[{', '.join(value(inner) for inner in cell)}]"
    return str(cell)
