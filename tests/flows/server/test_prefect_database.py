"""Prefect's database is made aside and whole; what is no database of this Prefect is set aside, not used."""

import random
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import pytest

from flows.server.prefect_database import (
    default_shelf,
    find_flaw,
    prepare_database,
    set_aside,
    template,
    template_path,
    version_mark,
)
from flows.server.prefect_home import PrefectHome


@pytest.fixture(scope="module")
def shelf(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder where the machine keeps its template; made where there is none."""
    shelf = default_shelf() or tmp_path_factory.mktemp("shelf")
    template(shelf)
    return shelf


@pytest.fixture
def at(home: Path) -> PrefectHome:
    """Prefect's part of an empty home."""
    return PrefectHome.of(home)


def tables(database: Path) -> set[str]:
    connection = sqlite3.connect(database)
    try:
        return {name for (name,) in connection.execute("select name from sqlite_master where type = 'table'")}
    finally:
        connection.close()


def test_new_home_gets_a_database_without_a_word(at: PrefectHome, shelf: Path) -> None:
    assert prepare_database(at, shelf) is None
    assert find_flaw(at.database) is None
    assert at.database.stat().st_mode & 0o777 == 0o600  # blocks with keys may come into it
    assert {"flow", "flow_run", "task_run", "deployment", "alembic_version"} <= tables(at.database)


def test_good_database_is_left_as_it_is(at: PrefectHome, shelf: Path) -> None:
    prepare_database(at, shelf)
    before = (at.database.stat().st_ino, at.database.stat().st_mtime_ns)
    assert prepare_database(at, shelf) is None
    assert (at.database.stat().st_ino, at.database.stat().st_mtime_ns) == before


def no_database(path: Path) -> None:
    path.write_bytes(b"not a database, but as long as one could be" * 100)


def empty_file(path: Path) -> None:
    path.touch()


def half_migrated(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table flow (id text)")
    connection.commit()
    connection.close()


def other_version(path: Path) -> None:
    connection = sqlite3.connect(path)
    connection.execute("create table alembic_version (version_num text)")
    connection.execute("insert into alembic_version values ('of-the-future')")
    connection.execute(f"pragma user_version = {version_mark() ^ 1}")
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param(no_database, "does not open", id="not a database"),
        pytest.param(empty_file, "does not open", id="an empty file"),
        pytest.param(half_migrated, "does not open", id="killed among the migrations"),
        pytest.param(other_version, "another version", id="made by another Prefect"),
    ],
)
def test_what_is_not_this_prefects_database_is_set_aside_and_told(
    at: PrefectHome, shelf: Path, spoil: object, said: str
) -> None:
    assert callable(spoil)
    spoil(at.database)
    before = at.database.read_bytes()
    notice = prepare_database(at, shelf)
    assert notice is not None
    assert said in notice
    assert find_flaw(at.database) is None
    (kept,) = (at.folder / "set-aside").glob("*/prefect.db")
    assert kept.read_bytes() == before
    assert str(kept.parent) in notice


OLDER = "2095de406cbe"  # a schema of May 2026, seven revisions behind 3.9.1
MIGRATE = f"""import os, sys, anyio
os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = "sqlite+aiosqlite:///" + sys.argv[1]
from prefect.server.database.alembic_commands import alembic_upgrade
anyio.run(anyio.to_thread.run_sync, alembic_upgrade, "{OLDER}")"""
VARIABLE = (
    "insert into variable (id, name, value) values ('4be1d6f2-0000-4000-8000-000000000000', 'kept', '1')"
)


@pytest.mark.slow
def test_database_of_an_earlier_prefect_is_brought_up_to_date_with_what_it_holds(
    at: PrefectHome, shelf: Path
) -> None:
    subprocess.run([sys.executable, "-c", MIGRATE, str(at.database)], check=True, capture_output=True)
    with closing(sqlite3.connect(at.database)) as connection:
        connection.execute("pragma journal_mode = wal")
        connection.execute(VARIABLE)
        connection.commit()
    assert prepare_database(at, shelf) is None
    assert find_flaw(at.database) is None
    for path, revisions in (
        (at.database, revisions_of(template(shelf))),
        (at.folder / "prefect.db.before", [OLDER]),
    ):
        assert revisions_of(path) == revisions
        assert path.stat().st_mode & 0o777 == 0o600
        with closing(sqlite3.connect(path)) as connection:
            assert connection.execute("select name from variable").fetchall() == [("kept",)]


def revisions_of(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return [name for (name,) in connection.execute("select version_num from alembic_version")]


def test_damaged_pages_are_noticed(at: PrefectHome, shelf: Path) -> None:
    prepare_database(at, shelf)
    whole = bytearray(at.database.read_bytes())
    half = len(whole) // 2 // 4096 * 4096
    whole[half : half + 200_000] = random.Random(7).randbytes(200_000)
    at.database.write_bytes(whole)
    notice = prepare_database(at, shelf)
    assert notice is not None
    assert find_flaw(at.database) is None


def test_log_is_set_aside_with_its_database(at: PrefectHome) -> None:
    for side in ("", "-wal", "-shm"):
        at.database.with_name(at.database.name + side).write_text(side)
    folder = set_aside(at.database)
    assert {path.name for path in folder.iterdir()} == {"prefect.db", "prefect.db-wal", "prefect.db-shm"}
    assert list(at.folder.glob("prefect.db*")) == []


def test_log_whose_database_is_gone_is_not_replayed_into_the_next(at: PrefectHome, shelf: Path) -> None:
    prepare_database(at, shelf)
    writer = sqlite3.connect(at.database)
    writer.execute("pragma journal_mode = wal")
    writer.execute("create table of_the_old_one (n integer)")
    writer.commit()
    log = at.database.with_name("prefect.db-wal").read_bytes()
    writer.close()
    at.database.unlink()
    at.database.with_name("prefect.db-wal").write_bytes(log)
    assert len(log) > 0
    prepare_database(at, shelf)
    assert find_flaw(at.database) is None
    assert "of_the_old_one" not in tables(at.database)


@pytest.mark.slow
def test_kill_at_any_moment_of_the_migrations_leaves_nothing_half(tmp_path: Path) -> None:
    making = [sys.executable, "-m", "flows.server.prefect_database", str(tmp_path)]
    instants = random.Random(20260101)
    for _ in range(4):
        process = subprocess.Popen(making, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(instants.uniform(0.2, 9.0))
        process.send_signal(signal.SIGKILL)
        process.wait()
        path = template_path(tmp_path)
        assert not path.exists() or find_flaw(path) is None
    made = template(tmp_path)
    assert find_flaw(made) is None
    assert {path.suffix for path in tmp_path.iterdir()} == {".db", ".lock"}
