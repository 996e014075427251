"""Rows become Parquet files that DuckDB reads back as they were, whole or not at all."""

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.warehouse.sample_run import key, row
from warehouse import files as files_module
from warehouse.catalog import DUCKDB_TYPES
from warehouse.columns import COLUMNS
from warehouse.errors import WarehouseError
from warehouse.files import DataFile, TableWriter, to_batch, write_shared
from warehouse.schema import TABLES

DAY = date(2026, 3, 1)


def write(warehouse: Path, table: str, rows: list[dict[str, object]]) -> DataFile:
    with TableWriter(warehouse, table, DAY, "r1", "0") as writer:
        writer.write(rows)
        file = writer.close()
    assert file is not None
    return file


def read(warehouse: Path, file: DataFile, columns: str = "*") -> list[tuple[object, ...]]:
    path = str(warehouse / file.path)
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        return connection.execute(
            f"select {columns} from read_parquet(?, hive_partitioning = false)", [path]
        ).fetchall()


@pytest.mark.parametrize("table", sorted(COLUMNS))
def test_duckdb_sees_every_column_with_its_type(warehouse: Path, table: str) -> None:
    file = write(warehouse, table, [dict.fromkeys(COLUMNS[table])])
    with duckdb.connect() as connection:
        described = connection.execute(
            "describe select * from read_parquet(?, hive_partitioning = false)", [str(warehouse / file.path)]
        )
        found = {str(line[0]): str(line[1]) for line in described.fetchall()}
    want = {name: DUCKDB_TYPES[kind].replace(" ", "").upper() for name, kind in COLUMNS[table].items()}
    assert found == {
        name: type_.replace("TIMESTAMPTZ", "TIMESTAMP WITH TIME ZONE") for name, type_ in want.items()
    }
    assert list(found) == list(COLUMNS[table])


def test_values_of_every_kind_and_their_nulls_come_back(warehouse: Path) -> None:
    sydney = datetime(2026, 3, 2, 9, 30, 0, 123456, tzinfo=timezone(timedelta(hours=11)))
    call = row("calls", run_id="r1", call_key=UUID(int=2**128 - 1), started_at=sydney, response="é\x00\n'\"")
    attempt = row("attempts", run_id="r1", reserved_usd=Decimal("0.000000000001"), http_status=200)
    sample = row("samples", sample_id="1", targets=["a", None, ""], category="x")
    price = dict.fromkeys(COLUMNS["prices"]) | {"valid_from": DAY, "usd_per_mtok": Decimal("999999.5")}
    columns = "call_key, started_at, response, fingerprint, simulated, latency_s"
    file = write(warehouse, "calls", [call, dict.fromkeys(COLUMNS["calls"])])
    moment = datetime(2026, 3, 1, 22, 30, 0, 123456, tzinfo=UTC)
    assert read(warehouse, file, columns) == [
        (UUID(int=2**128 - 1), moment, "é\x00\n'\"", None, False, 1.0),
        (None,) * 6,
    ]
    file = write(warehouse, "attempts", [attempt])
    assert read(warehouse, file, "reserved_usd, http_status") == [(Decimal("0.000000000001"), 200)]
    file = write_shared(warehouse, "samples", [sample])
    assert read(warehouse, file, "targets, category, scored") == [(["a", None, ""], "x", True)]
    file = write(warehouse, "prices", [price])
    assert read(warehouse, file, "valid_from, usd_per_mtok") == [(DAY, Decimal("999999.500000000000"))]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(text=st.text(st.characters()), words=st.lists(st.text(st.characters()), max_size=3))
def test_any_text_a_model_may_produce_can_be_written(text: str, words: list[str]) -> None:
    call = to_batch("calls", [row("calls", response=text, error=text, served_model=text)])
    sample = to_batch("samples", [row("samples", sample_id=text, targets=words)])
    kept = call.column("response")[0].as_py()
    assert call.column("served_model")[0].as_py() == kept
    assert sample.column("targets")[0].as_py() is not None
    try:
        text.encode()
    except UnicodeEncodeError:
        assert "\N{REPLACEMENT CHARACTER}" in kept or max(kept) >= "\U00010000"
    else:
        assert kept == text


def test_an_unpaired_surrogate_becomes_the_replacement_character() -> None:
    batch = to_batch("calls", [row("calls", response="a\ud800b"), row("calls", response="fine")])
    assert batch.column("response").to_pylist() == ["a\N{REPLACEMENT CHARACTER}b", "fine"]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        pytest.param({"run_id": ...}, "missing run_id; unknown none", id="missing column"),
        pytest.param({"colour": "red"}, "missing none; unknown colour", id="unknown column"),
        pytest.param({"started_at": datetime(2026, 3, 1)}, "has no zone", id="a time without zone"),
    ],
)
def test_a_row_that_is_none_of_the_table_is_refused(change: dict[str, object], complaint: str) -> None:
    wrong = {name: value for name, value in (row("calls") | change).items() if value is not ...}
    with pytest.raises(ValueError, match=complaint):
        to_batch("calls", [row("calls"), wrong])


def test_money_beyond_twelve_decimals_is_refused_not_rounded() -> None:
    with pytest.raises(pa.ArrowInvalid):
        to_batch("attempts", [row("attempts", reserved_usd=Decimal("0.0000000000001"))])


def test_a_file_lies_in_its_hive_folder_named_by_its_content(warehouse: Path) -> None:
    file = write(warehouse, "calls", [row("calls", run_id="r1")])
    assert file.path == f"calls/run_date=2026-03-01/run_id=r1/0-{file.sha256[:16]}.parquet"
    path = warehouse / file.path
    assert (file.rows, file.n_bytes) == (1, path.stat().st_size)
    assert write(warehouse, "calls", [row("calls", run_id="r1")]) == file
    assert [other.name for other in path.parent.iterdir()] == [path.name]


def test_every_file_says_its_schema_version_and_is_zstd(warehouse: Path) -> None:
    file = write(warehouse, "calls", [row("calls", run_id="r1")])
    parquet = pq.ParquetFile(warehouse / file.path)
    assert parquet.schema_arrow.metadata[b"nightbench.schema_version"] == b"4"
    assert parquet.metadata.row_group(0).column(0).compression == "ZSTD"
    assert parquet.schema_arrow.equals(TABLES["calls"])


def test_many_batches_make_few_row_groups_of_bounded_size(
    warehouse: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(files_module, "ROW_GROUP_ROWS", 100)
    with TableWriter(warehouse, "calls", DAY, "r1", "0") as writer:
        for i in range(25):
            writer.write([row("calls", run_id="r1", variant=f"v{i}", sample_id=str(i)) for _ in range(10)])
        file = writer.close()
    assert file is not None
    assert file.rows == 250
    assert pq.ParquetFile(warehouse / file.path).num_row_groups == 3
    assert read(warehouse, file, "count(distinct variant)") == [(25,)]


def test_no_rows_make_no_file(warehouse: Path) -> None:
    with TableWriter(warehouse, "calls", DAY, "r1", "0") as writer:
        writer.write([])
        assert writer.close() is None
    assert list(warehouse.iterdir()) == []


def test_an_exception_leaves_nothing_behind(warehouse: Path) -> None:
    def killed() -> None:
        with TableWriter(warehouse, "calls", DAY, "r1", "0") as writer:
            writer.write([row("calls")])
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        killed()
    assert [path for path in warehouse.rglob("*") if path.is_file()] == []


def test_a_disk_that_refuses_is_one_sentence(warehouse: Path) -> None:
    (warehouse / "calls").write_text("in the way")
    with (
        pytest.raises(WarehouseError, match=r"cannot be written.*resume"),
        TableWriter(warehouse, "calls", DAY, "r1", "0") as writer,
    ):
        writer.write([row("calls")])


def test_shared_rows_are_one_file_whatever_their_order_or_repetition(warehouse: Path) -> None:
    rows = [row("prompts", prompt_hash=key(i), messages=f"[{i}]") for i in range(5)]
    one = write_shared(warehouse, "prompts", rows)
    other = write_shared(warehouse, "prompts", [*reversed(rows), rows[2]])
    assert one == other
    assert one.rows == 5
    assert one.path.startswith("prompts/")
    assert "run_id" not in one.path
    assert len(list((warehouse / "prompts").iterdir())) == 1


def test_other_shared_rows_are_another_file(warehouse: Path) -> None:
    one = write_shared(warehouse, "samples", [row("samples", sample_id="1", input="x")])
    other = write_shared(warehouse, "samples", [row("samples", sample_id="1", input="y")])
    assert one.path != other.path


def test_a_whole_shared_file_is_not_written_again(warehouse: Path) -> None:
    rows = [row("samples", sample_id="1")]
    path = warehouse / write_shared(warehouse, "samples", rows).path
    before = path.stat().st_ino
    write_shared(warehouse, "samples", rows)
    assert path.stat().st_ino == before


@pytest.mark.parametrize("damage", [b"", b"PAR1 nonsense PAR1"], ids=["empty", "nonsense"])
def test_a_damaged_shared_file_is_mended(warehouse: Path, damage: bytes) -> None:
    rows = [row("samples", sample_id="1")]
    file = write_shared(warehouse, "samples", rows)
    (warehouse / file.path).write_bytes(damage)
    assert write_shared(warehouse, "samples", rows) == file
    assert read(warehouse, file, "sample_id") == [("1",)]


def test_two_different_samples_of_one_id_are_refused(warehouse: Path) -> None:
    rows = [row("samples", sample_id="1", input="x"), row("samples", sample_id="1", input="y")]
    with pytest.raises(ValueError, match="two different rows have the key sums, "):
        write_shared(warehouse, "samples", rows)
