"""How code of a case is run: Python in a namespace of its own, SQL in DuckDB; what stands in for things."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import duckdb


def load(code: str, **names: Any) -> dict[str, Any]:
    """The namespace of a module after its code ran; `names` are there before."""
    space: dict[str, Any] = {"__name__": "reviewed", **names}
    exec(compile(code, "reviewed.py", "exec"), space)
    return space


def query(sql: str, setup: str) -> list[tuple[Any, ...]]:
    """The sorted rows of a query over the tables that `setup` makes."""
    with duckdb.connect() as connection:
        connection.execute(setup)
        return sorted(connection.execute(sql).fetchall(), key=repr)


def raised(call: Any, *args: Any, **options: Any) -> Any:
    """What a call returns, or the name of what it raises."""
    try:
        return call(*args, **options)
    except Exception as error:  # noqa: BLE001 - whatever it raises is what was asked for
        return type(error).__name__


@contextmanager
def zone(name: str) -> Iterator[None]:
    """The machine's own zone, for a while."""
    old = os.environ.get("TZ")
    os.environ["TZ"] = name
    time.tzset()
    try:
        yield
    finally:
        if old is None:
            del os.environ["TZ"]
        else:
            os.environ["TZ"] = old
        time.tzset()


class Closable:
    """A connection or file that counts how many of its kind are open."""

    open_now = 0

    def __init__(self, rows: Mapping[str, Any] | list[Any] | None = None) -> None:
        type(self).open_now += 1
        self.rows = rows if rows is not None else []
        self.closed = False

    def execute(self, sql: str, parameters: Any = None) -> "Closable":
        """Refuse what says so."""
        if "bad" in sql or "bad" in str(parameters):
            raise RuntimeError("bad")
        return self

    def fetchall(self) -> Any:
        """The rows."""
        return self.rows

    def __iter__(self) -> Iterator[Any]:
        return iter(self.rows)

    def close(self) -> None:
        """One less, the first time."""
        if not self.closed:
            self.closed = True
            type(self).open_now -= 1

    def __enter__(self) -> "Closable":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def counted() -> type[Closable]:
    """A class of its own, so that its count begins at 0."""
    return type("Counted", (Closable,), {"open_now": 0})
