"""`maintain` does what is due, in order; a step that fails is told and keeps none from being done."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tasks import maintaining
from tasks.home import Home
from tasks.maintaining import Step, maintain
from tasks.maintenance import Maintenance
from tests.warehouse.sample_run import STARTED, land
from warehouse.catalog import rewrite_catalog
from warehouse.commit import committed
from warehouse.compaction.compacting import compacting
from warehouse.errors import WarehouseError


@pytest.fixture
def at_home(home: Path) -> Home:
    """Three runs of a month that is over."""
    found = Home(home)
    found.make()
    for i in range(3):
        land(found.warehouse, f"night-{i}", started_at=STARTED + timedelta(days=i))
    rewrite_catalog(found.warehouse)
    return found


def options(**fields: object) -> Maintenance:
    return Maintenance.model_validate({"verify": False} | fields)


def test_compaction_is_done_once_it_is_due(at_home: Home) -> None:
    dry = maintain(at_home, options(dry_run=True))
    assert dry.steps[0].words.startswith("12 files (")
    assert dry.steps[0].words.endswith("of 2026-03 would be merged")
    first = maintain(at_home, options(grace_hours=0, verify=True))
    assert [(step.name, step.result) for step in first.steps] == [("verify", "done"), ("compaction", "done")]
    assert first.steps[0].words.endswith(": all of it holds")
    assert "12 files (" in first.steps[1].words
    assert "of 2026-03 were merged; 12 old files were removed" in first.steps[1].words
    second = maintain(at_home, options())
    assert second.lines == ["compaction: not due: no month that is over has files to merge"]


def test_old_files_wait_and_leave_after_their_grace(at_home: Home) -> None:
    first = maintain(at_home, options(grace_hours=24))
    assert "12 old files wait for the end of their 24 h" in first.steps[0].words
    waiting = maintain(at_home, options(grace_hours=24))
    assert [step.result for step in waiting.steps] == ["nothing"]
    assert waiting.lines == ["compaction: 12 old files wait for the end of their 24 h"]
    last = maintain(at_home, options(grace_hours=0))
    assert last.lines == ["compaction: 12 old files were removed"]


def test_runs_beyond_the_retention_are_forgotten(at_home: Home) -> None:
    now = STARTED + timedelta(days=11, hours=1)
    asked = options(compact=False, forget="runs", keep_days=10)
    dry = maintain(at_home, options(compact=False, forget="runs", keep_days=10, dry_run=True), now=now)
    assert dry.steps[0].words.startswith("all of night-0, night-1 would be forgotten (")
    assert len(committed(at_home.warehouse)) == 3
    (step,) = maintain(at_home, asked, now=now).steps
    assert (step.name, step.result) == ("retention", "done")
    assert step.words.startswith("all of night-0, night-1 was forgotten (")
    assert [manifest.run_id for manifest in committed(at_home.warehouse)] == ["night-2"]
    again = maintain(at_home, asked, now=now)
    assert again.lines == ["retention: no run is older, or more, than is kept"]


def test_only_the_text_may_go_and_the_oldest_beyond_a_size(at_home: Home) -> None:
    now = STARTED + timedelta(days=400)
    text = maintain(at_home, options(compact=False, forget="text", keep_days=390), now=now)
    assert text.steps[0].words.startswith("text of night-0, night-1, night-2 was forgotten; ")
    assert len(committed(at_home.warehouse)) == 3
    small = maintain(at_home, options(compact=False, forget="runs", keep_days=9999, keep_gb=1e-9), now=now)
    assert small.steps[0].words.startswith("all of night-0, night-1, night-2 was forgotten")


def test_nothing_is_forgotten_that_nobody_asked_for(at_home: Home) -> None:
    done = maintain(at_home, Maintenance(), now=datetime(2036, 1, 1, tzinfo=UTC))
    assert [step.name for step in done.steps] == ["verify", "compaction"]
    assert len(committed(at_home.warehouse)) == 3


def test_a_step_that_fails_is_told(at_home: Home) -> None:
    told: list[Step] = []
    with compacting(at_home.warehouse):
        done = maintain(at_home, options(verify=True), tell=told.append)
    assert [step.result for step in done.steps] == ["done", "failed"]
    assert "another process compacts this warehouse" in done.steps[1].words
    assert done.failed == [done.steps[1]]
    assert told == list(done.steps)


def test_where_something_does_not_hold_nothing_is_forgotten_or_merged(at_home: Home) -> None:
    damaged = next((at_home.warehouse / "grades").rglob("*run_id=night-1/*.parquet"))
    damaged.write_bytes(damaged.read_bytes()[:-1] + b"?")
    now = STARTED + timedelta(days=400)
    (step,) = maintain(at_home, options(verify=True, forget="runs", keep_days=1), now=now).steps
    assert (step.name, step.result) == ("verify", "failed")
    assert "damaged" in step.words
    assert len(committed(at_home.warehouse)) == 3


@pytest.mark.parametrize(
    "error", [WarehouseError("the disk is full."), OSError(28, "No space left"), ValueError("odd")]
)
def test_whatever_a_step_raises_is_told_and_the_next_is_done(
    at_home: Home, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fails(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(maintaining, "plan_forgetting", fails)
    done = maintain(at_home, options(forget="runs"))
    assert [step.result for step in done.steps] == ["failed", "done"]
    assert str(error) in done.steps[0].words


@pytest.mark.parametrize(
    "fields",
    [
        {"keep_days": 0},
        {"keep_gb": -1, "forget": "runs"},
        {"keep_gb": 1},
        {"keep_gb": 1, "forget": "text"},
        {"forget": "all"},
        {"grace_hours": -1},
        {"unknown": 1},
    ],
)
def test_options_that_cannot_be_meant_are_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        options(**fields)
