"""Tables, their schema, the commit, the catalog; the SQL lives here. `connect` opens it in a notebook."""

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:  # every part of nightbench passes here, and DuckDB is loaded where it is used
    import duckdb


def connect(home: str | Path | None = None) -> "duckdb.DuckDBPyConnection":
    """DuckDB with every table, view and macro of a home, read-only, its times in UTC.

    `home` is by default what NIGHTBENCH_HOME names, else `./data`. The connection shows what was committed
    when it was opened; open another one to see later runs. It reads the warehouse's files and no others: rows
    of your own come in with `connection.register("mine", frame)`.

    Raises: SpecError: there is no home in that folder.
    Raises: WarehouseError: its catalog cannot be opened or rewritten.
    """
    from warehouse.connecting import open_home

    return open_home(home)
