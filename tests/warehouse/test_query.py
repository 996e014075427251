"""SQL from outside: rows as JSON, CSV and Parquet, and no way out of the warehouse."""

import io
import json
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.sample_run import land
from warehouse.catalog import rewrite_catalog
from warehouse.query import QueryError, run_sql, to_csv, to_json, to_parquet

ROOT = Path(__file__).parents[2]


def as_json(warehouse: Path, sql: str) -> object:
    return json.loads(to_json(run_sql(warehouse, sql)))


@pytest.mark.parametrize(
    ("sql", "want"),
    [
        pytest.param("count(*) from (select 1)", 1, id="a count is a number"),
        pytest.param("sum(x) from range(3) t(x)", 3, id="a sum of counts is a number"),
        pytest.param("1.10::decimal(18, 12)", "1.100000000000", id="a decimal is a string"),
        pytest.param("0.000000000001::decimal(18, 12)", "0.000000000001", id="without an exponent"),
        pytest.param("0.5::double", 0.5, id="a ratio is a number"),
        pytest.param("'nan'::double", None, id="no number is null"),
        pytest.param("timestamptz '2026-03-02 09:30+11'", "2026-03-01T22:30:00+00:00", id="a time is UTC"),
        pytest.param("date '2026-03-01'", "2026-03-01", id="a date"),
        pytest.param("uuid '00000000-0000-0000-0000-00000000000a'", "00000000-0000-0000-0000-00000000000a"),
        pytest.param("['a', null]", ["a", None], id="a list"),
        pytest.param("{'a': 1.5::decimal(2, 1)}", {"a": "1.5"}, id="a struct"),
        pytest.param("'\u202e<script>'", "\u202e<script>", id="text as it is"),
        pytest.param("null", None, id="null"),
    ],
)
def test_json_value(warehouse: Path, sql: str, want: object) -> None:
    found = as_json(warehouse, f"select {sql}")
    assert isinstance(found, list)
    assert [list(row.values()) for row in found] == [[want]]


def test_two_columns_of_one_name_are_two_keys(warehouse: Path) -> None:
    assert as_json(warehouse, "select 1 as a, 2 as a") == [{"a": 1, "a_1": 2}]


def test_no_rows_are_an_empty_array(warehouse: Path) -> None:
    assert as_json(warehouse, "select * from leaderboard") == []


def test_nothing_asked_is_nothing_found(warehouse: Path) -> None:
    assert as_json(warehouse, "") == []


def test_csv_has_a_header_and_quotes_what_needs_it(warehouse: Path) -> None:
    file = io.StringIO()
    to_csv(run_sql(warehouse, "select 'a,\"b' as x, null as y, ['é'] as z"), file)
    assert file.getvalue() == 'x,y,z\n"a,""b",,"[""é""]"\n'


def test_parquet_keeps_types(warehouse: Path, tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    with path.open("wb") as file:
        to_parquet(warehouse, "select 1.5::decimal(18, 12) as usd", file)
    described = duckdb.connect().execute(f"describe select * from '{path}'").fetchall()
    assert described[0][:2] == ("usd", "DECIMAL(18,12)")
    assert [other.name for other in warehouse.iterdir() if other.name.startswith(".query")] == []


@pytest.mark.parametrize(
    "sql",
    [
        pytest.param("select * from no_such_table", id="unknown table"),
        pytest.param("selec 1", id="no SQL"),
        pytest.param("create table mine (a int)", id="writing"),
        pytest.param("drop view leaderboard", id="dropping"),
        pytest.param("select * from read_text('/etc/hostname')", id="a file elsewhere"),
        pytest.param("copy (select 1) to '/tmp/nightbench-test.csv'", id="writing elsewhere"),
        pytest.param("attach '/tmp/nightbench-test.db'", id="another database"),
        pytest.param("install httpfs", id="an extension"),
        pytest.param("load httpfs", id="loading one"),
        pytest.param("set enable_external_access = true", id="opening the door"),
    ],
)
def test_what_a_query_must_not_do_is_refused(warehouse: Path, sql: str) -> None:
    with pytest.raises(QueryError):
        run_sql(warehouse, sql)
    assert run_sql(warehouse, "select count(*) from leaderboard").rows == [(0,)]


def test_a_query_loads_neither_engine_nor_vendors(warehouse: Path) -> None:
    """So that it starts within a second."""
    land(warehouse, "r1")
    rewrite_catalog(warehouse)
    code = (
        "import sys; from pathlib import Path; from warehouse.query import run_sql, to_json;"
        "print(to_json(run_sql(Path(sys.argv[1]), 'select * from leaderboard')));"
        "heavy = {'pyarrow', 'prefect', 'genai_prices', 'anthropic', 'openai'};"
        "assert not heavy & sys.modules.keys()"
    )
    out = subprocess.run(
        [sys.executable, "-c", code, str(warehouse)], cwd=ROOT, check=True, capture_output=True
    )
    assert json.loads(out.stdout)[0]["n"] == 4
