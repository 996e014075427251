"""A query is judged by its rows, in its own dialect; it reads its tables and nothing else, within bounds."""

import subprocess
import sys
import threading
from typing import Any

import pytest

from tasks.grade.base import UnjudgedError
from tasks.grade.respond import grade_answer
from tasks.grade.sql.workers import workers
from tasks.model import Answer
from tests.conftest import CHECKOUT
from tests.tasks.grade.conftest import MakeGrader, MakeSample
from tests.tasks.grade.sql.conftest import BY_B, grade
from warehouse.errors import SuiteError


@pytest.mark.parametrize(
    ("query", "passed"),
    [
        pytest.param("select b, count(*) from t group by 1 order by 2", True, id="built another way"),
        pytest.param("from t select b, count(a) + 0.0 group by all", True, id="DuckDB's own words"),
        pytest.param("select b, count(*) from t group by 1;", True, id="a semicolon behind"),
        pytest.param("select b, count(d) as n from t group by b", False, id="a wrong aggregate"),
        pytest.param("select b from t group by b", False, id="a column too few"),
        pytest.param("select b, count(*) from t where a < 4 group by b", False, id="a filter too many"),
    ],
)
def test_a_query_is_judged_by_its_rows(asked: Any, a_grader: MakeGrader, query: str, passed: bool) -> None:
    got = grade(a_grader("sql_result"), asked(BY_B), query)
    assert (got.passed, got.reason) == (passed, None if passed else "wrong")


@pytest.mark.parametrize(
    ("dialect", "right", "answer", "passed"),
    [
        (
            "tsql",
            "select top 1 b from t order by a desc",
            "select top (1) [b] from dbo.t order by a desc",
            True,
        ),
        ("tsql", "select avg(a) as m from t", "select sum(a) / count(*) from t", True),
        ("tsql", "select avg(a) as m from t", "select avg(a * 1.0) from t", False),
        (
            "tsql",
            "select b, avg(a) over (partition by b) m from t",
            "select b, avg(1.0 * a) from t group by b",
            False,
        ),
        ("tsql", "select sum(a) / 2 as m from t", "select sum(a) / 2.0 from t", False),
        (
            "tsql",
            "select isnull(d, '2024-03-01') as d from t",
            "select coalesce(d, '2024-03-01') from t",
            True,
        ),
        ("tsql", "select 'a' + b + 'c' as s from t", "select concat('a', b, 'c') from t", True),
        (
            "tsql",
            "select b from t u outer apply (select v.a from t v where v.a > u.a * 9) w",
            "select b from t",
            True,
        ),
        ("tsql", "with t as (select a from t) select a from t", "select a from t", True),
        (
            "tsql",
            "select b + '-' + cast(a as varchar(10)) as s from t",
            "select concat(b, '-', a) from t",
            True,
        ),
        (
            "tsql",
            "select year(d) y, month(d) m from t",
            "select datepart(year, d), datepart(mm, d) from t",
            True,
        ),
        ("tsql", "select dateadd(month, 1, d) as e from t", "select dateadd(mm, 1, d) from t", True),
        (
            "tsql",
            "select datediff(day, d, '2024-02-01') as n from t",
            "select datediff(dd, d, '2024-02-01') from t",
            True,
        ),
        (
            "tsql",
            "select convert(varchar(7), d, 120) as m from t",
            "select format(d, 'yyyy-MM') from t",
            True,
        ),
        (
            "tsql",
            "select eomonth(d) as e from t",
            "select dateadd(day, -1, dateadd(month, 1, d)) from t",
            True,
        ),
        ("tsql", "select a from t where b = N'x'", "select a from t with (nolock) where b = 'x'", True),
        (
            "tsql",
            "with r as (select 1 as n union all select n + 1 from r where n < 5) select n from r",
            "with r as (select 1 n union all select n + 1 from r where n < 5) select * from r "
            "option (maxrecursion 9)",
            True,
        ),
        (
            "tsql",
            "select t.b, u.a from t cross apply (select top 1 v.a from t v where v.b = t.b order by v.a) u",
            "select b, min(a) over (partition by b) from t",
            True,
        ),
        (
            "tsql",
            "select d from t order by d",
            "select d from t order by case when d is null then 0 else 1 end, d",
            True,
        ),
        ("tsql", "select cast(a as float) / 3 as f from t", "select a / 3.0 from t", True),
        ("postgres", "select sum(a) / 2 as m from t", "select (sum(a) / 2)::int from t", True),
        ("postgres", "select a from t where d > '2024-01-15'", "select a from t where d > '20240115'", True),
        (
            "postgres",
            "select a from t where x = 1.25",
            "select a from t order by x fetch first 1 rows with ties",
            True,
        ),
        ("postgres", "select sum(a) / 2 as m from t", "select sum(a)::numeric / 2 from t", False),
        ("postgres", "select d from t order by d desc", "select d from t order by d desc nulls first", True),
        ("postgres", "select to_char(d, 'YYYY-MM') as m from t", "select left(d::text, 7) from t", True),
        (
            "postgres",
            "select distinct on (b) b, a from t order by b, a",
            "select b, min(a) from t group by b",
            True,
        ),
        ("sqlite", "select sum(a) / 2 as m from t", "select cast(sum(a) / 2 as integer) from t", True),
        ("sqlite", "select strftime('%Y', d) as y from t", "select substr(d, 1, 4) from t", True),
        ("sqlite", 'select count(*) as n from t where b = "y"', "select 2", True),
    ],
)
def test_each_dialect_has_its_own_meaning(
    asked: Any, a_grader: MakeGrader, dialect: str, right: str, answer: str, passed: bool
) -> None:
    ordered = "order by" in right and "top" not in right and "apply" not in right and "distinct" not in right
    got = grade(a_grader("sql_result", dialect=dialect, ordered=ordered), asked(right), answer)
    assert got.passed == passed, got.explanation


@pytest.mark.parametrize(
    ("dialect", "query", "said"),
    [
        ("tsql", "select b, a from t for json auto", "Unsupported query option"),
        ("tsql", "select b, dbo.my_function(a) from t", "does not run what"),
        ("tsql", "select b a c d from t where", "not read as tsql"),
        ("postgres", "select b, ts_rank(to_tsvector(b), to_tsquery('x')) from t", "does not run what"),
    ],
)
def test_what_cannot_be_translated_is_no_wrong_answer(
    asked: Any, a_grader: MakeGrader, dialect: str, query: str, said: str
) -> None:
    grader, sample = a_grader("sql_result", dialect=dialect), asked(BY_B)
    with pytest.raises(UnjudgedError, match=said):
        grader.grade(sample, query)
    answer = Answer(text=query, stop_reason="stop", raw_stop_reason=None, usage=None)
    others = a_grader("includes")
    judged = grade_answer([grader, others], sample, answer)
    assert [each.name for each, _ in judged] == ["includes"], "no grade, and the other graders judge"


@pytest.mark.parametrize("dialect", ["tsql", "postgres", "sqlite", "duckdb"])
@pytest.mark.parametrize(
    "answer",
    [
        "I cannot run queries on your database.",
        "select nothing_like_it from t",
        "select b from no_such_table",
        "df.groupby('b').size()",
    ],
)
def test_what_would_fail_anywhere_is_wrong_in_every_dialect(
    asked: Any, a_grader: MakeGrader, dialect: str, answer: str
) -> None:
    got = a_grader("sql_result", dialect=dialect).compare(asked(BY_B), answer)
    assert (got.passed, got.reason) == (False, "error")


def test_ties_may_stand_either_way_and_the_order_must_hold(asked: Any, a_grader: MakeGrader) -> None:
    grader = a_grader("sql_result", ordered=True)
    sample = asked("select a from t order by x desc")
    assert grade(grader, sample, "select a from t order by x desc, a desc").passed, "2 and 4 have one x"
    assert not grade(grader, sample, "select a from t order by x").passed
    assert grade(a_grader("sql_result"), sample, "select a from t order by x").passed, "no order is asked for"
    unordered = asked("select a from t order by x desc", ordered=False)
    assert grade(grader, unordered, "select a from t order by x").passed, "the sample's own word counts"


def test_several_queries_may_be_right(asked: Any, a_grader: MakeGrader) -> None:
    sample = asked("select b from t where a = 1", "select a, b from t where a = 1")
    grader = a_grader("sql_result")
    assert grade(grader, sample, "select 'x'").passed
    assert grade(grader, sample, "select 1, 'x'").passed
    assert not grade(grader, sample, "select 1").passed
    listed = asked("no query", right_queries=["select 7"])
    assert grade(grader, listed, "select 3 + 4").passed


def test_the_clock_stands_where_it_is_told(asked: Any, a_grader: MakeGrader) -> None:
    clocks = {
        "duckdb": ["select current_date, cast(now() as date)", "select today(), current_date"],
        "postgres": ["select current_date, now()::date", "select current_date, localtimestamp::date"],
        "tsql": ["select cast(getdate() as date) a, cast(sysdatetime() as date) b"],
        "sqlite": [
            "select date('now'), date(current_timestamp)",
            "select current_date, date('NOW', '+0 days')",
        ],
    }
    for dialect, queries in clocks.items():
        grader = a_grader("sql_result", dialect=dialect, now="2024-05-01T12:00:00")
        right = (
            "select '2024-05-01', '2024-05-01'"
            if dialect == "sqlite"
            else ("select cast('2024-05-01' as date) a, cast('2024-05-01' as date) b")
        )
        for query in queries:
            got = grade(grader, asked(right), query)
            assert got.passed, (query, got.explanation)


def test_the_rows_of_a_schema_move_with_the_clock(a_sample: MakeSample, a_grader: MakeGrader) -> None:
    schema = """create table public.e (id serial primary key, at timestamp default current_timestamp);
        create table f (id int references public.e (id));
        insert into public.e (id, at) values (1, now() - interval '3 days'),
        (2, now() - interval '40 days');"""
    sample = a_sample("select count(*) as n from e where at >= date('now', '-30 days')", schema_sql=schema)
    grader = a_grader("sql_result", dialect="sqlite", schema_dialect="postgres", now="2024-05-01T12:00:00")
    assert grade(grader, sample, "select 1").passed
    assert grade(grader, sample, "select count(*) from e where at > '2024-04-01'").passed


@pytest.mark.parametrize(
    ("options", "row", "right", "said"),
    [
        ({}, {"schema_sql": None}, BY_B, 'no "schema_sql"'),
        ({}, {}, None, 'no "target"'),
        ({}, {}, "select zz from t", "right query that does not run: .*zz"),
        ({}, {"schema_sql": "create tabel t"}, "select 1", "schema cannot be loaded"),
        ({}, {"dialect": "mysql"}, BY_B, "known are duckdb, postgres, sqlite, tsql"),
        ({"max_rows": 2}, {}, "select a from t", "more than 2 rows"),
        ({"timeout_s": 0.5}, {}, "select count(*) from range(100000000000) a, range(1000) b", "does not run"),
    ],
)
def test_a_sample_that_cannot_be_judged_is_refused_before_anything_is_sent(
    asked: Any,
    a_grader: MakeGrader,
    options: dict[str, Any],
    row: dict[str, Any],
    right: str | None,
    said: str,
) -> None:
    sample = asked(*([right] if right else []), **row)
    with pytest.raises(SuiteError, match=said):
        a_grader("sql_result", **options).check(sample)


@pytest.mark.parametrize("dialect", ["postgres", "sqlite"])
def test_a_dump_of_postgresql_is_found_with_and_without_its_schema(
    a_sample: MakeSample, a_grader: MakeGrader, dialect: str
) -> None:
    dump = "create table public.e (id bigint not null); insert into public.e (id) values (1), (2);"
    sample = a_sample("select id from e", schema_sql=dump)
    grader = a_grader("sql_result", dialect=dialect, schema_dialect="postgres")
    assert grade(grader, sample, "select e.id from e order by 1").passed
    if dialect == "postgres":
        assert grade(grader, sample, "select public.e.id from public.e").passed


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"dialect": "oracle"}, '"dialect" is'),
        ({"now": "yesterday"}, "is no time"),
        ({"timeout_s": 0}, "is no time"),
        ({"tolerance": -1}, "no distance"),
        ({"max_rows": 0}, "max_rows"),
        ({"columns": "some"}, '"columns" is'),
    ],
)
def test_options_out_of_their_range_are_refused(
    a_grader: MakeGrader, options: dict[str, Any], said: str
) -> None:
    with pytest.raises(SuiteError, match=said):
        a_grader("sql_result", **options)


def test_what_translates_is_not_loaded_where_nothing_is_graded() -> None:
    program = "import sys, tasks.grade.registry; print({'sqlglot', 'psycopg'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=CHECKOUT, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "set()"


def test_answers_are_judged_from_several_threads_at_once(asked: Any, a_grader: MakeGrader) -> None:
    grader, sample = a_grader("sql_result"), asked(BY_B)
    assert grader.apart
    found: dict[int, bool] = {}

    def one(n: int) -> None:
        query = BY_B if n % 2 else "select b, count(d) from t group by b"
        found[n] = grader.compare(sample, query).passed

    threads = [threading.Thread(target=one, args=(n,)) for n in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == {n: bool(n % 2) for n in range(12)}
    workers.close()
    assert grade(grader, sample, BY_B).passed, "another process takes their place"
