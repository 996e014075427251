"""Run a case's queries on fresh tables, and compare what they return."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import duckdb

Row = list[Any]


@dataclass(frozen=True)
class Result:
    """The columns and rows of a query, in values that JSON has."""

    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def same_rows(self, other: "Result", *, ordered: bool) -> bool:
        """Whether two results are equal: numbers by value, to nine decimals; as a multiset unless ordered."""
        mine, others = [comparable(row) for row in self.rows], [comparable(row) for row in other.rows]
        return mine == others if ordered else sorted(mine) == sorted(others)


@contextmanager
def fresh(script: str) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in memory that holds a schema's tables, and nothing of the machine's files."""
    with duckdb.connect(":memory:", config={"enable_external_access": False}) as connection:
        connection.execute(script)
        yield connection


def result_of(connection: duckdb.DuckDBPyConnection, query: str) -> Result:
    """Run one query.

    Raises: duckdb.Error: it cannot be run.
    """
    found = connection.execute(query)
    columns = tuple(str(column[0]) for column in found.description or ())
    return Result(columns, tuple([plain(value) for value in row] for row in found.fetchall()))


def plain(value: object) -> Any:
    """A value as JSON has it: decimals as numbers, dates and timestamps as text."""
    match value:
        case None | bool() | int() | str():
            return value
        case Decimal():
            return int(value) if value == value.to_integral_value() else float(value)
        case float():
            return int(value) if value.is_integer() else value
        case datetime():
            return value.isoformat(sep=" ")
        case date():
            return value.isoformat()
        case list() | tuple():
            return [plain(inner) for inner in value]
    raise TypeError(f"a result holds {value!r}, for which there is no spelling yet")


def comparable(row: Row) -> str:
    """One spelling of a row, by which rows are compared and sorted."""
    return json.dumps([round(value, 9) if isinstance(value, float) else value for value in row])
