"""What is exported is what the tables hold, in a file that is there whole or not at all."""

import csv
from pathlib import Path

import duckdb
import pyarrow.parquet as pq
import pytest

from tests.warehouse.sample_run import STARTED, key, land, row
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.errors import NightbenchError, SpecError
from warehouse.export import Wanted, export, guarded
from warehouse.files import TableWriter
from warehouse.query import run_sql
from warehouse.sqlfiles import load_views


@pytest.fixture
def folder(warehouse: Path, tmp_path: Path) -> Path:
    land(warehouse, "r1", right=3)
    land(warehouse, "r2", right=1)
    rewrite_catalog(warehouse)
    (tmp_path / "out's").mkdir()
    return tmp_path / "out's"


def test_by_default_one_row_an_answer_with_its_score_and_cost(warehouse: Path, folder: Path) -> None:
    done = export(warehouse, folder / "a.parquet", Wanted())
    table = pq.read_table(folder / "a.parquet")
    assert done.rows == {"answers": 8}
    assert table.num_rows == 8
    assert sum(table["passed"].to_pylist()) == 4
    assert str(table.schema.field("usd").type) == "decimal128(18, 12)"
    assert [path.name for path in folder.iterdir()] == ["a.parquet"]


def test_runs_narrow_it_in_every_view_too(warehouse: Path, folder: Path) -> None:
    export(warehouse, folder / "one.duckdb", Wanted(run_ids=("r1",)))
    with duckdb.connect(folder / "one.duckdb", read_only=True) as connection:
        boards = connection.sql("select run_id, n, accuracy from leaderboard").fetchall()
        assert boards == [("r1", 4, 0.75)]
        n = connection.sql("select (select count(*) from calls), (select count(*) from prompts)").fetchall()
    assert n == [(4, 4)]


def test_a_duckdb_file_has_every_table_and_view_with_comments(warehouse: Path, folder: Path) -> None:
    done = export(warehouse, folder / "all.duckdb", Wanted())
    assert {view.name for view in load_views()} | {"calls", "prices"} <= done.rows.keys()
    assert "catalog_info" not in done.rows
    with duckdb.connect(folder / "all.duckdb", read_only=True) as connection:
        for name, rows in done.rows.items():
            want = run_sql(warehouse, f'select * from "{name}"').rows
            got = connection.execute(f'select * from "{name}"').fetchall()
            assert len(got) == rows == len(want), name
        said = connection.execute(
            "select comment from duckdb_columns() where table_name = 'leaderboard' and column_name = 'usd'"
        ).fetchone()
        kind = connection.execute("select typeof(call_key) from calls limit 1").fetchone()
    assert said == ("of the answers, not of judges; null when n_unpriced > 0",)
    assert kind == ("UUID",)
    assert str(warehouse).encode() not in (folder / "all.duckdb").read_bytes()


@pytest.mark.parametrize(
    ("text", "written"),
    [
        pytest.param("=HYPERLINK(1)", "'=HYPERLINK(1)", id="a formula"),
        pytest.param("+1+cmd|' /C calc'!A0", "'+1+cmd|' /C calc'!A0", id="a command"),
        pytest.param("@SUM(1)", "'@SUM(1)", id="an at sign"),
        pytest.param("\t=1", "'\t=1", id="behind a tab"),
        pytest.param("\N{FULLWIDTH EQUALS SIGN}1", "'\N{FULLWIDTH EQUALS SIGN}1", id="full width"),
        pytest.param("-221", "-221", id="a number"),
        pytest.param("-1,234.5e3", "-1,234.5e3", id="a number with commas"),
        pytest.param("-2+3+cmd", "'-2+3+cmd", id="no number any more"),
        pytest.param("4 = 4", "4 = 4", id="a sign within"),
    ],
)
def test_a_text_that_a_spreadsheet_would_run_is_guarded(text: str, written: str) -> None:
    assert guarded(text) == written


def test_csv_guards_what_models_wrote_unless_raw(warehouse: Path, folder: Path) -> None:
    call = row(
        "calls", run_id="evil", call_key=key("e"), sample_id="s0", response='=cmd|"x"', params='{"a":1}'
    )
    files = []
    for table, value in (("calls", call), ("runs", row("runs", run_id="evil", finished_at=STARTED))):
        with TableWriter(warehouse, table, STARTED.date(), "evil", "0") as writer:
            writer.write([value])
            files.append(writer.close())
    listed = [file for file in files if file is not None]
    commit_run(
        warehouse, run_id="evil", kind="evaluate", status="complete", run_date=STARTED.date(), files=listed
    )
    wanted = Wanted(run_ids=("evil",))
    export(warehouse, folder / "safe.csv", wanted)
    export(warehouse, folder / "raw.csv", wanted, raw=True)
    said = {
        name: next(csv.DictReader((folder / name).read_text().splitlines()))
        for name in ("safe.csv", "raw.csv")
    }
    assert said["safe.csv"]["response"] == '\'=cmd|"x"'
    assert said["raw.csv"]["response"] == '=cmd|"x"'
    assert said["safe.csv"]["score"] == ""


def test_a_query_fills_each_kind_of_file(warehouse: Path, folder: Path) -> None:
    query = "select run_id, count(*) as n, ['a'] as list from calls group by run_id order by run_id; "
    for name in ("q.csv", "q.parquet", "q.duckdb"):
        assert export(warehouse, folder / name, Wanted(query=query)).rows == {"result": 2}
    assert (folder / "q.csv").read_text() == 'run_id,n,list\nr1,4,"[""a""]"\nr2,4,"[""a""]"\n'
    assert pq.read_table(folder / "q.parquet")["n"].to_pylist() == [4, 4]


@pytest.mark.parametrize(
    ("name", "wanted", "said"),
    [
        pytest.param("a.xlsx", Wanted(), ".parquet, .csv, .duckdb", id="another ending"),
        pytest.param("no/a.csv", Wanted(), "no folder", id="no such folder"),
        pytest.param("there.csv", Wanted(), "--force", id="is there"),
        pytest.param("a.csv", Wanted(relation="nothing"), 'no table or view "nothing"', id="no such table"),
        pytest.param("a.csv", Wanted(relation='calls" --'), "no table or view", id="no name"),
        pytest.param("a.csv", Wanted(run_ids=("r9",)), 'run "r9"', id="no such run"),
        pytest.param("a.csv", Wanted(query="select 1", run_ids=("r1",)), "--run", id="query and run"),
        pytest.param("a.csv", Wanted(query="select nothing"), "nothing", id="wrong query"),
        pytest.param(
            "a.csv", Wanted(query="select * from '/etc/passwd'"), "passwd", id="a file of the machine"
        ),
        pytest.param("a.csv", Wanted(query="copy calls to '/tmp/x.csv'"), "x.csv", id="another file"),
    ],
)
def test_what_cannot_be_written_leaves_nothing(
    warehouse: Path, folder: Path, name: str, wanted: Wanted, said: str
) -> None:
    (folder / "there.csv").write_text("mine")
    with pytest.raises(NightbenchError) as raised:
        export(warehouse, folder / name, wanted)
    assert said in str(raised.value)
    assert [path.name for path in folder.iterdir()] == ["there.csv"]
    assert (folder / "there.csv").read_text() == "mine"


def test_force_replaces_the_file_but_never_one_of_the_warehouse(warehouse: Path, folder: Path) -> None:
    (folder / "there.csv").write_text("mine")
    export(warehouse, folder / "there.csv", Wanted(relation="runs"), force=True)
    assert (folder / "there.csv").read_text().startswith("run_id,")
    before = (warehouse / "catalog.duckdb").read_bytes()
    with pytest.raises(SpecError, match="lies in the warehouse"):
        export(warehouse, warehouse / "catalog.duckdb", Wanted(), force=True)
    assert (warehouse / "catalog.duckdb").read_bytes() == before
