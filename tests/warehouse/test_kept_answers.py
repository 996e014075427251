"""An answer that the catalog keeps is the one that the files give, and is asked anew where it may differ."""

from collections.abc import Collection
from pathlib import Path

import duckdb
import pytest

from bench.made_warehouse import Shape, make_warehouse
from tests.warehouse.sample_run import land
from tests.warehouse.test_sums import land_regrade
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.kept_answers import answered_views, carry_answers

NIGHTS = 6


def answers(warehouse: Path) -> dict[str, list[str]]:
    """Every row; of doubles, which are sums in any order, nine digits."""
    found: dict[str, list[str]] = {}
    with duckdb.connect(warehouse / NAME, read_only=True) as connection:
        for view in answered_views():
            rows = connection.execute(f"from {view.name}").fetchall()
            told = ([f"{v:.9g}" if isinstance(v, float) else str(v) for v in row] for row in rows)
            found[view.name] = sorted(map(" ".join, told))
    return found


def test_an_answer_is_carried_while_it_holds_and_no_longer(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    noted: list[Collection[str]] = []

    def note(connection: duckdb.DuckDBPyConnection, old: Path) -> frozenset[str]:
        noted.append(carry_answers(connection, old))
        return frozenset(noted[-1])

    monkeypatch.setattr("warehouse.catalog.carry_answers", note)
    made = make_warehouse(warehouse, Shape(NIGHTS, suites=1, variants=1, samples=200))
    names = {view.name for view in answered_views()}
    for _ in range(NIGHTS - 1):
        next(made)
    rewrite_catalog(warehouse)
    before = answers(warehouse)
    assert before["regressions"]
    land(warehouse, "r1", status="partial")
    rewrite_catalog(warehouse)
    assert answers(warehouse) == before
    next(made)
    rewrite_catalog(warehouse)
    after = answers(warehouse)
    assert after != before
    land(warehouse, "r2", status="partial")
    rewrite_catalog(warehouse)
    land_regrade(warehouse, "g1", "r2", passed=False)  # of a run that is no night
    rewrite_catalog(warehouse)
    assert noted == [set(), names, set(), names, names]
    (warehouse / NAME).unlink()
    rewrite_catalog(warehouse)
    assert answers(warehouse) == after
    damaged = (warehouse / NAME).read_bytes()[:5_000]
    (warehouse / NAME).write_bytes(damaged)
    rewrite_catalog(warehouse)
    assert answers(warehouse) == after
