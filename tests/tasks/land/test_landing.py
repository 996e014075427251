"""A run's rows are written shard by shard, and nobody sees one of them before the run is committed whole."""

import signal
import subprocess
import sys
from collections.abc import Sequence
from datetime import timedelta
from itertools import pairwise
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.land.landing import Landing, commit_landed
from tasks.model import Answer, Outcome
from tests.tasks.land.landing_cases import (
    STARTED,
    Ended,
    answered,
    failed,
    land_all,
    land_run,
    make_call,
    make_suite,
    run_row,
)
from warehouse import files as files_module
from warehouse.catalog import rewrite_catalog
from warehouse.commit import Manifest, committed
from warehouse.durable import sha256_of
from warehouse.files import TableWriter
from warehouse.query import run_sql

CHECKOUT = Path(__file__).resolve().parents[3]
FOLDER = "run_date=2026-03-01/run_id=r1"
TABLES = ("runs", "calls", "attempts", "grades", "samples", "prompts")


@pytest.fixture
def warehouse(tmp_path: Path) -> Path:
    """An empty warehouse."""
    folder = tmp_path / "warehouse"
    folder.mkdir()
    return folder


def parquet_files(warehouse: Path) -> set[str]:
    """Every file of rows that lies in the warehouse, seen or not."""
    return {path.relative_to(warehouse).as_posix() for path in warehouse.rglob("*.parquet")}


def hidden_files(warehouse: Path) -> list[Path]:
    """What is or was half written."""
    return sorted(warehouse.rglob(".*.tmp"))


def visible(warehouse: Path) -> dict[str, int]:
    """How many rows a reader sees, table by table."""
    rewrite_catalog(warehouse)
    return {
        table: int(str(run_sql(warehouse, f"select count(*) from {table}").rows[0][0])) for table in TABLES
    }


def rows_of(warehouse: Path, manifest: Manifest, table: str, columns: str) -> list[tuple[object, ...]]:
    """Rows as they lie in a committed file, in its order."""
    (file,) = (file for file in manifest.files if file.table == table)
    with duckdb.connect() as connection:
        return connection.execute(
            f"select {columns} from read_parquet(?, file_row_number = true) order by file_row_number",
            [str(warehouse / file.path)],
        ).fetchall()


def kill_while_landing(warehouse: Path, run_id: str) -> None:
    """Another process lands a shard of the run and is killed before it closes the files."""
    words = [sys.executable, "-m", "tests.tasks.land.landing_cases", str(warehouse), run_id]
    dead = subprocess.run(words, cwd=CHECKOUT, capture_output=True, check=False)
    assert dead.returncode == -signal.SIGKILL, dead.stderr


def test_an_error_amid_a_landing_leaves_no_file_and_no_row(warehouse: Path) -> None:
    suite = make_suite(4)

    def stopped() -> None:
        with Landing(warehouse, "r1", STARTED.date()) as landing:
            landing.land(suite, [answered(suite, i) for i in range(4)])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        stopped()
    assert parquet_files(warehouse) == set()
    assert hidden_files(warehouse) == []
    assert set(visible(warehouse).values()) == {0}


def test_files_that_were_finished_but_not_committed_are_seen_by_nobody(warehouse: Path) -> None:
    suite = make_suite(4)
    with Landing(warehouse, "r1", STARTED.date()) as landing:
        landed = land_all(landing, suite, [[answered(suite, i) for i in range(4)]])
    assert {file.path for file in landed.files} == parquet_files(warehouse)
    assert set(visible(warehouse).values()) == {0}
    commit_landed(warehouse, run_row("r1"), landed)
    assert visible(warehouse) == dict.fromkeys(TABLES, 4) | {"runs": 1}


def test_a_killed_landing_is_seen_by_nobody_and_tidied_up_by_the_next_of_that_run(warehouse: Path) -> None:
    kill_while_landing(warehouse, "r1")
    kill_while_landing(warehouse, "r2")
    of_r1, of_r2 = (
        {path for path in hidden_files(warehouse) if f"run_id={run_id}" in path.parts}
        for run_id in ("r1", "r2")
    )
    assert len(of_r1) == len(of_r2) == 3, "a file a table was begun"
    assert set(visible(warehouse).values()) == {0}

    suite = make_suite(4)
    manifest = land_run(warehouse, "r1", suite, [[answered(suite, i) for i in range(4)]])
    assert set(hidden_files(warehouse)) == of_r2, "another run's may be written at this moment"
    assert parquet_files(warehouse) == {file.path for file in manifest.files}
    assert visible(warehouse)["calls"] == 4


def test_a_landing_under_way_elsewhere_is_not_disturbed_by_another_runs(warehouse: Path) -> None:
    suite = make_suite(4)
    shard = [answered(suite, i) for i in range(4)]
    with Landing(warehouse, "r1", STARTED.date()) as one:
        one.land(suite, shard)
        land_run(warehouse, "r2", suite, [shard])
        landed = one.finish()
    commit_landed(warehouse, run_row("r1"), landed)
    assert visible(warehouse)["calls"] == 8


def test_rows_lie_in_the_order_in_which_shards_and_their_calls_were_landed(warehouse: Path) -> None:
    suite = make_suite(6)
    shards = [[answered(suite, i) for i in indices] for indices in ((4, 1), (), (5,), (0, 3, 2))]
    manifest = land_run(warehouse, "r1", suite, shards)
    keys = [(call.call_key,) for shard in shards for call, _, _ in shard]
    for table in ("calls", "attempts", "grades"):
        assert rows_of(warehouse, manifest, table, "call_key") == keys


@settings(
    max_examples=15, deadline=None, suppress_health_check=list(HealthCheck)
)  # files of one content have one name: the folder may be used again
@given(cuts=st.lists(st.integers(0, 8), max_size=4))
def test_how_calls_are_cut_into_shards_changes_no_row(warehouse: Path, cuts: list[int]) -> None:
    suite = make_suite(8)
    calls = [answered(suite, i) if i % 3 else failed(suite, i) for i in range(8)]
    edges = [0, *sorted(cuts), 8]
    shards = [calls[start:stop] for start, stop in pairwise(edges)]
    with Landing(warehouse, "whole", STARTED.date()) as landing:
        whole = land_all(landing, suite, [calls])
    with Landing(warehouse, "whole", STARTED.date()) as landing:
        cut = land_all(landing, suite, shards)
    assert (cut.answered, cut.failed) == (whole.answered, whole.failed) == (5, 3)
    for table in ("calls", "attempts", "samples", "prompts"):  # grades carry the time of grading
        one, other = ([file for file in landed.files if file.table == table] for landed in (whole, cut))
        assert [pq.read_table(warehouse / file.path).to_pylist() for file in one] == [
            pq.read_table(warehouse / file.path).to_pylist() for file in other
        ]


def test_a_failed_call_is_a_row_with_its_error_all_its_attempts_and_no_grade(warehouse: Path) -> None:
    suite = make_suite(2)
    manifest = land_run(warehouse, "r1", suite, [[answered(suite, 0), failed(suite, 1)]])
    call = make_call(suite, 1)
    columns = "sample_id, status, attempts, error_kind, error, response, stop_reason, input_tokens"
    assert rows_of(warehouse, manifest, "calls", columns) == [
        ("s0", "answered", 1, None, None, "1", "stop", 100),
        ("s1", "failed", 3, "timeout", "no answer", None, None, None),
    ]
    columns = "n, http_status, error_kind, outcome, latency_s, output_tokens"
    assert rows_of(warehouse, manifest, "attempts", columns)[1:] == [
        (1, 429, "rate_limited", "failed", 0.1, None),
        (2, None, None, "unseen", None, None),
        (3, None, "timeout", "failed", 600.0, None),
    ]
    graded = rows_of(warehouse, manifest, "grades", "call_key")
    assert (call.call_key,) not in graded
    assert len(graded) == 1
    assert rows_of(warehouse, manifest, "runs", "answered_calls, failed_calls") == [(1, 1)]
    board = "select n, n_failed, accuracy from leaderboard_all"
    assert run_sql(warehouse, board).rows == [(1, 1, 1.0)]
    assert len(rows_of(warehouse, manifest, "prompts", "prompt_hash")) == 2, "what failed was sent as well"


def test_a_prompt_that_the_api_refused_counts_as_answered(warehouse: Path) -> None:
    suite = make_suite(1)
    call, outcome, _ = answered(suite, 0)
    refusal = Answer(None, "other", None, None, error_kind="context_overflow", error="too long")
    spoiled = Outcome(
        "answered", outcome.started_at, 0.0, 0.2, refusal, "context_overflow", "too long", "host", ()
    )
    manifest = land_run(warehouse, "r1", suite, [[(call, spoiled, [])]])
    columns = "status, response, error_kind, error, output_tokens"
    assert rows_of(warehouse, manifest, "calls", columns) == [
        ("answered", None, "context_overflow", "too long", None)
    ]
    assert rows_of(warehouse, manifest, "runs", "answered_calls, failed_calls") == [(1, 0)]


def test_a_run_without_a_call_is_committed_with_its_own_row_alone(warehouse: Path) -> None:
    manifest = land_run(warehouse, "r1", make_suite(1), [], status="failed")
    assert [file.table for file in manifest.files] == ["runs"]
    assert visible(warehouse) == dict.fromkeys(TABLES, 0) | {"runs": 1}


def test_the_day_of_the_folder_is_the_runs_and_not_the_calls(warehouse: Path) -> None:
    suite = make_suite(1)
    manifest = land_run(warehouse, "r1", suite, [[answered(suite, 0)]])
    own = [file.path for file in manifest.files if file.table not in {"samples", "prompts"}]
    assert all(f"/{FOLDER}/" in path for path in own)
    assert answered(suite, 0)[1].started_at.date() == STARTED.date() + timedelta(days=1)


def test_the_manifest_names_exactly_the_files_that_were_landed(warehouse: Path) -> None:
    suite = make_suite(4)
    manifest = land_run(warehouse, "r1", suite, [[answered(suite, i)] for i in range(4)])
    assert {file.path for file in manifest.files} == parquet_files(warehouse)
    assert {file.table: file.rows for file in manifest.files} == dict.fromkeys(TABLES, 4) | {"runs": 1}
    for file in manifest.files:
        path = warehouse / file.path
        assert (file.sha256, file.n_bytes) == (sha256_of(path), path.stat().st_size)
        assert pq.ParquetFile(path).metadata.num_rows == file.rows
    assert committed(warehouse) == [manifest]


def test_a_resumed_run_lands_again_and_its_first_part_is_seen_no_more(warehouse: Path) -> None:
    suite = make_suite(4)
    calls = [answered(suite, i) for i in range(4)]
    part = land_run(warehouse, "r1", suite, [calls[:2]], status="partial")
    assert visible(warehouse)["calls"] == 2
    whole = land_run(warehouse, "r1", suite, [calls[:2], calls[2:]])
    own = {file.path for file in whole.files if "run_id=" in file.path}
    assert not own & {file.path for file in part.files}
    assert {file.path for file in part.files} <= parquet_files(warehouse), "a reader may still have them open"
    assert visible(warehouse) == dict.fromkeys(TABLES, 4) | {"runs": 1}
    assert run_sql(warehouse, "select status, answered_calls from runs").rows == [("complete", 4)]


def test_two_suites_share_the_runs_files_and_keep_samples_and_prompts_of_their_own(warehouse: Path) -> None:
    one, other = make_suite(2, "sums"), make_suite(3, "more_sums")  # the first two prompts are the same
    with Landing(warehouse, "r1", STARTED.date()) as landing:
        landing.land(one, [answered(one, 1)])
        landing.land(other, [answered(other, 0), answered(other, 1)])
        landing.land(one, [answered(one, 0)])
        landed = landing.finish()
    manifest = commit_landed(warehouse, run_row("r1"), landed)
    counts = sorted((file.table, file.rows) for file in manifest.files)
    assert counts == [
        ("attempts", 4),
        ("calls", 4),
        ("grades", 4),
        ("prompts", 2),  # both suites asked the same, so it is one file
        ("runs", 1),
        ("samples", 2),
        ("samples", 3),
    ]
    assert visible(warehouse)["prompts"] == 2
    sql = "select suite, count(*) from samples group by 1 order by 1"
    assert run_sql(warehouse, sql).rows == [("more_sums", 3), ("sums", 2)]


def test_the_samples_of_a_suite_are_landed_whole_and_prompts_as_far_as_they_were_sent(
    warehouse: Path,
) -> None:
    suite = make_suite(5)
    shards: list[Sequence[Ended]] = [
        [answered(suite, 0)],
        [answered(suite, 0, variant="again"), answered(suite, 3)],
    ]
    manifest = land_run(warehouse, "r1", suite, shards)
    assert len(rows_of(warehouse, manifest, "samples", "sample_id")) == 5
    sent = {(make_call(suite, i).prompt_hash,) for i in (0, 3)}
    prompts = rows_of(warehouse, manifest, "prompts", "prompt_hash")
    assert set(prompts) == sent
    assert len(prompts) == len(sent)


def test_many_shards_are_one_file_of_several_row_groups(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "ROW_GROUP_ROWS", 4)
    suite = make_suite(10)
    manifest = land_run(
        warehouse, "r1", suite, [[answered(suite, i), answered(suite, i + 1)] for i in range(0, 10, 2)]
    )
    (calls,) = (file for file in manifest.files if file.table == "calls")
    assert pq.ParquetFile(warehouse / calls.path).num_row_groups == 3
    assert rows_of(warehouse, manifest, "calls", "sample_id") == [(f"s{i}",) for i in range(10)]


def test_a_table_in_several_parts_is_read_as_one(warehouse: Path) -> None:
    suite = make_suite(4)
    with Landing(warehouse, "r1", STARTED.date()) as landing:
        first = land_all(landing, suite, [[answered(suite, i) for i in (0, 1)]])
    with Landing(warehouse, "r9", STARTED.date()) as landing:
        land_all(landing, suite, [[answered(suite, i) for i in (2, 3)]])
    stranger = next((warehouse / "calls").glob("run_date=*/run_id=r9/*.parquet"))
    rows = [{**row, "run_id": "r1"} for row in pq.read_table(stranger, partitioning=None).to_pylist()]
    with TableWriter(warehouse, "calls", STARTED.date(), "r1", part="1") as writer:
        writer.write(rows)
        second = writer.close()
    assert second is not None
    assert Path(second.path).name.startswith("1-")
    landed = type(first)((*first.files, second), answered=4, failed=0)
    manifest = commit_landed(warehouse, run_row("r1"), landed)
    assert [file.rows for file in manifest.files if file.table == "calls"] == [2, 2]
    sql = "select sample_id from calls order by sample_id"
    assert run_sql(warehouse, sql).rows == [("s0",), ("s1",), ("s2",), ("s3",)], "and r9's are not there"
