"""A correction of the price table changes what past calls cost, at the next query, in no committed file."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import pytest

import warehouse.catalog
import warehouse.pricelist
from tests.warehouse.sample_run import GPT, land
from warehouse.prices import _in_force as in_force
from warehouse.prices import load_prices, prices_of
from warehouse.query import run_sql

QUERIES = {  # each has what the run cost in its only column
    "leaderboard": "select usd from leaderboard",
    "leaderboard_all": "select usd from leaderboard_all where run_id = 'r1'",
    "cost_by_day": "select usd from cost_by_day",
    "cost_by_model": "select usd from cost_by_model",
    "call_costs": "select sum(usd)::decimal(18, 12) from call_costs",
}
BEFORE = Decimal("0.0026")  # 4 calls of 100 tokens at 5 and 10 tokens at 15 USD a million
AFTER = Decimal("0.0030")  # at 6 and 15
ENTRY = """
[[price]]
models = ["{model}"]
valid_from = {valid_from}
source = "https://example.com/corrected"
input = {usd}
output = 15
"""


@pytest.fixture
def table(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A price table of the test's own, in place of the project's; a changed one is a new process's."""
    path = tmp_path / "prices.toml"
    monkeypatch.setattr(warehouse.pricelist, "TABLE", path)
    monkeypatch.setattr(warehouse.catalog, "PRICE_TABLE", path)
    forget()
    yield path
    monkeypatch.undo()
    forget()


def forget() -> None:
    """What a process keeps of the table from its start."""
    for cached in (load_prices, prices_of, in_force):
        cached.cache_clear()


def write(path: Path, usd: str, valid_from: str = "2024-05-13") -> None:
    path.write_text(ENTRY.format(model=GPT, usd=usd, valid_from=valid_from))
    forget()


def costs(folder: Path) -> dict[str, object]:
    return {name: run_sql(folder, sql).rows[0][0] for name, sql in QUERIES.items()}


def test_a_correction_recosts_history_at_the_next_query(warehouse: Path, table: Path) -> None:
    write(table, "5")
    land(warehouse, "r1")
    assert costs(warehouse) == dict.fromkeys(QUERIES, BEFORE)
    files = {path: path.read_bytes() for path in warehouse.rglob("*.parquet")}
    manifests = {path: path.read_bytes() for path in (warehouse / "commits").glob("*.json")}
    write(table, "6")
    assert costs(warehouse) == dict.fromkeys(QUERIES, AFTER)
    assert {path: path.read_bytes() for path in warehouse.rglob("*.parquet")} == files
    assert {path: path.read_bytes() for path in (warehouse / "commits").glob("*.json")} == manifests
    write(table, "5")
    assert costs(warehouse) == dict.fromkeys(QUERIES, BEFORE)


def test_a_price_that_was_missing_prices_what_was_called_before(warehouse: Path, table: Path) -> None:
    write(table, "5", valid_from="2027-01-01")  # after the calls
    land(warehouse, "r1")
    assert run_sql(warehouse, "select usd, n_unpriced from leaderboard").rows == [(None, 4)]
    write(table, "5")
    assert run_sql(warehouse, "select usd, n_unpriced from leaderboard").rows == [(BEFORE, 0)]
