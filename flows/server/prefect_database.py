"""Make Prefect's database: aside, whole, and only once a Prefect version on this machine.

Prefect's migrations cost 7.4 s of processor (measured, 3.9.1), and a kill among them can leave a file that
never opens again. So they run on a file aside, in a process of its own that holds a lock, and the result is
kept as a template in the virtual environment; a new home gets a copy, renamed into place.
`python -m flows.server.prefect_database` makes the template ahead.

A file of an earlier Prefect is brought up to date, on a copy: blocks, variables and the history of flow runs
stay. A file that does not open, or that this Prefect cannot read, is set aside with its write-ahead log and
made anew: no result of nightbench lies only there. `prepare_database` is for the holder of `server.lock`.
"""

import os
import shutil
import sqlite3
import subprocess
import sys
import zlib
from contextlib import closing, suppress
from datetime import UTC, datetime
from pathlib import Path

from flows.server.prefect_home import Lock, PrefectHome, prefect_version
from warehouse.durable import fsync_file, fsync_folder
from warehouse.errors import EngineError

OWNERS = 0o600
OTHER_VERSION = "is of another version of Prefect"
UPGRADE = "--upgrade"
SIDES = ("-wal", "-shm", "-journal")
CHECKED_BYTES = 64_000_000  # a file up to this size is read through; 1 GB would cost seconds at each start


def prepare_database(home: PrefectHome, shelf: Path | None = None) -> str | None:
    """See to it that the home has a database of this Prefect; returns the sentence to tell, if any.

    `shelf` is the folder of templates; by default the virtual environment's, if it can be written to.
    """
    notice = None
    flaw = find_flaw(home.database)
    if flaw == OTHER_VERSION and upgrade(home.database):
        flaw = find_flaw(home.database)
    if flaw is not None and home.database.exists():
        aside = set_aside(home.database)
        notice = (
            f"Prefect's database {flaw}; it was set aside as {aside} and made anew. Runs and their results "
            "are not affected; blocks and variables are to be filled in again, and Prefect's own history of "
            "flow runs begins again."
        )
    if flaw is not None:
        _place(home.database, shelf or default_shelf() or home.folder)
    with suppress(OSError):  # another user's, who has seen to it
        home.database.chmod(OWNERS)  # it may hold blocks with keys; SQLite gives its log the same
    return notice


def find_flaw(database: Path) -> str | None:
    """What keeps a file from being this Prefect version's database; None where nothing does."""
    if not database.exists():
        return "does not exist"
    try:
        connection = sqlite3.connect(f"{database.absolute().as_uri()}?mode=rw", uri=True, timeout=10)
        try:
            (mark,) = connection.execute("pragma user_version").fetchone()
            connection.execute("select count(*) from alembic_version").fetchone()
            if database.stat().st_size <= CHECKED_BYTES:
                (verdict,) = connection.execute("pragma quick_check(1)").fetchone()
                if verdict != "ok":
                    return f"is damaged ({verdict})"
        finally:
            connection.close()
    except sqlite3.DatabaseError as error:
        return f"does not open ({error})"
    return None if mark == version_mark() else OTHER_VERSION


def version_mark() -> int:
    """What `pragma user_version` of a database made here is: a digest of Prefect's version."""
    return zlib.crc32(prefect_version().encode()) & 0x7FFF_FFFF


def upgrade(database: Path) -> bool:
    """Bring a database of an earlier Prefect up to date, whole or not at all; whether that could be done.

    The old one is kept as `prefect.db.before`.
    """
    new, old = database.with_name(database.name + ".new"), database.with_name(database.name + ".before")
    _remove(new)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("pragma wal_checkpoint(truncate)")
        connection.execute("vacuum into ?", [str(new)])
    for path in (database, new):
        path.chmod(OWNERS)
    done = subprocess.run(
        [sys.executable, "-m", "flows.server.prefect_database", UPGRADE, str(new)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        check=False,
    )
    if done.returncode != 0 or find_flaw(new) is not None:
        _remove(new)
        return False
    fsync_file(new)
    _remove(old)
    with suppress(OSError):  # some file systems have no links; then nothing is kept
        os.link(database, old)
    for side in SIDES:
        database.with_name(database.name + side).unlink(missing_ok=True)
    new.replace(database)
    fsync_folder(database.parent)
    return True


def set_aside(database: Path) -> Path:
    """Move a database and what belongs to it into a folder of their own; returns the folder."""
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%S.%f")
    folder = database.parent / "set-aside" / stamp
    folder.mkdir(parents=True)
    for name in (database.name, *(database.name + side for side in SIDES)):
        if (database.parent / name).exists():
            (database.parent / name).rename(folder / name)
    return folder


def default_shelf() -> Path | None:
    """The folder of templates in the virtual environment; None where it cannot be written to."""
    shelf = Path(sys.prefix) / "share" / "nightbench"
    try:
        shelf.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return shelf if os.access(shelf, os.W_OK) else None


def _place(database: Path, shelf: Path) -> None:
    new = database.with_name(database.name + ".new")
    _remove(new)
    try:
        shutil.copyfile(template(shelf), new)
        fsync_file(new)
    except BaseException:
        _remove(new)  # of a full disk it would hold the last bytes
        raise
    # a log without its database would be replayed into the new one
    for side in SIDES:
        database.with_name(database.name + side).unlink(missing_ok=True)
    new.replace(database)
    fsync_folder(database.parent)


def template(shelf: Path) -> Path:
    """The shelf's database of this version; where it is missing, another process makes it.

    Raises: EngineError: Prefect's migrations failed.
    """
    path = template_path(shelf)
    if find_flaw(path) is not None:
        made = subprocess.run(
            [sys.executable, "-m", "flows.server.prefect_database", str(shelf)],
            cwd=Path(__file__).parents[2],
            capture_output=True,
            check=False,
        )
        if made.returncode != 0:
            raise EngineError(
                f"Prefect's database cannot be made:\n{made.stderr.decode(errors='replace')[-800:]}"
            )
    return path


def template_path(shelf: Path) -> Path:
    """Where a shelf has the database of the installed Prefect."""
    return shelf / f"prefect-{prefect_version()}.db"


def make_template(shelf: Path) -> None:
    """Make the shelf's database; one process does, others wait for it, and a kill leaves nothing half."""
    path = template_path(shelf)
    lock = Lock(path.with_suffix(".lock"))
    try:
        lock.wait_alone()
        if find_flaw(path) is None:
            return
        aside = path.with_suffix(".new")
        _remove(aside)
        _migrate(aside)
        _close_up(aside)
        fsync_file(aside)
        aside.replace(path)
        fsync_folder(shelf)
    finally:
        lock.close()


def _migrate(path: Path) -> None:
    """Run Prefect's migrations on a new file. Prefect keeps what it opened, so: once a process."""
    import asyncio

    os.environ["PREFECT_SERVER_DATABASE_CONNECTION_URL"] = f"sqlite+aiosqlite:///{path}"
    from prefect.server.database import provide_database_interface

    async def create() -> None:
        interface = provide_database_interface()
        await interface.create_db()
        await (await interface.engine()).dispose()

    asyncio.run(create())


def _close_up(path: Path) -> None:
    """Leave the file whole, without a log beside it, and marked."""
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute("pragma wal_checkpoint(truncate)")
        connection.execute("pragma journal_mode = delete")  # the server turns its log on again
        connection.execute(f"pragma user_version = {version_mark()}")
    finally:
        connection.close()


def _remove(database: Path) -> None:
    for side in ("", *SIDES):
        database.with_name(database.name + side).unlink(missing_ok=True)


if __name__ == "__main__" and sys.argv[1:2] == [UPGRADE]:
    _migrate(Path(sys.argv[2]))
    _close_up(Path(sys.argv[2]))
elif __name__ == "__main__":
    make_template(Path(sys.argv[1]) if len(sys.argv) > 1 else default_shelf() or Path.cwd())
