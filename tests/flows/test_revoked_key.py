"""A key that is revoked in mid-run: the run stops, keeps what it has, and goes on with another key."""

import time
from collections import Counter
from pathlib import Path

import pytest

from tasks.call.secret import SIMULATED_KEY
from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import Sums, query, start_nightbench, told
from tests.flows.test_outage import progress

N = 300
SLOW = {"latency_ms": 60}


@pytest.mark.slow
def test_a_key_that_is_revoked_in_mid_run_stops_it_and_loses_nothing(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    server = start_server(told(N), make_settings(SLOW))
    try:
        spec = sums(N, server.base_url)
        words = ("run", str(spec), "--run-id", "outage", "--json")
        child = start_nightbench(home, *words, said=home / "said.txt", **env)
        while progress(home).get("done_calls", 0) < 60:
            assert child.poll() is None, (home / "said.txt").read_text(encoding="utf-8")
            time.sleep(0.05)
        server.kill()
        server = start_server(
            told(N), make_settings(SLOW | {"refused_keys": [SIMULATED_KEY]}), port=server.port
        )
        code = child.wait(60)
        said = (home / "said.txt").read_text(encoding="utf-8")
        assert code in {1, 3}, said
        assert "401" in said
        assert "nightbench resume outage" in said
        assert "Traceback" not in said
        refused = server.ledger()["rows"]
        assert 0 < len(refused) <= 2 * 64, "it went on asking with a key that is none"
        server.stop()
        server = start_server(told(N), make_settings(SLOW), port=server.port)
        done = nightbench("resume", "outage", "--json", env=env)
        assert done.code == 0, done.err
    finally:
        server.stop()
    [run] = query(home, "select status, answered_calls, failed_calls from runs")
    assert run == {"status": "complete", "answered_calls": 2 * N, "failed_calls": 0}
    answered = query(
        home, "select call_key, count(*) as n from attempts where outcome = 'answered' group by call_key"
    )
    assert Counter(row["n"] for row in answered) == {1: 2 * N}
