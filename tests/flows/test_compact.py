"""`compact` as a user meets it: nothing that is asked of the results answers otherwise."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Nightbench

RUN = ("run", "--suite", "json_only", "--limit", "4", "--model", "simulated/gpt-4o-2024-05-13", "--run-id")
BOARD = ("sql", "--json", "select * from leaderboard_all order by all")
MONTH = ("--month", f"{datetime.now(UTC):%Y-%m}")


@pytest.mark.slow
def test_files_become_fewer_and_no_answer_changes(nightbench: Nightbench, home: Path) -> None:
    for run_id in ("r1", "r2"):
        assert nightbench(*RUN, run_id).code == 0
    assert nightbench("regrade", "r1", "--run-id", "g1").code == 0
    before = [nightbench(*words).out for words in (BOARD, ("report", "--run", "r1", "--json"))]
    assert "nothing to merge" in nightbench("compact").err + nightbench("compact").out  # not this month
    planned = json.loads(nightbench("compact", *MONTH, "--dry-run", "--json").out)
    assert (planned["dry_run"], planned["months"][0]["n_runs"]) == (True, 3)
    assert not (home / "warehouse" / "compacted").exists()
    done = json.loads(nightbench("compact", *MONTH, "--grace", "0s", "--json").out)
    assert done["removed_files"] == planned["months"][0]["n_files"] == 10
    assert done["waiting_files"] == 0
    assert not list((home / "warehouse" / "calls").rglob("*.parquet"))
    assert [nightbench(*words).out for words in (BOARD, ("report", "--run", "r1", "--json"))] == before
    assert nightbench("verify").code == 0
    assert nightbench("regrade", "r2", "--run-id", "g2").code == 0  # its answers lie in a merged file
    assert nightbench("forget", "r1", "--yes").code == 0
    left = json.loads(nightbench("sql", "--json", "select run_id from runs order by 1").out)
    assert [row["run_id"] for row in left] == ["g2", "r2"]
    assert nightbench("verify").code == 0


@pytest.mark.parametrize(
    ("words", "complaint"),
    [(("--month", "2026-13"), "a month is written like 2026-03"), (("--grace", "soon"), "like 24h")],
)
def test_what_is_no_month_and_no_time_is_named(
    nightbench: Nightbench, words: tuple[str, str], complaint: str
) -> None:
    told = nightbench("compact", *words)
    assert told.code == 2
    assert complaint in told.err
