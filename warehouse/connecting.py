"""A home's tables for a notebook: what `warehouse.connect` does."""

import os
from pathlib import Path

import duckdb

from warehouse.errors import SpecError
from warehouse.place import VARIABLE, home_folder, warehouse_of
from warehouse.query import open_catalog


def open_home(home: str | Path | None = None) -> duckdb.DuckDBPyConnection:
    """The catalog of a home, opened as `nightbench sql` does it.

    Raises: SpecError: there is no home in that folder; nothing is made there.
    Raises: WarehouseError: the catalog cannot be opened or rewritten.
    """
    root = home_folder(os.environ if home is None else {VARIABLE: str(home)})
    if not warehouse_of(root).is_dir():
        raise SpecError(
            f"{root}: this folder is no home of nightbench: it has no warehouse. Nothing was opened. Set "
            f'{VARIABLE}, or name the folder: connect("path/to/data").'
        )
    return open_catalog(warehouse_of(root))
