"""`verify` names each file, row group, reference and sum that does not hold, and nothing else."""

import shutil
from collections.abc import Callable
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.warehouse.whole import write_whole
from warehouse import files as files_module
from warehouse.catalog import NAME, rewrite_catalog
from warehouse.commit import Manifest, commit_run, committed, sealed
from warehouse.errors import SpecError, WarehouseError
from warehouse.files import TableWriter
from warehouse.integrity.findings import NOTES, PROBLEMS, Verified
from warehouse.integrity.rows import load_checks
from warehouse.integrity.verify import verify

HERE = Path(__file__).parent
Row = dict[str, object]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("whole") / "warehouse"
    folder.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(files_module, "ROW_GROUP_ROWS", 40)
        write_whole(folder, n=30)
    return folder


@pytest.fixture
def whole(warehouse: Path, made: Path) -> Path:
    shutil.copytree(made, warehouse, dirs_exist_ok=True)
    rewrite_catalog(warehouse)
    return warehouse


def newest(warehouse: Path, run_id: str) -> Manifest:
    return next(manifest for manifest in committed(warehouse) if manifest.run_id == run_id)


def path_of(warehouse: Path, run_id: str, table: str) -> Path:
    return warehouse / next(file.path for file in newest(warehouse, run_id).files if file.table == table)


def problems(found: Verified) -> list[tuple[str, str]]:
    return [(finding.kind, finding.place) for finding in found.problems]


def change(warehouse: Path, run_id: str, table: str, rewrite: Callable[[list[Row]], list[Row]]) -> None:
    """Commit a run again whose rows of one table are others: whole files that do not hold together."""
    manifest = newest(warehouse, run_id)
    old = path_of(warehouse, run_id, table)
    rows = rewrite(pq.read_table(old, partitioning=None).to_pylist())
    with TableWriter(warehouse, table, manifest.run_date, run_id, "1") as writer:
        writer.write(rows)
        file = writer.close()
    kept = [entry for entry in manifest.files if warehouse / entry.path != old]
    commit_run(
        warehouse,
        run_id=run_id,
        kind=manifest.kind,
        status=manifest.status,
        run_date=manifest.run_date,
        files=[*kept, *([file] if file else [])],
        committed_at=manifest.committed_at,
    )
    rewrite_catalog(warehouse)


def test_what_was_committed_holds(whole: Path) -> None:
    found = verify(whole)
    assert found.findings == []
    assert (found.n_runs, found.n_rows > 400, found.n_bytes > 100_000) == (4, True, True)
    assert [path.name for path in whole.iterdir() if path.name.startswith(".")] == []


@pytest.mark.parametrize("version", [1, 2, 3])
def test_what_older_versions_committed_holds(warehouse: Path, version: int) -> None:
    shutil.copytree(HERE / f"schema_{version}", warehouse, dirs_exist_ok=True)
    rewrite_catalog(warehouse)
    assert verify(warehouse).findings == []


def test_an_empty_warehouse_holds(warehouse: Path) -> None:
    assert verify(warehouse).findings == []


def test_a_flipped_bit_is_named_with_its_row_group(whole: Path) -> None:
    path = path_of(whole, "e1", "calls")
    groups = newest(whole, "e1").files[1].row_groups
    assert len(groups) == 3
    raw = bytearray(path.read_bytes())
    raw[groups[1].start + 70] ^= 1
    path.write_bytes(raw)
    (damaged,) = verify(whole).problems
    assert (damaged.kind, whole / damaged.place, damaged.row_groups) == ("damaged", path, (1,))
    assert "row groups, counted from 0: 1 (rows 40 to 79)" in damaged.why
    assert damaged.run_ids == ("e1",)


def test_a_damaged_footer_is_told_from_damaged_rows(whole: Path) -> None:
    path = path_of(whole, "e1", "calls")
    raw = bytearray(path.read_bytes())
    raw[-40] ^= 1
    path.write_bytes(raw)
    (damaged,) = verify(whole).problems
    assert "all 3 row groups are whole" in damaged.why


@pytest.mark.parametrize(
    ("harm", "kind"),
    [
        pytest.param(lambda path: path.unlink(), "missing", id="missing"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes()[:-9]), "truncated", id="truncated"),
        pytest.param(lambda path: path.write_bytes(path.read_bytes() + b"x"), "appended", id="appended"),
    ],
)
@pytest.mark.parametrize("table", ["grades", "samples"])
def test_a_file_that_is_not_as_it_was_is_named(
    whole: Path, table: str, harm: Callable[[Path], object], kind: str
) -> None:
    path = path_of(whole, "e1", table)
    harm(path)
    assert problems(verify(whole)) == [(kind, path.relative_to(whole).as_posix())]


def test_what_hangs_on_a_damaged_file_is_said_to_be_unchecked(whole: Path) -> None:
    path_of(whole, "e1", "calls").unlink()
    (note,) = verify(whole).notes
    assert (note.kind, note.run_ids) == ("unchecked", ("e1", "g1"))


@pytest.mark.parametrize("at", [0.01, 0.3, 0.6, 0.999])
def test_a_flipped_bit_in_a_manifest_is_found(whole: Path, at: float) -> None:
    path = whole / "commits" / "e1.000001.json"
    raw = bytearray(path.read_bytes())
    raw[int(len(raw) * at)] ^= 2
    path.write_bytes(raw)
    assert ("manifest", "commits/e1.000001.json") in problems(verify(whole))
    with pytest.raises(WarehouseError, match=r"e1\.000001\.json"):
        committed(whole)


def test_every_bit_of_a_manifest_is_under_its_seal(whole: Path) -> None:
    path = whole / "commits" / "c1.000001.json"
    raw = path.read_bytes()
    for i in range(0, len(raw) * 8, 37):
        changed = bytearray(raw)
        changed[i // 8] ^= 1 << (i % 8)
        path.write_bytes(changed)
        with pytest.raises(WarehouseError):
            committed(whole)


def test_an_entry_of_an_unsealed_manifest_that_is_wrong_is_found(warehouse: Path) -> None:
    shutil.copytree(HERE / "schema_2", warehouse, dirs_exist_ok=True)
    rewrite_catalog(warehouse)
    path = warehouse / "commits" / "r1.000001.json"
    text = path.read_text()
    for old, new in (('"rows": 1', '"rows": 3'), ("evaluate", "evaluats"), ('"schema": 2', '"schema": 1')):
        assert old in text
        path.write_text(text.replace(old, new, 1))
        assert "manifest" in [kind for kind, _ in problems(verify(warehouse))], new
    path.write_text(text)
    assert verify(warehouse).findings == []


def test_a_lost_manifest_is_found_by_what_it_named(whole: Path) -> None:
    (whole / "commits" / "p1.000002.json").unlink()
    rewrite_catalog(whole)  # which then shows the commit before it
    (lost,) = verify(whole).problems
    assert (lost.kind, lost.run_ids) == ("lost_commit", ("p1",))
    assert "what counts of run p1 is its commit before, number 1" in lost.why


def test_an_earlier_manifest_that_is_gone_is_a_note(whole: Path) -> None:
    (whole / "commits" / "p1.000001.json").unlink()
    rewrite_catalog(whole)
    found = verify(whole)
    assert problems(found) == []
    assert "gap" in [note.kind for note in found.notes]


def test_leftovers_are_told_and_are_no_error(whole: Path) -> None:
    folder = path_of(whole, "e1", "calls").parent
    (folder / ".tmp12.tmp").write_bytes(b"half")
    (folder / "0-0123456789abcdef.parquet").write_bytes(b"PAR1")
    found = verify(whole)
    assert problems(found) == []
    assert [note.kind for note in found.notes] == ["leftover", "leftover"]


def test_a_stranger_among_the_manifests_is_named(whole: Path) -> None:
    (whole / "commits" / "notes.txt").write_text("hello")
    assert ("stranger", "commits/notes.txt") in problems(verify(whole))


def without_first(rows: list[Row]) -> list[Row]:
    return rows[1:]


def changed(**values: object) -> Callable[[list[Row]], list[Row]]:
    return lambda rows: [{**rows[0], **values}, *rows[1:]]


@pytest.mark.parametrize(
    ("run_id", "table", "rewrite", "kinds"),
    [
        pytest.param("e1", "calls", without_first, {"reference", "count"}, id="a grade without a call"),
        pytest.param("g1", "calls", without_first, {"reference", "count"}, id="a judge's call that is gone"),
        pytest.param("e1", "grades", lambda rows: [*rows, rows[0]], {"duplicate"}, id="a grade twice"),
        pytest.param("e1", "calls", lambda r: [*r, r[0]], {"duplicate", "count"}, id="a call twice"),
        pytest.param("e1", "attempts", without_first, {"count"}, id="an attempt that is gone"),
        pytest.param("e1", "calls", changed(input_tokens=101), {"money"}, id="other tokens than billed"),
        pytest.param("e1", "calls", changed(prompt_hash=b"\1" * 16), {"reference"}, id="an unknown prompt"),
        pytest.param("e1", "calls", changed(sample_id="s99"), {"reference"}, id="an unknown sample"),
        pytest.param("e1", "runs", changed(answered_calls=3), {"count"}, id="a run that counts wrongly"),
        pytest.param("e1", "runs", changed(status="partial"), {"manifest"}, id="a run of another status"),
        pytest.param("e1", "metrics", changed(call_key=b"\1" * 16), {"reference"}, id="a metric of nothing"),
        pytest.param("e1", "pairs", changed(call_key_b=b"\1" * 16), {"reference"}, id="a pair of nothing"),
        pytest.param("e1", "metrics", changed(run_id="e2"), {"count"}, id="a row of another run"),
    ],
)
def test_rows_that_do_not_hold_together_are_named(
    whole: Path, run_id: str, table: str, rewrite: Callable[[list[Row]], list[Row]], kinds: set[str]
) -> None:
    from uuid import UUID

    def as_written(rows: list[Row]) -> list[Row]:
        return [
            {name: UUID(bytes=value) if isinstance(value, bytes) else value for name, value in row.items()}
            for row in rewrite(rows)
        ]

    change(whole, run_id, table, as_written)
    found = verify(whole)
    assert {finding.kind for finding in found.problems} == kinds, [f.sentence() for f in found.problems]
    assert all(finding.run_ids[0] in {run_id, "g1"} for finding in found.problems)
    assert all(finding.place.endswith((".parquet", ".json")) for finding in found.problems)


def test_a_reference_is_named_with_file_and_row_group(whole: Path) -> None:
    last = pq.read_table(path_of(whole, "e1", "calls"), partitioning=None).to_pylist()[-3]
    change(whole, "e1", "calls", lambda rows: [row for row in rows if row["call_key"] != last["call_key"]])
    named = [f for f in verify(whole).problems if f.kind == "reference"]
    assert {whole / finding.place for finding in named} >= {path_of(whole, "e1", "attempts")}
    assert all(str(last["call_key"]) in finding.why and finding.row_groups for finding in named)


@pytest.mark.parametrize("at", [0.1, 0.5, 0.9])
def test_a_flipped_bit_in_the_catalog_is_found(whole: Path, at: float) -> None:
    raw = bytearray((whole / NAME).read_bytes())
    raw[int(len(raw) * at)] ^= 1
    (whole / NAME).write_bytes(raw)
    assert problems(verify(whole)) == [("catalog", NAME)]


def test_a_catalog_of_other_commits_is_found(whole: Path) -> None:
    old = (whole / NAME).read_bytes()
    change(whole, "e1", "metrics", lambda rows: rows[1:])
    (whole / NAME).write_bytes(old)  # a backup of the day before
    (found,) = verify(whole).problems
    assert (found.kind, "not of the manifests" in found.why) == ("catalog", True)


def test_sums_that_the_catalog_keeps_wrongly_are_found(whole: Path) -> None:
    with duckdb.connect(whole / NAME) as connection:
        connection.execute("update billed_totals set output_tokens = output_tokens + 1")
    (whole / "commits" / ".catalog.sha256").unlink()  # as if it had been written so
    (found,) = verify(whole).problems
    assert (found.kind, found.place) == ("money", NAME)


def test_a_missing_catalog_is_found_and_a_moved_one_is_stale(whole: Path) -> None:
    (whole / NAME).rename(whole / "elsewhere")
    assert problems(verify(whole)) == [("catalog", NAME)]
    (whole / "elsewhere").rename(whole / NAME)
    moved = whole.with_name("moved")
    whole.rename(moved)
    found = verify(moved)
    assert (problems(found), [note.kind for note in found.notes]) == ([], ["stale"])


def test_only_the_runs_that_were_named_and_their_parents_are_read(whole: Path) -> None:
    path_of(whole, "p1", "calls").unlink()
    assert problems(verify(whole, ["g1"])) == []
    assert {"e1", "g1"} == {"e1", *newest(whole, "g1").graded_runs, "g1"}
    path_of(whole, "e1", "calls").unlink()
    assert problems(verify(whole, ["g1"])) != []
    with pytest.raises(SpecError, match=r'run "nothing" is not committed'):
        verify(whole, ["nothing"])


def test_a_regrade_names_its_parents_and_must(whole: Path) -> None:
    manifest = newest(whole, "g1")
    assert manifest.parents == ("e1.000001",)
    orphan = manifest.model_copy(update={"parents": ()})
    (whole / "commits" / manifest.name).write_bytes(sealed(orphan))
    assert "manifest" in [kind for kind, _ in problems(verify(whole))]


def test_a_repaired_shared_file_holds_and_one_with_other_bytes_does_not(whole: Path) -> None:
    path = path_of(whole, "e1", "samples")
    rows = pq.read_table(path, partitioning=None)
    pq.write_table(rows, path, compression="gzip")  # the same rows in other bytes
    assert [kind for kind, _ in problems(verify(whole))] in (["truncated"], ["appended"], ["damaged"])
    path.unlink()
    files_module.write_shared(whole, "samples", rows.to_pylist())
    assert verify(whole).findings == []


def test_every_kind_that_is_told_is_explained() -> None:
    assert {check.kind for check in load_checks()} <= PROBLEMS.keys()
    assert not PROBLEMS.keys() & NOTES.keys()


def test_memory_is_bounded_by_batches(whole: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("warehouse.integrity.rows.ROWS_AT_ONCE", 10)
    assert verify(whole).findings == []
