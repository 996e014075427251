"""T-SQL's functions, patterns and formats return here what they return on its server, or have no grade.

The queries lie in tsql.txt, each with the rows that its server returns.
"""

from datetime import datetime
from pathlib import Path

import pytest

from tasks.grade.sql.duck import DuckDB
from tasks.grade.sql.engine import CannotRunError
from tasks.grade.sql.rows import Result, Rules, difference

CASES = Path(__file__).with_name("tsql.txt")
NOW = datetime(2024, 5, 1, 12)
SCHEMA = """
create table customers (id int, name varchar, city varchar, joined date);
insert into customers values (1, 'Ann', 'Rome', '2023-12-31'), (2, 'Bob', 'Oslo', '2024-01-15'),
    (3, 'Cy', null, '2024-02-29'), (4, 'dora ', 'Rome', '2024-03-10');
create table orders (
    id int, customer_id int, amount decimal(10, 2), qty int, ordered timestamp, note varchar);
insert into orders values (1, 1, 10.50, 3, '2024-01-01 10:30:00', 'a,b,c'),
    (2, 1, 20.25, 4, '2024-01-20 23:59:59', 'x'), (3, 2, 5.00, 1, '2024-02-10 00:00:00', null),
    (4, 4, 100.00, 10, '2024-03-31 12:00:00', '50% off'), (5, 2, 7.75, 2, '2023-12-31 23:00:00', 'a_b');
"""


def cases() -> list[tuple[str, str]]:
    lines = [line for line in CASES.read_text(encoding="utf-8").splitlines() if not line.startswith("--")]
    return [(query, rows.strip()) for query, rows in zip(lines[::2], lines[1::2], strict=True)]


@pytest.fixture(scope="module")
def server() -> DuckDB:
    return DuckDB(SCHEMA, "duckdb", "tsql", NOW)


@pytest.fixture(scope="module")
def plain() -> DuckDB:
    return DuckDB(SCHEMA, "duckdb", "duckdb", None)


def test_there_are_three_hundred() -> None:
    assert len({query for query, _ in cases()}) == len(cases()) >= 300


@pytest.mark.parametrize(("query", "rows"), [case for case in cases() if case[1] != "ungraded"])
def test_a_query_returns_what_its_server_returns(
    server: DuckDB, plain: DuckDB, query: str, rows: str
) -> None:
    wanted, got = plain.fetch(rows, 100), server.fetch(query, 100)
    want = Result(wanted.names, wanted.rows)
    assert difference(want, Result(got.names, got.rows), Rules(ordered=True)) is None, got.rows


@pytest.mark.parametrize("query", [query for query, rows in cases() if rows == "ungraded"])
def test_what_depends_on_what_is_not_known_here_has_no_grade(server: DuckDB, query: str) -> None:
    with pytest.raises(CannotRunError):
        server.fetch(query, 100)
