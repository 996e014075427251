"""Each view and macro does what its case file says: `views/NAME.sql`, `macros/NAME.sql`.

A file holds cases: given rows, then the expected rows beside them. Each is `-- case: sentence`, `-- given`
with inserts, `-- expect VIEW` (or of a macro: `-- expect f('a')`) with a query whose columns are compared, as
a set of rows, with the same columns of the view. The tables start empty, but for the prices of prices.toml; a
column that an insert leaves out has the value of a plain row (sample_run.py). `k('word')` is a call key.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pytest
from _pytest.mark import ParameterSet

from tests.warehouse.sample_run import DEFAULTS
from warehouse.catalog import DUCKDB_TYPES, price_row
from warehouse.columns import COLUMNS
from warehouse.prices import load_prices
from warehouse.sqlfiles import SqlFile, load_late_macros, load_macros, load_views

CASES = Path(__file__).with_name("views")
MACRO_CASES = Path(__file__).with_name("macros")


@dataclass(frozen=True)
class Case:
    title: str
    given: str
    expects: tuple[tuple[str, str], ...]


def read_cases() -> Iterator[ParameterSet]:
    for path in (*sorted(CASES.glob("*.sql")), *sorted(MACRO_CASES.glob("*.sql"))):
        for text in path.read_text().split("-- case: ")[1:]:
            title, _, body = text.partition("\n")
            given, *expects = re.split(r"^-- expect (\w+(?:\(.*\))?)\n", body, flags=re.MULTILINE)
            pairs = tuple(zip(expects[::2], expects[1::2], strict=True))
            yield pytest.param(Case(title, given, pairs), id=f"{path.stem}: {title}")


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'Australia/Sydney'")  # a view must not follow the reader's zone
        for table, kinds in COLUMNS.items():
            defaults = DEFAULTS.get(table, {})
            columns = ", ".join(
                f"{name} {DUCKDB_TYPES[kind]}"
                + (f" default {_literal(defaults[name])}" if name in defaults else "")
                for name, kind in kinds.items()
            )
            connection.execute(f"create table {table} ({columns})")
        connection.execute(f"insert into prices values {', '.join(map(price_row, load_prices()))}")
        connection.execute("create macro k(word) as cast(md5(word) as uuid)")
        for macro in load_macros():
            connection.execute(macro.sql)
        for view in load_views():
            connection.execute(f"create view {view.name} as {view.sql}")
        for macro in load_late_macros():
            connection.execute(macro.sql)
        yield connection


def _literal(value: object) -> str:
    return str(value).lower() if isinstance(value, bool | int | float) else f"'{value}'"


@pytest.mark.parametrize("case", list(read_cases()))
def test_case(connection: duckdb.DuckDBPyConnection, case: Case) -> None:
    connection.execute(case.given)
    assert case.expects
    for view, query in case.expects:
        expected = connection.execute(query)
        names = [f'"{column[0]}"' for column in expected.description]
        rows = expected.fetchall()
        got = connection.execute(f"select {', '.join(names)} from {view}").fetchall()
        assert _sorted(got) == _sorted(rows), view


def _sorted(rows: list[tuple[object, ...]]) -> list[tuple[object, ...]]:
    rounded = [tuple(round(v, 9) if isinstance(v, float) else v for v in row) for row in rows]
    return sorted(rounded, key=repr)


def test_every_view_has_a_case_file() -> None:
    assert {path.stem for path in CASES.glob("*.sql")} == {view.name for view in load_views()}


@pytest.mark.parametrize("view", load_views(), ids=lambda view: view.name)
def test_a_header_lists_the_columns_with_their_types(
    connection: duckdb.DuckDBPyConnection, view: SqlFile
) -> None:
    name, columns = view.name, view.columns
    described = {
        str(row[0]): str(row[1]).lower().replace("timestamp with time zone", "timestamptz")
        for row in connection.execute(f"describe {name}").fetchall()
    }
    listed = {column.name: column.type for column in columns}
    whole = not re.search(r"^All columns of ", view.comment, flags=re.MULTILINE)
    assert list(described)[-len(listed) :] == list(listed) if listed else not whole
    assert listed == {name: described[name] for name in listed}
    assert not whole or listed.keys() == described.keys()


@pytest.mark.parametrize("view", load_views(), ids=lambda view: view.name)
def test_a_header_states_grain_and_sources(view: SqlFile) -> None:
    comment = view.comment
    assert re.search(r"^Grain: one row a ", comment, flags=re.MULTILINE)
    assert re.search(r"^Reads: ", comment, flags=re.MULTILINE)


LEADERBOARD = [
    *("suite", "model", "variant", "n", "n_failed", "n_refused", "n_cut", "accuracy", "ci_low", "ci_high"),
    *("mean_score", "usd", "n_unpriced", "usd_per_correct", "latency_p50", "latency_p95", "input_tokens"),
    *("output_tokens", "run_id", "run_date"),
]


def test_the_leaderboards_begin_with_the_columns_of_the_design() -> None:
    for view in load_views():
        if view.name.startswith("leaderboard") and view.name != "leaderboard_by_grader":
            assert [column.name for column in view.columns][: len(LEADERBOARD)] == LEADERBOARD
