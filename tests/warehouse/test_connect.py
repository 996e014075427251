"""A notebook opens a home with one line, read-only, in UTC, and without making anything."""

import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sample_run import land
from warehouse import connect
from warehouse.errors import SpecError
from warehouse.sqlfiles import load_views


def test_every_view_is_there_in_utc_and_read_only(warehouse: Path) -> None:
    land(warehouse, "r1")
    with connect(warehouse.parent) as connection:
        for view in load_views():
            connection.execute(f"select * from {view.name}").fetchall()
        (zone,) = connection.execute("select current_setting('timezone')").fetchall()[0]
        assert zone == "UTC"
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("create table mine (a integer)")


def test_a_later_run_is_seen_by_the_next_connection(warehouse: Path) -> None:
    land(warehouse, "r1")
    with connect(str(warehouse.parent)) as connection:
        assert connection.execute("select count(*) from runs").fetchall() == [(1,)]
    land(warehouse, "r2")
    with connect(warehouse.parent) as connection:
        assert connection.execute("select count(*) from runs").fetchall() == [(2,)]


def test_the_home_is_what_the_variable_names_else_data(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(warehouse, "r1")
    monkeypatch.setenv("NIGHTBENCH_HOME", str(warehouse.parent))
    with connect() as connection:
        assert connection.execute("select run_id from runs").fetchall() == [("r1",)]
    monkeypatch.delenv("NIGHTBENCH_HOME")
    warehouse.parent.rename(warehouse.parent.parent / "data")
    monkeypatch.chdir(warehouse.parent.parent)
    with connect() as connection:
        assert connection.execute("select run_id from runs").fetchall() == [("r1",)]


def test_a_folder_that_is_no_home_is_refused_and_stays_empty(tmp_path: Path) -> None:
    with pytest.raises(SpecError, match="NIGHTBENCH_HOME"):
        connect(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_importing_the_warehouse_loads_no_duckdb() -> None:
    script = "import sys, warehouse; sys.exit('duckdb' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
