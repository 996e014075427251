"""PostgreSQL's queries are run by PostgreSQL where a server is named, and leave nothing on it."""

from typing import Any

import pytest

from tasks.grade.base import Grader, UnjudgedError
from tasks.grade.sql.server import VARIABLE
from tasks.model import Grade, Sample
from tests.tasks.grade.conftest import MakeGrader, MakeSample
from warehouse.errors import SpecError

SCHEMA = """
create table public.t (id serial primary key, b text, d date, n numeric(8, 2), tags text[]);
create table u (t_id int references public.t (id), at timestamp);
insert into public.t (b, d, n, tags) values ('x', '2024-01-01', 2.5, '{a,b}'), ('y', null, 1.25, '{}');
insert into u values (1, now() - interval '3 days'), (2, now() - interval '40 days');
"""
RIGHT = "select b, n from t"


@pytest.fixture
def grader(a_grader: MakeGrader, postgres_url: str, monkeypatch: pytest.MonkeyPatch) -> Grader:
    monkeypatch.setenv(VARIABLE, postgres_url)
    return a_grader("sql_result", dialect="postgres", schema_dialect="postgres", timeout_s=3.0)


@pytest.fixture
def sample(a_sample: MakeSample) -> Sample:
    return a_sample(RIGHT, schema_sql=SCHEMA)


def grade(grader: Grader, sample: Sample, query: str) -> Grade:
    grader.check_place()
    grader.check(sample)
    return grader.compare(sample, query)


@pytest.mark.parametrize(
    ("query", "passed"),
    [
        ("select b, n from t order by n", True),
        ("select b, n::float8 from t", True),
        ("select t.b, public.t.n from public.t", True),
        ("select initcap(b), n from t", False),
        ("select b, n from t;", True),
        (
            "select b, n from t natural left join (select ts_rank(to_tsvector('a'), to_tsquery('a'))) as r",
            True,
        ),
        ("values ('x', 2.5), ('y', 1.25)", True),
        ("select b, n from t where 'a' = any (tags)", False),
        ("select b, n from t cross join lateral regexp_matches(b, '.') as r", True),
    ],
)
def test_the_server_runs_what_is_its_own(grader: Grader, sample: Sample, query: str, passed: bool) -> None:
    got = grade(grader, sample, query)
    assert got.passed == passed, got.explanation


def test_its_clock_can_be_held(a_grader: MakeGrader, grader: Grader, a_sample: MakeSample) -> None:
    held = a_grader(
        "sql_result", dialect="postgres", schema_dialect="postgres", now="2024-05-01T12:00:00", name="held"
    )
    sample = a_sample("select at::date as d from u where t_id = 1", schema_sql=SCHEMA)
    assert grade(held, sample, "select date '2024-04-28'").passed
    assert grade(held, sample, "select (now() - interval '3 days')::date").passed


@pytest.mark.parametrize(
    "query",
    [
        "select 1; select 2",
        "select 1; commit; create table public.left_behind (a int)",
        "insert into t (b) values ('z')",
        "with gone as (delete from t returning b, n) select * from gone",
        "select b, n into kept from t",
        "create table kept as select 1",
        "select pg_read_file('/etc/passwd'), 1",
        "select * from pg_ls_dir('/')",
        "copy (select 1) to program 'id'",
        "select lo_import('/etc/passwd'), 1",
        "select set_config('role', 'boss', true), 1",
        "select set_config('statement_timeout', '0', false), 1",
        "select query_to_xml('select pg_read_file(''/etc/passwd'')', true, true, ''), 1",
        "select rolname, 1 from pg_authid",
        "select nextval('t_id_seq'), 1",
        "set role boss",
        "reset all",
        "listen x",
        "do $$ begin perform 1; end $$",
        "vacuum",
        "explain analyze select 1",
        "lock table t",
        "select pg_terminate_backend(pg_backend_pid()), 1",
        "select pg_sleep(60), 1",
        "fetch all from answer",
        "no query at all",
        "select b, zz from t",
        "select 'a\0b', 1",
        "select repeat('x', 2000000000), 1",
    ],
)
def test_what_does_more_than_read_its_tables_is_wrong(grader: Grader, sample: Sample, query: str) -> None:
    got = grade(grader, sample, query)
    assert (got.passed, got.reason) == (False, "error"), got.explanation


@pytest.mark.parametrize(
    "query",
    [
        "select count(*), 1 from generate_series(1, 1000000000000)",
        "with recursive r as (select 1 as n union all select n + 1 from r) select max(n), 1 from r",
    ],
)
def test_a_query_that_does_not_end_is_ended(grader: Grader, sample: Sample, query: str) -> None:
    assert grade(grader, sample, query).reason == "timeout"


def test_nothing_is_left_behind(grader: Grader, sample: Sample, postgres_url: str) -> None:
    psycopg = pytest.importorskip("psycopg")
    grade(grader, sample, RIGHT)
    grade(grader, sample, "create table public.left_behind (a int)")
    with psycopg.connect(postgres_url) as connection:
        schemas = connection.execute(
            "select nspname from pg_namespace where nspname !~ '^pg_' order by 1"
        ).fetchall()
        tables = connection.execute(
            "select count(*) from pg_class c join pg_namespace n on n.oid = relnamespace "
            "where nspname !~ '^pg_' and nspname <> 'information_schema'"
        ).fetchone()
    assert schemas == [("information_schema",), ("public",)]
    assert tables == (0,)


def test_a_role_with_power_is_refused_before_anything_is_sent(
    a_grader: MakeGrader, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    psycopg = pytest.importorskip("psycopg")
    grader = a_grader("sql_result", dialect="postgres")
    boss = postgres_url.replace("plain@", "boss@")
    monkeypatch.setenv(VARIABLE, boss)
    with pytest.raises(SpecError, match=r'"boss".*create role nightbench'):
        grader.check_place()
    with psycopg.connect(boss, autocommit=True) as connection:
        connection.execute("create role reader login in role pg_read_server_files")
        connection.execute("create role poor login")
    monkeypatch.setenv(VARIABLE, postgres_url.replace("plain@", "reader@"))
    with pytest.raises(SpecError, match=r'"reader".*power over the server'):
        grader.check_place()
    monkeypatch.setenv(VARIABLE, postgres_url.replace("plain@", "poor@"))
    with pytest.raises(SpecError, match=r'"poor".*may make no schema'):
        grader.check_place()
    monkeypatch.setenv(VARIABLE, postgres_url)
    grader.check_place()


def test_a_server_that_is_away_is_said_without_its_address(
    a_grader: MakeGrader, monkeypatch: pytest.MonkeyPatch, sample: Any
) -> None:
    pytest.importorskip("psycopg")
    monkeypatch.setenv(VARIABLE, "postgresql://me:secret@127.0.0.1:1/none")
    grader = a_grader("sql_result", dialect="postgres")
    with pytest.raises(SpecError, match="does not answer") as caught:
        grader.check_place()
    assert "secret" not in str(caught.value)
    with pytest.raises(UnjudgedError) as unjudged:
        grader.compare(sample, RIGHT)
    assert "secret" not in str(unjudged.value)
    others = a_grader("sql_result", dialect="sqlite")
    others.check_place()
