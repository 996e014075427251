"""The catalog shows what is committed, whole, to any number of readers, whoever writes meanwhile."""

import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sample_run import STARTED, land
from warehouse import columns
from warehouse.catalog import NAME, is_current, rewrite_catalog
from warehouse.columns import COLUMNS
from warehouse.commit import committed, sealed
from warehouse.errors import WarehouseError
from warehouse.query import open_catalog, run_sql
from warehouse.sqlfiles import load_views

ROOT = Path(__file__).parents[2]
BOARD = "select run_id, n, accuracy, usd::varchar from leaderboard_all order by run_id"


def test_an_empty_warehouse_has_every_table_and_view(warehouse: Path) -> None:
    rewrite_catalog(warehouse)
    for name in (*COLUMNS, *(view.name for view in load_views())):
        rows = run_sql(warehouse, f"select * from {name}").rows
        assert (rows == []) == (name not in {"prices", "rates", "claims", "against_claims"}), name


def test_a_committed_run_is_there_and_others_are_not(warehouse: Path) -> None:
    land(warehouse, "r1", n=4, right=3)
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 0.75, "0.002600000000")]
    (warehouse / "calls" / "run_date=2026-03-01" / "run_id=r1" / "stray.parquet").write_bytes(b"PAR1")
    land(warehouse, "r2", n=2, right=1)
    assert [row[0] for row in run_sql(warehouse, BOARD).rows] == ["r1", "r2"]


def test_a_resumed_run_shows_once(warehouse: Path) -> None:
    sql = "select runs.status, count(*) from runs join calls using (run_id) group by 1"
    land(warehouse, "r1", n=2, status="partial")
    assert run_sql(warehouse, sql).rows == [("partial", 2)]
    land(warehouse, "r1", n=4)
    assert run_sql(warehouse, sql).rows == [("complete", 4)]


def test_shared_rows_are_there_once(warehouse: Path) -> None:
    land(warehouse, "r1", n=2, suite_size=3)
    land(warehouse, "r2", n=4, suite_size=4)  # another file of the same suite version, and of prompts
    assert run_sql(warehouse, "select count(*), count(distinct sample_id) from samples").rows == [(4, 4)]
    assert run_sql(warehouse, "select count(*), count(distinct prompt_hash) from prompts").rows == [(4, 4)]


def test_a_run_needs_no_price_in_our_table(warehouse: Path) -> None:
    manifest = land(warehouse, "r1")
    other = manifest.model_copy(update={"priced_as": ("openai/gpt-3.5-turbo-1106",)})
    (warehouse / "commits" / manifest.name).write_bytes(sealed(other))
    assert committed(warehouse)[0].priced_as == ("openai/gpt-3.5-turbo-1106",)
    rewrite_catalog(warehouse)
    rows = run_sql(
        warehouse, "select distinct source from prices where model = 'openai/gpt-3.5-turbo-1106'"
    ).rows
    assert len(rows) == 1
    assert str(rows[0][0]).startswith("genai-prices")


def test_columns_and_views_say_what_they_are(warehouse: Path) -> None:
    rewrite_catalog(warehouse)
    found = run_sql(
        warehouse,
        "select comment from duckdb_columns() where table_name = 'leaderboard' and column_name = 'usd'",
    )
    assert "null when n_unpriced > 0" in str(found.rows[0][0])
    found = run_sql(warehouse, "select comment from duckdb_views() where view_name = 'leaderboard'")
    assert "one row a suite, model, variant" in str(found.rows[0][0])


def test_files_of_an_older_schema_are_read_with_null_for_what_came_later(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(warehouse, "old")
    later = {**COLUMNS["calls"], "mood": "word"}
    monkeypatch.setitem(COLUMNS, "calls", later)
    monkeypatch.setattr(columns, "SINCE", {("calls", "mood"): 5})
    monkeypatch.setattr("warehouse.catalog.SCHEMA_VERSION", 5)
    rewrite_catalog(warehouse)
    assert run_sql(warehouse, "select distinct mood from calls").rows == [(None,)]


def test_a_run_that_was_landed_by_schema_1_is_read(warehouse: Path) -> None:
    shutil.copytree(ROOT / "tests" / "warehouse" / "schema_1", warehouse, dirs_exist_ok=True)
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 0.75, "0.002600000000")]
    later = ", ".join(name for table, name in columns.SINCE if table == "runs")
    assert set(run_sql(warehouse, f"select {later} from runs").rows[0]) == {None}
    assert run_sql(warehouse, "select * from plan_accuracy").rows == []
    land(warehouse, "r2", predicted_minutes=2.0)
    assert run_sql(warehouse, "select run_id from plan_accuracy").rows == [("r2",)]


def test_a_run_that_was_landed_by_schema_2_is_read(warehouse: Path) -> None:
    shutil.copytree(ROOT / "tests" / "warehouse" / "schema_2", warehouse, dirs_exist_ok=True)
    assert run_sql(warehouse, BOARD).rows == [("r1", 1, 1.0, "0.000650000000")]
    later = ", ".join(
        name for (table, name), version in columns.SINCE.items() if (table, version) == ("attempts", 3)
    )
    assert set(run_sql(warehouse, f"select {later} from attempts").rows) == {(None, None, None)}
    land(warehouse, "r2")
    assert run_sql(warehouse, "select count(*) from attempts").rows == [(5,)]


def test_a_damaged_warehouse_leaves_the_old_catalog(warehouse: Path) -> None:
    manifest = land(warehouse, "r1")
    rewrite_catalog(warehouse)
    before = (warehouse / NAME).read_bytes()
    (warehouse / manifest.files[1].path).unlink()
    with pytest.raises(WarehouseError, match="r1 lists this file"):
        rewrite_catalog(warehouse)
    assert (warehouse / NAME).read_bytes() == before
    assert [path.name for path in warehouse.iterdir() if path.name.startswith(".")] == []


def test_what_a_killed_rewrite_left_is_cleared_away(warehouse: Path) -> None:
    (warehouse / ".catalog-dead").mkdir()
    (warehouse / ".catalog-dead" / NAME).write_bytes(b"half")
    rewrite_catalog(warehouse)
    assert [path.name for path in warehouse.iterdir() if path.name.startswith(".")] == []


def test_a_moved_home_is_noticed_and_mended(warehouse: Path) -> None:
    land(warehouse, "r1")
    rewrite_catalog(warehouse)
    moved = warehouse.parent / "elsewhere"
    shutil.move(warehouse, moved)
    with duckdb.connect(moved / NAME, read_only=True) as connection:
        assert is_current(connection, moved) == (False, True)
    assert run_sql(moved, BOARD).rows == [("r1", 4, 0.75, "0.002600000000")]


def test_a_commit_whose_catalog_was_never_written_is_seen(warehouse: Path) -> None:
    rewrite_catalog(warehouse)
    land(warehouse, "r1")
    with duckdb.connect(warehouse / NAME, read_only=True) as connection:
        assert is_current(connection, warehouse) == (True, False)
    assert len(run_sql(warehouse, BOARD).rows) == 1


def test_a_damaged_catalog_is_written_anew(warehouse: Path) -> None:
    land(warehouse, "r1")
    (warehouse / NAME).write_bytes(b"no database")
    assert len(run_sql(warehouse, BOARD).rows) == 1


HOLDER = """
import duckdb, sys
connection = duckdb.connect(sys.argv[1])
connection.execute("create table mine as select 1 as a")
print("open", flush=True)
sys.stdin.read()
"""


def test_someone_who_opened_the_catalog_for_writing_stops_nobody(warehouse: Path) -> None:
    land(warehouse, "r1")
    rewrite_catalog(warehouse)
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(warehouse / NAME)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"open\n"
        assert len(run_sql(warehouse, BOARD).rows) == 1
        land(warehouse, "r2")
        rewrite_catalog(warehouse)
        holder.communicate(b"")
    assert len(run_sql(warehouse, BOARD).rows) == 2
    assert not (warehouse / f"{NAME}.wal").exists()


def test_two_that_commit_at_once_lose_neither_and_a_reader_never_waits_or_errs(warehouse: Path) -> None:
    rewrite_catalog(warehouse)
    command = [sys.executable, "-m", "tests.warehouse.sample_run", str(warehouse)]
    writers = [subprocess.Popen([*command, run_id, "8"], cwd=ROOT) for run_id in ("r1", "r2")]
    seen: dict[str, int] = {}
    loops = 0
    while any(writer.poll() is None for writer in writers):
        with duckdb.connect(warehouse / NAME, read_only=True) as connection:
            rows = connection.execute(
                "select run_id, n_asked, (select count(*) from grades g where g.run_id = v.run_id) "
                "from run_variants v"
            ).fetchall()
        for run_id, n_asked, n_grades in rows:
            assert n_asked == n_grades  # never half a run
            assert n_asked >= seen.get(run_id, 0)
            seen[run_id] = n_asked
        loops += 1
    assert [writer.returncode for writer in writers] == [0, 0]
    assert loops > 3
    rows = duckdb.connect(warehouse / NAME, read_only=True).execute(BOARD).fetchall()
    assert [row[:2] for row in rows] == [("r1", 8), ("r2", 8)]


def test_a_reader_keeps_the_catalog_it_opened(warehouse: Path) -> None:
    land(warehouse, "r1")
    with open_catalog(warehouse) as connection:
        land(warehouse, "r2", started_at=STARTED)
        rewrite_catalog(warehouse)
        assert len(connection.execute(BOARD).fetchall()) == 1
    assert len(run_sql(warehouse, BOARD).rows) == 2
