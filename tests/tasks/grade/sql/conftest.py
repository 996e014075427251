"""Small tables and a sample over them; a PostgreSQL server of the test's own, where it is installed."""

from collections.abc import Iterator
from typing import Any

import pytest

from tasks.grade.base import Grader
from tasks.model import Grade, Sample
from tests.postgres import postgres_server
from tests.tasks.grade.conftest import MakeSample

SCHEMA = """
create table t (a int, b varchar, d date, x decimal(8, 2));
insert into t values (1, 'x', '2024-01-01', 2.50), (2, 'y', '2024-02-01', 1.25), (4, 'y', null, 1.25);
"""
BY_B = "select b, count(*) as n from t group by b"


@pytest.fixture(scope="module")
def asked(a_sample: MakeSample) -> Any:
    """Make a sample over the tables above."""

    def make(*right: str, **row: Any) -> Sample:
        return a_sample(*right, **{"schema_sql": SCHEMA, **row})

    return make


def grade(grader: Grader, sample: Sample, query: str) -> Grade:
    grader.check(sample)
    return grader.grade(sample, f"Here it is:\n```sql\n{query}\n```")


@pytest.fixture(scope="session")
def postgres_port() -> Iterator[int]:
    """A server whose superuser is `boss`."""
    with postgres_server() as port:
        yield port


@pytest.fixture(scope="session")
def postgres_url(postgres_port: int) -> str:
    """The URL of a role that may make schemas in its own database, and nothing else."""
    psycopg = pytest.importorskip("psycopg")
    boss = f"postgresql://boss@127.0.0.1:{postgres_port}/postgres"
    with psycopg.connect(boss, autocommit=True) as connection:
        connection.execute("create role plain login")
        connection.execute("create database plain owner plain")
    return f"postgresql://plain@127.0.0.1:{postgres_port}/plain"
