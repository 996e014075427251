"""A PostgreSQL server of the test's own, where it is installed."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

BINARIES = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


@contextmanager
def postgres_server() -> Iterator[int]:
    """The port of a server on loopback whose superuser is `boss`; the test is skipped where there is none."""
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
