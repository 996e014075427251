"""T-SQL as its server means it: ties, shares of rows, dates without dashes."""

from typing import Any

import pytest

from tests.tasks.grade.conftest import MakeGrader, MakeSample
from tests.tasks.grade.sql.conftest import grade


@pytest.mark.parametrize(
    ("answer", "right"),
    [
        pytest.param("top 1 with ties a from t order by x", "a from t where x = 1.25", id="ties"),
        pytest.param("top 2 with ties a from t order by x desc", "a from t", id="ties at the end"),
        pytest.param(
            "top (1) with ties a, x as k from t order by k", "a, x from t where a > 1", id="an alias"
        ),
        pytest.param("top 1 with ties a, x from t order by 2", "a, x from t where a > 1", id="a place"),
        pytest.param("top 1 with ties * from t order by x", "* from t where a > 1", id="every column"),
        pytest.param(
            "top 1 with ties b, count(*) n from t group by b order by count(*) desc", "'y', 2", id="groups"
        ),
        pytest.param(
            "top 1 with ties b, a from t order by row_number() over (partition by b order by a)",
            "b, min(a) from t group by b",
            id="the first of each",
        ),
        pytest.param("distinct top 1 with ties x from t order by x", "min(x) from t", id="distinct"),
        pytest.param(
            "sum(a) from (select top 1 with ties a from t order by x) as u",
            "sum(a) from t where a > 1",
            id="inside",
        ),
        pytest.param(
            "a from t where a in (select top 1 with ties a from t order by x)",
            "a from t where a > 1",
            id="in a list",
        ),
        pytest.param("top 50 percent a from t order by a", "a from t where a < 4", id="a share, rounded up"),
        pytest.param(
            "top 10 percent with ties a from t order by x", "a from t where a > 1", id="ties of a share"
        ),
    ],
)
def test_the_first_rows_of_t_sql_are_those_of_the_server(
    asked: Any, a_grader: MakeGrader, answer: str, right: str
) -> None:
    grader = a_grader("sql_result", dialect="tsql")
    got = grade(grader, asked(f"select {right}"), f"select {answer}")
    assert got.passed, got.explanation
    many = "select a, a from t"
    assert not grade(grader, asked(many), f"select {answer}").passed


def test_ties_of_a_common_table_expression_keep_their_order(asked: Any, a_grader: MakeGrader) -> None:
    grader = a_grader("sql_result", dialect="tsql", ordered=True)
    query = "with u as (select a, x from t) select top 2 with ties a from u order by x desc"
    sample = asked("select a from t order by x desc")
    assert grade(grader, sample, query).passed
    assert not grade(grader, sample, query.replace(" desc", "")).passed
    assert grade(grader, asked(query), "select a from t order by x desc, a desc").passed, (
        "as a right query too"
    )


@pytest.mark.parametrize(
    ("where", "passed"),
    [
        pytest.param("d >= '20240102'", True, id="compared with a date"),
        pytest.param("'20240102' <= d", True, id="on the left"),
        pytest.param("d between '20240102' and '20240301 12:30'", True, id="between, with a time"),
        pytest.param("d in ('20240201', '20240202')", True, id="in a list"),
        pytest.param("d >= cast('20240102' as date)", True, id="a cast"),
        pytest.param("d >= try_cast('20240102' as date)", True, id="a cast that may fail"),
        pytest.param("d >= convert(date, '20240102')", True, id="a conversion"),
        pytest.param("d >= convert(date, '20240102', 112)", True, id="a conversion with its style"),
        pytest.param("d >= try_convert(datetime, '20240102')", True, id="a conversion that may fail"),
        pytest.param("d >= dateadd(day, 1, '20240101')", True, id="a day later"),
        pytest.param("datediff(day, '20240101', d) > 0", True, id="days between"),
        pytest.param("isnull(d, '20240101') > '20240131'", True, id="in place of nothing"),
        pytest.param("d >= '20240102' and s <> '20240201'", True, id="a text stays what it is"),
        pytest.param("d >= cast(s as date) and a = 2", True, id="a column of texts"),
        pytest.param("try_cast(s as date) = '20240102'", True, id="a column of texts that may fail"),
        pytest.param("s = '20240102'", True, id="compared with a text"),
        pytest.param("s = '2024-01-02'", False, id="a text has no dashes"),
        pytest.param("d >= '20240202'", False, id="a day too late"),
    ],
)
def test_a_date_needs_no_dashes_where_the_server_asks_for_none(
    a_sample: MakeSample, a_grader: MakeGrader, where: str, passed: bool
) -> None:
    schema = """create table t (a int, d date, s varchar);
        insert into t values (1, '2024-01-01', '20240303'), (2, '2024-02-01', '20240102');"""
    sample = a_sample("select a from t where a = 2", schema_sql=schema)
    got = grade(a_grader("sql_result", dialect="tsql"), sample, f"select a from t where {where}")
    assert got.passed == passed, got.explanation
