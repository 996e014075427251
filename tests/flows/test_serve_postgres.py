"""`serve` on a PostgreSQL database that the environment names: no file database, and its address nowhere."""

import signal
from pathlib import Path

import pytest

from flows.server.prefect_home import CONNECTION
from tests.flows.serving import SPEC, Served, left_behind
from tests.postgres import postgres_server

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc"),
]


def test_a_run_completes_and_no_file_has_the_address(home: Path) -> None:
    with postgres_server() as port:
        environ = {CONNECTION: f"postgresql+asyncpg://boss:canary-of-postgres@127.0.0.1:{port}/postgres"}
        served = Served(home, environ=environ)
        try:
            code, run = served.begin("evaluate", {"parameters": {"spec": SPEC}})
            assert code == 201, run
            served.wait_for(run["id"], "Completed")
        finally:
            served.end(signal.SIGTERM)
        assert left_behind(home) == []
        assert not (home / "prefect" / "prefect.db").exists()
        files = [path for path in home.rglob("*") if path.is_file()]
        assert [path for path in files if b"canary-of-postgres" in path.read_bytes()] == []
