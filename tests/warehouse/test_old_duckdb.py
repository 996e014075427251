"""Any DuckDB from 1.1 on opens the catalog and sees the same leaderboard, in Sydney too."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from tests.warehouse.sample_run import STARTED, land
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.export import Wanted, export
from warehouse.query import run_sql, to_json
from warehouse.sqlfiles import load_views

VERSIONS = ("1.1.3", "1.4.4")
READER = """
import json, sys, duckdb
path, views = sys.argv[1], sys.argv[2:]
found = {}
with duckdb.connect(path, read_only=True) as connection:
    zone = connection.execute("select current_setting('timezone')").fetchone()[0]
    for view in views:  # instants as instants: versions print them in different ways
        rows = connection.execute(f"select * from {view}").fetchall()
        found[view] = [[v.timestamp() if hasattr(v, "timestamp") else str(v) for v in row] for row in rows]
print(json.dumps([duckdb.__version__, zone, found]))
"""


@pytest.fixture(scope="session", params=VERSIONS)
def old_duckdb(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, Path]:
    """An old DuckDB in a folder of its own."""
    folder = tmp_path_factory.mktemp(f"duckdb-{request.param}")
    pip = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--only-binary", ":all:"]
    done = subprocess.run(
        [*pip, "--target", str(folder), f"duckdb=={request.param}"], capture_output=True, text=True
    )
    if done.returncode != 0:
        pytest.skip(f"duckdb {request.param} cannot be installed here: {done.stderr.strip()[-200:]}")
    return request.param, folder


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Path:
    warehouse = tmp_path_factory.mktemp("home") / "warehouse"
    warehouse.mkdir()
    land(warehouse, "r1", right=1)
    land(warehouse, "r2", right=3, started_at=STARTED + timedelta(days=1))
    land(warehouse, "r3", n=2, model="simulated/gpt-4o-2024-05-13")
    rewrite_catalog(warehouse)
    return warehouse


def read(warehouse: Path, path: Path | None, name: str = NAME) -> list[object]:
    views = [view.name for view in load_views()]
    environment = os.environ | {"TZ": "Australia/Sydney"} | ({"PYTHONPATH": str(path)} if path else {})
    done = subprocess.run(
        [sys.executable, "-c", READER, str(warehouse / name), *views],
        env=environment,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    found: list[object] = json.loads(done.stdout)
    return found


@pytest.mark.slow
def test_every_view_is_the_same_in_an_old_duckdb_in_sydney(
    old_duckdb: tuple[str, Path], catalog: Path
) -> None:
    version, folder = old_duckdb
    got_version, zone, got = read(catalog, folder)
    _, _, want = read(catalog, None)
    assert (got_version, zone) == (version, "Australia/Sydney")
    assert isinstance(got, dict)
    assert isinstance(want, dict)
    assert {view: sorted(rows) for view, rows in got.items()} == {
        view: sorted(rows) for view, rows in want.items()
    }
    assert len(got["leaderboard"]) == 1
    assert len(got["leaderboard_all"]) == 3
    utc = json.loads(to_json(run_sql(catalog, "select run_date from leaderboard")))
    assert utc == [{"run_date": "2026-03-02"}]
    assert "2026-03-02" in got["leaderboard"][0]


@pytest.mark.slow
def test_an_exported_file_is_the_same_in_an_old_duckdb(
    old_duckdb: tuple[str, Path], catalog: Path, tmp_path: Path
) -> None:
    export(catalog, tmp_path / "all.duckdb", Wanted())
    version, _, got = read(tmp_path, old_duckdb[1], "all.duckdb")
    _, _, want = read(catalog, None)
    assert version == old_duckdb[0]
    assert isinstance(got, dict)
    assert isinstance(want, dict)
    assert {view: sorted(rows) for view, rows in got.items()} == {
        view: sorted(rows) for view, rows in want.items()
    }
