"""`verify` says what does not hold; `verify --repair` restores from the journal the very bytes or nothing."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.conftest import Nightbench

RUN = (
    "run",
    "--suite",
    "json_only",
    "--limit",
    "8",
    "--model",
    "simulated/gpt-4o-2024-05-13",
    "--run-id",
    "r1",
)


def contents(warehouse: Path) -> dict[str, bytes]:
    kept = (path for path in warehouse.rglob("*") if path.is_file() and not path.name.startswith("."))
    return {path.relative_to(warehouse).as_posix(): path.read_bytes() for path in kept}


@pytest.mark.slow
def test_what_was_damaged_is_named_and_restored_byte_for_byte(nightbench: Nightbench, home: Path) -> None:
    warehouse = home / "warehouse"
    assert nightbench(*RUN).code == 0
    assert nightbench("verify").code == 0
    before = contents(warehouse)
    files = [place for place in before if place.endswith(".parquet")]
    for place in files:
        path = warehouse / place
        path.write_bytes(path.read_bytes()[:-5]) if "calls" not in place else path.unlink()
    manifest = warehouse / "commits" / "r1.000001.json"
    manifest.write_bytes(manifest.read_bytes().replace(b"evaluate", b"evaluatE"))
    told = nightbench("verify", "--json")
    assert told.code == 1
    assert [problem["place"] for problem in json.loads(told.out)["problems"]] == ["commits/r1.000001.json"]
    done = nightbench("verify", "--repair", "--json")
    assert done.code == 0, done.out + done.err
    document = json.loads(done.out)
    assert set(document["restored"]) == {*files, "commits/r1.000001.json"}
    assert document["left"] == []
    after = contents(warehouse)
    assert {place: after[place] for place in before if place != "catalog.duckdb"} == {
        place: raw for place, raw in before.items() if place != "catalog.duckdb"
    }


@pytest.mark.slow
def test_what_no_journal_gives_again_is_left_as_it_is_and_said(nightbench: Nightbench, home: Path) -> None:
    assert nightbench(*RUN).code == 0
    (calls,) = (home / "warehouse").glob("calls/*/*/*.parquet")
    (journal,) = (path for path in (home / "journal" / "r1").iterdir() if path.stat().st_size > 1000)
    lines = journal.read_bytes().splitlines(keepends=True)
    journal.write_bytes(b"".join(lines[: len(lines) // 2]))
    damaged = calls.read_bytes()[:-5]
    calls.write_bytes(damaged)
    done = nightbench("verify", "--repair", "--json")
    assert done.code == 1
    document = json.loads(done.out)
    assert document["restored"] == []
    assert any("give other bytes or none" in sentence for sentence in document["left"])
    assert calls.read_bytes() == damaged
    assert [problem["kind"] for problem in document["problems"]] == ["truncated"]


@pytest.mark.slow
@pytest.mark.parametrize("grace", ["24h", "0s"], ids=["old files there", "old files gone"])
def test_a_merged_file_and_its_record_are_restored_byte_for_byte(
    nightbench: Nightbench, home: Path, grace: str
) -> None:
    warehouse = home / "warehouse"
    for run_id in ("r1", "r2"):
        assert nightbench(*RUN[:-1], run_id).code == 0
    assert nightbench("compact", "--month", f"{datetime.now(UTC):%Y-%m}", "--grace", grace).code == 0
    assert nightbench("verify").code == 0
    before = {place: raw for place, raw in contents(warehouse).items() if place.startswith("compact")}
    assert len(before) > 3
    for place, raw in before.items():
        if place.endswith(".json"):
            (warehouse / place).write_bytes(raw.replace(b'"rows"', b'"rowz"', 1))
        else:
            (warehouse / place).write_bytes(raw[:-5])
    assert json.loads(nightbench("verify", "--json").out)["whole"] is False
    done = nightbench("verify", "--repair", "--json")
    assert done.code == 0, done.out + done.err
    assert set(json.loads(done.out)["restored"]) >= before.keys()
    assert {place: contents(warehouse)[place] for place in before} == before


@pytest.mark.slow
def test_a_merged_file_that_a_regrade_is_in_is_left_and_said(nightbench: Nightbench, home: Path) -> None:
    assert nightbench(*RUN).code == 0
    assert nightbench("regrade", "r1", "--run-id", "g1").code == 0
    assert nightbench("compact", "--month", f"{datetime.now(UTC):%Y-%m}", "--grace", "0s").code == 0
    (grades,) = (home / "warehouse" / "compacted").rglob("grades-*.parquet")
    (calls,) = (home / "warehouse" / "compacted").rglob("calls-*.parquet")
    for path in (grades, calls):
        path.write_bytes(path.read_bytes()[:-5])
    done = nightbench("verify", "--repair", "--json")
    assert done.code == 1
    document = json.loads(done.out)
    assert calls.relative_to(home / "warehouse").as_posix() in document["restored"]  # a regrade has no call
    assert any(
        grades.name in left and 'run "g1" in it is of kind regrade' in left for left in document["left"]
    )
