"""A compaction changes no answer, whoever commits, reads, grades again or is killed beside it."""

import json
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sample_run import STARTED, land, merge_all
from tests.warehouse.whole import write_whole
from warehouse.catalog import is_current, rewrite_catalog
from warehouse.columns import COLUMNS
from warehouse.compacted.standing import standing_compactions
from warehouse.compaction.compacting import compacting, plan_months, rewrite_without
from warehouse.compaction.merging import TABLES_MERGED
from warehouse.errors import WarehouseError
from warehouse.sqlfiles import load_views

DAY = timedelta(days=1)
OWN = "*/run_date=*/run_id=*/*.parquet"


def answers(warehouse: Path) -> dict[str, list[str]]:
    """Every row of every table and view."""
    found: dict[str, list[str]] = {}
    with duckdb.connect(warehouse / "catalog.duckdb", read_only=True) as connection:
        for name in (*COLUMNS, *(view.name for view in load_views())):
            rows = connection.execute(f"from {name}").fetchall()
            found[name] = sorted(repr(tuple(map(_rounded, row))) for row in rows)
    return found


def _rounded(value: object) -> object:
    """A double is a sum in any order: its last digits are not the answer."""
    return f"{value:.9g}" if isinstance(value, float) else value


def whole(warehouse: Path) -> dict[str, list[str]]:
    write_whole(warehouse, evaluations=3)
    rewrite_catalog(warehouse)
    return answers(warehouse)


@pytest.mark.parametrize("kept_sums", [True, False], ids=["sums carried over", "summed anew"])
def test_no_view_answers_otherwise_and_old_files_leave_after_their_grace(
    warehouse: Path, *, kept_sums: bool
) -> None:
    before = whole(warehouse)
    done = merge_all(warehouse)
    assert done.months[0].n_runs_new == 6
    assert done.removed == ()
    assert answers(warehouse) == before
    again = merge_all(warehouse, later=DAY - timedelta(minutes=10))
    assert (again.months, again.removed, again.waiting) == ((), (), done.waiting)
    last = merge_all(warehouse, later=DAY)
    assert len(last.removed) == done.waiting > 0
    gone = {path for path in last.removed if (warehouse / path).exists()}
    assert gone == set()
    if not kept_sums:
        (warehouse / "catalog.duckdb").unlink()
        rewrite_catalog(warehouse)
    assert answers(warehouse) == before


def test_files_of_old_schema_versions_are_merged(warehouse: Path) -> None:
    for version in (1, 2, 3):
        kept = Path(__file__).parent / f"schema_{version}"
        warehouse_of_it = warehouse / str(version)
        shutil.copytree(kept, warehouse_of_it)
        rewrite_catalog(warehouse_of_it)
        before = answers(warehouse_of_it)
        merge_all(warehouse_of_it, grace=timedelta(0))
        (warehouse_of_it / "catalog.duckdb").unlink()
        rewrite_catalog(warehouse_of_it)
        assert answers(warehouse_of_it) == before


def test_a_run_that_is_committed_again_is_read_from_its_own_files(warehouse: Path) -> None:
    land(warehouse, "r1", n=2, right=1, status="partial")
    land(warehouse, "r2")
    rewrite_catalog(warehouse)
    merge_all(warehouse)
    land(warehouse, "r1", n=4, right=4)
    rewrite_catalog(warehouse)
    with duckdb.connect(warehouse / "catalog.duckdb", read_only=True) as connection:
        counted = connection.execute(
            "select run_id, count(*), count(*) filter (passed) from grades group by 1 order by 1"
        ).fetchall()
    assert counted == [("r1", 4, 4), ("r2", 4, 3)]
    before = answers(warehouse)
    merge_all(warehouse, grace=timedelta(0))
    assert answers(warehouse) == before
    assert len(list((warehouse / "compactions").glob("*.json"))) == 1
    assert {file.rows for file in standing_compactions(warehouse)[0].files} == {2, 8}


def test_a_live_run_is_left_and_its_files_stay(warehouse: Path) -> None:
    for name in ("r1", "r2", "r3"):
        land(warehouse, name)
    done = merge_all(warehouse, live=("r2",), grace=timedelta(0))
    assert done.months[0].live == ("r2",)
    assert {path.parent.name for path in warehouse.glob(OWN)} == {"run_id=r2"}


def test_the_current_month_waits_until_it_is_named(warehouse: Path) -> None:
    land(warehouse, "r1")
    land(warehouse, "r2")
    now = STARTED + DAY
    assert plan_months(warehouse, None, lambda _: False, now) == []
    assert plan_months(warehouse, {"2026-03"}, lambda _: False, now)[0].n_runs == 2


def test_a_second_compaction_is_refused(warehouse: Path) -> None:
    land(warehouse, "r1")
    with compacting(warehouse), pytest.raises(WarehouseError, match="another process compacts"):
        merge_all(warehouse)


def test_damage_is_not_copied(warehouse: Path) -> None:
    land(warehouse, "r1")
    land(warehouse, "r2")
    path = next(warehouse.glob("calls/run_date=*/run_id=r1/*.parquet"))
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content)
    with pytest.raises(WarehouseError, match="r1"):
        merge_all(warehouse)
    assert standing_compactions(warehouse) == []


def test_a_lost_compacted_file_and_a_changed_record_are_named(warehouse: Path) -> None:
    whole(warehouse)
    merge_all(warehouse)
    record = next((warehouse / "compactions").glob("*.json"))
    text = record.read_text()
    record.write_text(text.replace('"n": 1', '"n": 2', 1))
    with pytest.raises(WarehouseError, match=r"compaction cannot be read .its? is not as it was"):
        rewrite_catalog(warehouse)
    record.write_text(text)
    file = next((warehouse / "compacted").glob("*/grades-*"))
    file.unlink()
    with pytest.raises(WarehouseError, match=file.name):
        rewrite_catalog(warehouse)


def test_what_a_killed_compaction_left_is_removed(warehouse: Path) -> None:
    before = whole(warehouse)
    merge_all(warehouse)
    left = warehouse / "compacted" / "2026-03" / "calls-0123456789abcdef.parquet"
    left.write_bytes(b"half")
    merge_all(warehouse)
    assert not left.exists()
    assert answers(warehouse) == before


def test_forgotten_runs_leave_compacted_files_at_once(warehouse: Path) -> None:
    for name in ("r1", "r2", "r3"):
        land(warehouse, name)
    merge_all(warehouse, grace=timedelta(0))
    (warehouse / "commits" / "r2.000001.json").unlink()
    removed = rewrite_without(warehouse, ["r2"], datetime.now(UTC))
    assert len(removed) == 4
    left = b"".join(path.read_bytes() for path in warehouse.rglob("*.parquet"))
    assert b"r2" not in left
    assert "r2" not in next((warehouse / "compactions").glob("*.json")).read_text()
    with duckdb.connect(warehouse / "catalog.duckdb", read_only=True) as connection:
        assert is_current(connection, warehouse) == (True, True)
        assert connection.execute("select run_id, count(*) from calls group by 1 order by 1").fetchall() == [
            ("r1", 4),
            ("r3", 4),
        ]


def test_a_record_says_the_rows_of_each_run(warehouse: Path) -> None:
    whole(warehouse)
    merge_all(warehouse)
    for record in standing_compactions(warehouse):
        for file in record.files:
            assert file.table in TABLES_MERGED
            assert sum(merged.rows.get(file.table, 0) for merged in record.runs) == file.rows
        assert json.loads((warehouse / "compactions" / record.name).read_text())["month"] == record.month


def test_grace_begins_with_the_first_catalog_that_knows_of_it(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    land(warehouse, "r1")
    land(warehouse, "r2")
    rewrite_catalog(warehouse)
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise KeyboardInterrupt

        patch.setattr("warehouse.compaction.compacting.rewrite_catalog", killed)
        with pytest.raises(KeyboardInterrupt):
            merge_all(warehouse)
    assert len(standing_compactions(warehouse)) == 1
    with duckdb.connect(warehouse / "catalog.duckdb", read_only=True) as connection:  # the old one, for days
        assert connection.execute("select count(*) from calls").fetchone() == (8,)
    assert merge_all(warehouse, grace=timedelta(hours=1)).removed == ()
    assert merge_all(warehouse, later=timedelta(hours=1), grace=timedelta(hours=1)).removed != ()


def test_merged_one_after_another_or_at_once_the_files_are_the_same(warehouse: Path) -> None:
    for name in ("r1", "r2", "r3", "r4"):
        land(warehouse, name)
    other = warehouse.with_name("other")
    shutil.copytree(warehouse, other)
    merge_all(warehouse)
    for live in (("r3", "r4"), ("r4",), ()):
        merge_all(other, live=live)
    assert standing_compactions(warehouse)[0].files == standing_compactions(other)[0].files
