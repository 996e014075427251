"""Small tables and a sample over them; a PostgreSQL server of the test's own, where it is installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.grade.base import Grader
from tasks.model import Grade, Sample
from tests.tasks.grade.conftest import MakeSample

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


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
    """A server whose superuser is `boss`, with a role and a database `plain`."""
    if not BINARIES:
        pytest.skip("PostgreSQL is not installed (/usr/lib/postgresql/*/bin)")
    folder = BINARIES[-1].parent
    place = Path(tempfile.mkdtemp(prefix="nightbench-postgres-"))
    as_user: dict[str, Any] = {}
    if os.geteuid() == 0:  # it refuses to run as root
        user = next(user for user in pwd.getpwall() if user.pw_name in {"postgres", "nobody"})
        os.chown(place, user.pw_uid, user.pw_gid)
        as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = int(free.getsockname()[1])
    settings = f"-p {port} -k '' -c listen_addresses=127.0.0.1 -c fsync=off"
    control = [folder / "pg_ctl", "-D", place / "data", "-w", "-l", place / "log"]
    run: Callable[..., Any] = lambda *words: subprocess.run(  # noqa: E731 - the same for all three
        words, check=True, capture_output=True, timeout=120, cwd="/", env={"LC_ALL": "C"}, **as_user
    )
    try:
        run(folder / "initdb", "-D", place / "data", "-U", "boss", "-A", "trust", "-E", "UTF8", "--no-sync")
        run(*control, "-o", settings, "start")
        try:
            yield port
        finally:
            run(*control, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(place, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_url(postgres_port: int) -> str:
    """The URL of a role that may make schemas in its own database, and nothing else."""
    psycopg = pytest.importorskip("psycopg")
    boss = f"postgresql://boss@127.0.0.1:{postgres_port}/postgres"
    with psycopg.connect(boss, autocommit=True) as connection:
        connection.execute("create role plain login")
        connection.execute("create database plain owner plain")
    return f"postgresql://plain@127.0.0.1:{postgres_port}/plain"
