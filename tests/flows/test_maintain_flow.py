"""Maintenance forgets what it was told to, only what is older than kept, and nothing on a dry run."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.maintain import forgotten, merged
from flows.parameters import Maintenance
from tasks.home import Home
from tasks.runs import begin_run
from tasks.spec import make_spec


@pytest.fixture
def kept(tmp_path: Path) -> Home:
    """A home with the runs `old` (of 2020) and `new`."""
    home = Home(tmp_path)
    home.make()
    spec = make_spec({"suites": ["any"], "models": [{"model": "simulated/any"}]}, "a test")
    for run_id in ("old", "new"):
        begin_run(home, spec, run_id, trigger="cli")
    record = home.runs / "old.json"
    fields = json.loads(record.read_text()) | {"started_at": datetime(2020, 1, 1, tzinfo=UTC).isoformat()}
    record.write_text(json.dumps(fields))
    return home


def left(home: Home) -> list[str]:
    return sorted(path.stem for path in home.runs.glob("*.json"))


@pytest.mark.parametrize(
    ("options", "figure", "stay"),
    [
        pytest.param(Maintenance(), None, ["new", "old"], id="as the form stands"),
        pytest.param(Maintenance(forget="runs", dry_run=True), 1, ["new", "old"], id="a dry run"),
        pytest.param(Maintenance(forget="runs", keep_days=99_999), 0, ["new", "old"], id="kept for longer"),
        pytest.param(Maintenance(forget="runs"), 1, ["new"], id="what is older"),
    ],
)
def test_forgetting(kept: Home, options: Maintenance, figure: int | None, stay: list[str]) -> None:
    rows = forgotten(kept, options)
    assert (rows[0]["figure"] if rows else None) == figure
    assert left(kept) == stay


def test_merging_is_left_out_where_nobody_asked_for_it(kept: Home) -> None:
    assert merged(kept, Maintenance(compact=False)) == []
    assert {row["step"] for row in merged(kept, Maintenance())} == {"compact"}
