"""The sums that the catalog keeps are carried to the next one, and made again where they no longer hold."""

from datetime import timedelta
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sample_run import GPT, STARTED, key, land, row
from warehouse import sums
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.commit import Manifest, commit_run
from warehouse.files import TableWriter
from warehouse.query import run_sql

BOARD = "select run_id, n, n_passed from scored_totals order by run_id"


def count_summed(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """The runs that each rewrite sums, noted as it goes."""
    noted: list[list[str]] = []
    batches = sums._batches

    def note(manifests: list[Manifest]) -> object:
        noted.append([manifest.run_id for manifest in manifests])
        return batches(manifests)

    monkeypatch.setattr(sums, "_batches", note)
    return noted


def land_regrade(warehouse: Path, run_id: str, of: str, *, passed: bool) -> None:
    """A run that graded every call of another once more."""
    keys = [key(of, f"s{i}") for i in range(4)]
    graded_at = STARTED + timedelta(days=2)
    grades = [
        row("grades", run_id=of, grading_id=run_id, call_key=call, sample_id=f"s{i}", graded_at=graded_at)
        | {"passed": passed, "score": float(passed), "variant": GPT}
        for i, call in enumerate(keys)
    ]
    own = row("runs", run_id=run_id, kind="regrade", started_at=graded_at)
    files = []
    for table, rows in (("runs", [own]), ("grades", grades)):
        with TableWriter(warehouse, table, graded_at.date(), run_id, part="0") as writer:
            writer.write(rows)
            files.append(writer.close())
    commit_run(
        warehouse,
        run_id=run_id,
        kind="regrade",
        status="complete",
        run_date=graded_at.date(),
        files=[file for file in files if file is not None],
    )


def test_a_commit_sums_its_own_run_alone(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    noted = count_summed(monkeypatch)
    land(warehouse, "r1", right=1)
    rewrite_catalog(warehouse)
    land(warehouse, "r2", right=3)
    rewrite_catalog(warehouse)
    rewrite_catalog(warehouse)
    assert noted[-3:] == [["r1"], ["r2"], []] or noted == [["r1"], [], ["r2"], [], []]
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 1), ("r2", 4, 3)]


def test_a_run_graded_again_is_summed_again(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(warehouse, "r1", right=1)
    land(warehouse, "r2", right=3)
    rewrite_catalog(warehouse)
    noted = count_summed(monkeypatch)
    land_regrade(warehouse, "g1", "r1", passed=True)
    rewrite_catalog(warehouse)
    assert noted == [["r1", "g1"]]
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 4), ("r2", 4, 3)]
    land_regrade(warehouse, "g2", "r1", passed=False)
    next((warehouse / "commits").glob("g1.*")).unlink()  # and as if the first had never been
    rewrite_catalog(warehouse)
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 0), ("r2", 4, 3)]


def test_a_run_committed_again_is_summed_again(warehouse: Path) -> None:
    land(warehouse, "r1", n=2, right=1)
    rewrite_catalog(warehouse)
    land(warehouse, "r1", n=4, right=3)
    rewrite_catalog(warehouse)
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 3)]


@pytest.mark.parametrize("damage", ["gone", "torn", "flipped", "foreign"])
def test_what_is_wrong_with_the_old_catalog_does_not_matter(warehouse: Path, damage: str) -> None:
    land(warehouse, "r1", right=1)
    path = warehouse / NAME
    rewrite_catalog(warehouse)
    content = bytearray(path.read_bytes())
    if damage == "gone":
        path.unlink()
    elif damage == "torn":
        path.write_bytes(content[: len(content) // 2])
    elif damage == "flipped":
        for at in range(8_192, len(content), 997):
            content[at] ^= 0xFF
        path.write_bytes(content)
    else:
        path.unlink()
        with duckdb.connect(path) as other:
            other.execute("create table scored_totals as select 'r1' as run_id, 99 as n")
            other.execute("create table summed as select 'r1' as run_id, '' as key")
    rewrite_catalog(warehouse)
    assert run_sql(warehouse, BOARD).rows == [("r1", 4, 1)]


def test_another_way_of_summing_sums_all_again(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    land(warehouse, "r1", right=1)
    rewrite_catalog(warehouse)
    noted = count_summed(monkeypatch)
    monkeypatch.setattr(sums, "SCHEMA_VERSION", 999)
    rewrite_catalog(warehouse)
    assert noted == [["r1"]]


def test_the_sums_equal_the_rows(warehouse: Path) -> None:
    land(warehouse, "r1", right=1)
    land(warehouse, "r2", n=3, right=2)
    rewrite_catalog(warehouse)
    for total, rows in (
        ("select sum(usd)::varchar from cost_totals", "select sum(usd)::varchar from call_costs"),
        (
            "select sum(n_passed) from scored_totals",
            "select count(*) from latest_grades where passed and is_score",
        ),
        ("select sum(n_calls) from billed_totals", "select count(*) from calls"),
    ):
        assert run_sql(warehouse, total).rows == run_sql(warehouse, rows).rows
