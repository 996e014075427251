"""A run is predicted once, when it begins; neither a damaged warehouse nor a missing price stops it."""

from decimal import Decimal
from pathlib import Path

import pytest

from tasks.home import Settings
from tasks.predicted import predicted_columns
from tasks.runs import RunRecord, begin_run, read_run
from tasks.spec import make_spec
from tasks.work import prepare
from tests.tasks.home_cases import settings_with_sums
from tests.warehouse.sample_run import land
from warehouse.columns import COLUMNS

GPT = "simulated/gpt-4o-2024-05-13"


@pytest.fixture
def settings(home: Path, tmp_path: Path) -> Settings:
    return settings_with_sums(home, tmp_path, 4)


def begin(settings: Settings, model: str = GPT) -> RunRecord:
    return begin_run(
        settings.home, make_spec({"suites": ["sums"], "models": [{"model": model}]}), "r", trigger="cli"
    )


def test_a_resume_does_not_predict_anew(settings: Settings) -> None:
    first = prepare(settings, begin(settings), environ={})
    assert first.record.predicted is not None
    assert first.record.predicted["predicted_output_tokens"] == 4 * 16
    assert predicted_columns(first.record.predicted)["predicted_usd"] == first.estimate.usd
    land(settings.home.warehouse, "night", model=GPT)  # ten tokens an answer
    again = prepare(settings, begin(settings), environ={})
    assert again.estimate.output_tokens == 4 * 10
    assert again.record.predicted == first.record.predicted == read_run(settings.home, "r").predicted


def test_a_damaged_warehouse_only_makes_it_a_guess(settings: Settings) -> None:
    warehouse = settings.home.warehouse
    manifest = land(warehouse, "night", model=GPT)
    [calls] = [warehouse / file.path for file in manifest.files if file.table == "calls"]
    calls.write_bytes(b"\0" * calls.stat().st_size)
    work = prepare(settings, begin(settings), environ={})
    assert "begin as a guess, because earlier runs cannot be read" in " ".join(work.notes)
    assert work.estimate.lines[0].assumed


def test_without_a_price_there_are_tokens_and_no_money(settings: Settings) -> None:
    work = prepare(settings, begin(settings, "simulated/llama"), environ={})
    columns = predicted_columns(work.record.predicted)
    assert (columns["predicted_usd"], columns["predicted_usd_low"]) == (None, None)
    assert columns["predicted_output_tokens"] == 64
    assert work.estimate.sentences()[0].startswith("4 calls, of an unknown price, at worst $unknown")


def test_a_run_that_was_not_predicted_has_every_column_empty() -> None:
    columns = predicted_columns(None)
    assert set(columns) == {name for name in COLUMNS["runs"] if name.startswith("predicted_")}
    assert set(columns.values()) == {None}
    assert predicted_columns({"predicted_usd": "1.50"})["predicted_usd"] == Decimal("1.50")
