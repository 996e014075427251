"""What the warehouse's tests share."""

from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from warehouse.catalog import DUCKDB_TYPES
from warehouse.columns import COLUMNS
from warehouse.sqlfiles import load_macros


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """An empty warehouse folder; the apostrophe must not hurt anyone."""
    folder = tmp_path / "it's here" / "warehouse"
    folder.mkdir(parents=True)
    return folder


@pytest.fixture(scope="session")
def macros() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with empty tables and every macro that is made of them."""
    with duckdb.connect() as connection:
        for table, kinds in COLUMNS.items():
            columns = ", ".join(f"{name} {DUCKDB_TYPES[kind]}" for name, kind in kinds.items())
            connection.execute(f"create table {table} ({columns})")
        for macro in load_macros():
            connection.execute(macro.sql)
        yield connection
