"""A query reads its tables and nothing else, within bounds of time and memory."""

from typing import Any

import pytest

from tasks.grade.base import UnjudgedError
from tests.tasks.grade.conftest import MakeGrader
from tests.tasks.grade.sql.conftest import BY_B, grade

ATTACKS = [
    "select 1; select 2",
    "copy (select 1) to '/tmp/nightbench-attack'",
    "attach '/tmp/nightbench-attack' as x",
    "pragma database_list",
    "set memory_limit = '64GB'",
    "reset memory_limit",
    "install httpfs",
    "load httpfs",
    "create table u as select 1",
    "insert into t values (1)",
    "delete from t",
    "drop table t",
    "call duckdb_settings()",
    "explain select 1",
    "checkpoint",
    "select * from read_csv('/etc/passwd')",
    "select * from read_text('/etc/passwd')",
    "select * from read_blob('/proc/self/environ')",
    "select * from '/etc/passwd'",
    "select * from glob('/*')",
    "select * from sniff_csv('/etc/passwd')",
    "select * from parquet_metadata('/etc/passwd')",
    "select * from read_csv('http://127.0.0.1:1/')",
    "select getenv('PATH')",
    "select * from query('create table u (a int)')",
    "with gone as (delete from t returning b, a) select * from gone",
    "select * from duckdb_settings()",
    "select * from sys.path",
    "(" * 10_000 + "select 1" + ")" * 10_000,
    "select b, count(*) from t group by b\0",
    "select '\ud800', 1",
]


@pytest.mark.parametrize("query", ATTACKS, ids=lambda query: query[:40].encode("ascii", "replace").decode())
@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "tsql", "sqlite"])
def test_what_is_more_than_one_query_over_its_tables_is_wrong_and_reads_nothing(
    asked: Any, a_grader: MakeGrader, dialect: str, query: str
) -> None:
    grader, sample = a_grader("sql_result", dialect=dialect), asked(BY_B)
    try:
        assert not grader.compare(sample, query).passed
    except UnjudgedError:  # DuckDB lacks what it was translated to, and has read nothing
        if dialect in {"duckdb", "sqlite"}:
            raise
    assert grade(grader, sample, BY_B).passed, "the next answer finds its tables as they were"


@pytest.mark.parametrize(
    ("dialect", "query", "reason"),
    [
        ("duckdb", "select count(*), 1 from range(100000000000) a, range(100000) b", "timeout"),
        (
            "duckdb",
            "with recursive r as (select 1 n union all select n + 1 from r) select max(n), 1 from r",
            "timeout",
        ),
        (
            "sqlite",
            "with recursive r as (select 1 n union all select n + 1 from r) select max(n), 1 from r",
            "timeout",
        ),
        ("duckdb", "select repeat('x', 3000000000), 1", "error"),
        ("duckdb", "select range(1000000000), 1", "error"),
        ("duckdb", "select string_agg(repeat('x', 1000000), ','), 1 from range(100000)", "error"),
        ("duckdb", "select list(a.range), 1 from range(1000000) a, range(1000) b", "error"),
        ("sqlite", "select zeroblob(2000000000), 1", "error"),
        ("sqlite", "select group_concat(hex(randomblob(1000000))), 1 from t, t u, t v", "error"),
    ],
)
def test_time_and_memory_are_bounded(
    asked: Any, a_grader: MakeGrader, dialect: str, query: str, reason: str
) -> None:
    grader = a_grader("sql_result", dialect=dialect, timeout_s=2.0 if reason == "timeout" else 60.0)
    got = grade(grader, asked(BY_B), query)
    assert (got.passed, got.reason) == (False, reason), got.explanation
    assert grade(grader, asked(BY_B), BY_B).passed


def test_a_result_that_never_ends_is_read_no_further_than_it_can_be_right(
    asked: Any, a_grader: MakeGrader
) -> None:
    got = grade(a_grader("sql_result"), asked(BY_B), "select 'x', range from range(1000000)")
    assert (got.reason, got.explanation) == ("wrong", "at least 3 rows against 2")
