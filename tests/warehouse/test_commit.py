"""A run appears whole, by one manifest, or not at all, whatever dies and whoever else commits."""

import json
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.warehouse.sample_run import GPT, land
from warehouse.commit import Manifest, commit_run, committed
from warehouse.errors import WarehouseError

ROOT = Path(__file__).parents[2]


def commits(warehouse: Path) -> list[str]:
    return sorted(path.name for path in (warehouse / "commits").iterdir())


def test_a_manifest_lists_every_file_with_rows_and_hash(warehouse: Path) -> None:
    manifest = land(warehouse, "r1")
    written = json.loads((warehouse / "commits" / "r1.000001.json").read_text())
    assert written["schema"] == 4
    assert {file["table"]: file["rows"] for file in written["files"]} == {
        "runs": 1,
        "calls": 4,
        "attempts": 4,
        "grades": 4,
        "samples": 4,
        "prompts": 4,
    }
    assert all(len(file["sha256"]) == 64 for file in written["files"])
    assert manifest.priced_as == (GPT,)
    assert committed(warehouse) == [manifest]


def test_a_later_commit_of_a_run_takes_the_place_of_the_earlier(warehouse: Path) -> None:
    land(warehouse, "r1", n=2, status="partial")
    later = land(warehouse, "r1", n=4)
    assert commits(warehouse) == ["r1.000001.json", "r1.000002.json"]
    assert committed(warehouse) == [later]


def test_a_commit_never_overwrites_another(warehouse: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    first = land(warehouse, "r1")
    monkeypatch.setattr("warehouse.commit.manifest_names", lambda _: [])  # another was quicker
    second = land(warehouse, "r1", n=3)
    assert (first.n, second.n) == (1, 2)
    assert commits(warehouse) == ["r1.000001.json", "r1.000002.json"]


def test_a_run_whose_file_is_missing_is_not_committed(warehouse: Path) -> None:
    manifest = land(warehouse, "r1")
    (warehouse / manifest.files[1].path).unlink()
    with pytest.raises(WarehouseError, match=r"lists this file, and it cannot be read.*resume r1"):
        _again(warehouse, manifest)
    assert commits(warehouse) == ["r1.000001.json"]


def test_a_run_whose_file_is_cut_is_not_committed(warehouse: Path) -> None:
    manifest = land(warehouse, "r1")
    path = warehouse / manifest.files[1].path
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(WarehouseError, match=r"has .* bytes, and the run r1 lists it with"):
        _again(warehouse, manifest)


def _again(warehouse: Path, manifest: Manifest) -> None:
    commit_run(
        warehouse,
        run_id="r1",
        kind="evaluate",
        status="complete",
        run_date=manifest.run_date,
        files=manifest.files,
        committed_at=datetime.now(UTC),
    )


@pytest.mark.parametrize(
    ("name", "content", "complaint"),
    [
        pytest.param("r1.000002.json", '{"schema": 1, "run_id"', "manifest cannot be read", id="torn"),
        pytest.param("r1.000002.json", "{}", "manifest cannot be read", id="not a manifest"),
        pytest.param("notes.txt", "hello", "this is no manifest", id="a foreign file"),
        pytest.param("r1.2.json", "{}", "this is no manifest", id="a number that is not six digits"),
    ],
)
def test_what_is_no_manifest_is_named_with_a_remedy(
    warehouse: Path, name: str, content: str, complaint: str
) -> None:
    land(warehouse, "r1")
    (warehouse / "commits" / name).write_text(content)
    with pytest.raises(WarehouseError, match=rf"{name}.*{complaint}.*(?i:move)"):
        committed(warehouse)


def test_a_manifest_of_a_newer_schema_is_refused(warehouse: Path) -> None:
    land(warehouse, "r1")
    path = warehouse / "commits" / "r1.000001.json"
    path.write_text(path.read_text().replace('"schema": 4', '"schema": 5'))
    with pytest.raises(WarehouseError, match="newer nightbench"):
        committed(warehouse)


def test_a_copied_manifest_is_found_out(warehouse: Path) -> None:
    land(warehouse, "r1")
    path = warehouse / "commits" / "r1.000001.json"
    path.with_name("r2.000001.json").write_text(path.read_text())
    with pytest.raises(WarehouseError, match=r"this is the manifest r1\.000001\.json"):
        committed(warehouse)


def test_hidden_leftovers_of_a_kill_are_no_manifests(warehouse: Path) -> None:
    land(warehouse, "r1")
    (warehouse / "commits" / ".tmp123.tmp").write_text('{"half')
    assert len(committed(warehouse)) == 1


def test_a_committer_killed_at_any_moment_leaves_only_whole_commits(warehouse: Path) -> None:
    command = [sys.executable, "-m", "tests.warehouse.sample_run", str(warehouse), "r1", "200"]
    for wait in (0.0, 0.03, 0.11):
        child = subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        until = time.monotonic() + 30
        before = len(list((warehouse / "commits").glob("*.json")))
        while len(list((warehouse / "commits").glob("*.json"))) == before and time.monotonic() < until:
            time.sleep(0.005)
        time.sleep(wait)
        child.send_signal(signal.SIGKILL)
        child.wait()
        (manifest,) = committed(warehouse)
        calls = [file for file in manifest.files if file.table == "calls"]
        assert sum(file.rows for file in calls) > 0
        for file in manifest.files:
            assert (warehouse / file.path).stat().st_size == file.n_bytes
    assert land(warehouse, "r1").n == manifest.n + 1


def test_runs_come_in_the_order_of_their_days(warehouse: Path) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    for days, run_id in ((2, "a"), (0, "c"), (0, "b")):
        land(warehouse, run_id, started_at=start + timedelta(days=days))
    assert [manifest.run_id for manifest in committed(warehouse)] == ["b", "c", "a"]
