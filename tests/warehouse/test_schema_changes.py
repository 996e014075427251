"""What every version of the schema wrote is read for ever; a changed schema has a number of its own."""

import hashlib
import json
import re
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from warehouse import columns
from warehouse.columns import COLUMNS, IN_CATALOG, SCHEMA_VERSION
from warehouse.commit import Manifest, committed
from warehouse.query import run_sql

HERE = Path(__file__).parent
KEPT = sorted(int(folder.name.removeprefix("schema_")) for folder in HERE.glob("schema_[0-9]*"))
# What a version's files hold. A version is added here and never changed: once a column is added, renamed or
# gone, the shape is another and wants the next number (docs/warehouse.md, "Schema changes").
SHAPES = {4: "5fb8f617104431d6"}


@pytest.fixture(params=KEPT, ids=lambda version: f"schema {version}")
def kept(request: pytest.FixtureRequest, warehouse: Path) -> tuple[int, Path]:
    shutil.copytree(HERE / f"schema_{request.param}", warehouse, dirs_exist_ok=True)
    return request.param, warehouse


def shape() -> str:
    fields = [sorted(f"{field}" for field in Manifest.model_fields)]
    in_files = {table: kinds for table, kinds in COLUMNS.items() if table not in columns.IN_CATALOG}
    in_files = {table: kinds for table, kinds in COLUMNS.items() if table not in IN_CATALOG}
    return hashlib.sha256(json.dumps([in_files, fields]).encode()).hexdigest()[:16]


def test_a_warehouse_of_every_version_before_this_one_is_kept() -> None:
    assert list(range(1, SCHEMA_VERSION)) == [version for version in KEPT if version < SCHEMA_VERSION]


def test_the_shape_of_a_version_stays_or_gets_a_number_of_its_own() -> None:
    assert SHAPES.get(SCHEMA_VERSION) == shape(), (
        f"the columns or the manifest are not those of schema {SCHEMA_VERSION} any more. Where that version "
        "was released, keep what it writes (tests/warehouse/whole.py), raise SCHEMA_VERSION, name columns in "
        "SINCE, and add the new shape here"
    )


def test_every_column_came_with_a_version_that_there_is() -> None:
    assert set(columns.SINCE.values()) <= set(range(2, SCHEMA_VERSION + 1))
    assert all(column in COLUMNS[table] for table, column in columns.SINCE)


def test_every_file_that_was_kept_says_its_version_and_has_its_columns(kept: tuple[int, Path]) -> None:
    version, warehouse = kept
    manifests = committed(warehouse)
    assert {manifest.schema_version for manifest in manifests} == {version}
    for file in (file for manifest in manifests for file in manifest.files):
        schema = pq.read_schema(warehouse / file.path)
        assert schema.metadata[b"nightbench.schema_version"] == str(version).encode()
        assert schema.names == [
            name for name in COLUMNS[file.table] if columns.since(file.table, name) <= version
        ]


def test_every_table_and_view_reads_what_was_kept(kept: tuple[int, Path]) -> None:
    _, warehouse = kept
    every = (
        "select view_name from duckdb_views() where not internal union select table_name from duckdb_tables()"
    )
    names = run_sql(warehouse, every).rows
    rows = {str(name): run_sql(warehouse, f"select count(*) from {name}").rows[0][0] for (name,) in names}
    assert rows["runs"] == len(committed(warehouse))
    for table in {file.table for manifest in committed(warehouse) for file in manifest.files}:
        assert rows[table] > 0, table


def test_what_schema_3_wrote_of_judges_and_regrades_is_read(warehouse: Path) -> None:
    shutil.copytree(HERE / "schema_3", warehouse, dirs_exist_ok=True)
    assert run_sql(warehouse, "select kind, count(*) from runs group by 1 order by 1").rows == [
        ("calibrate", 1),
        ("evaluate", 2),
        ("regrade", 1),
    ]
    assert run_sql(
        warehouse,
        "select distinct grading_id, grader from latest_grades where run_id = 'e1' order by 1",
    ).rows == [("e1", "numeric"), ("g1", "judge")]
    assert run_sql(warehouse, "select n, accuracy from judge_reliability").rows == [(6, 0.8)]
    assert run_sql(warehouse, "select count(*) from pair_results where run_id = 'p1'").rows == [(5,)]


def test_a_rule_for_each_number_is_written_down() -> None:
    text = (HERE.parents[1] / "docs" / "warehouse.md").read_text("utf-8")
    told = {int(found) for found in re.findall(r"^\| ([0-9]+) \|", text, re.MULTILINE)}
    assert set(range(1, SCHEMA_VERSION + 1)) <= told
