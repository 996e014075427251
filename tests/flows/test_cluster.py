"""A run on a Dask cluster: three workers, PostgreSQL, one shared limit; workers and flow are killed amid it.

NIGHTBENCH_DRILLS=20 has it make 24,000 calls a run. It prints its figures: `pytest -s`.
"""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.flows.cluster import IN_FLIGHT, MODEL, REFUSED, Cluster, cluster, kill
from tests.flows.conftest import query, told, write_sums

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(3600),
    pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks at processes through /proc"),
]
DRILLS = max(1, int(os.environ.get("NIGHTBENCH_DRILLS", "1")))
N = 1_200 * DRILLS
PER_MINUTE = 6_000 * min(DRILLS, 2)
LIMITS = f"requests_per_minute = {PER_MINUTE}"
SETTLED_S = 5.0  # so long after a kill or a cancel no call starts
TABLES = {
    "calls": "select sample_id, status, input_tokens, output_tokens, served_model from calls "
    "where run_id = '{run}' order by all",
    "grades": "select sample_id, grader, score, passed from grades where run_id = '{run}' order by all",
}


@pytest.fixture(scope="module")
def there(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    folder = tmp_path_factory.mktemp("cluster")
    write_sums(folder, N)
    limits = {MODEL: {"requests_per_minute": PER_MINUTE, "burst_s": 1.0}}
    settings = make_settings({"latency_ms": 150, "limits": limits})
    with start_server(told(N), settings) as server, cluster(folder, server, workers=3) as found:
        yield found


def test_the_limit_is_kept_and_used(there: Cluster) -> None:
    spec = there.spec(there.engine, "whole", limits=LIMITS)
    child = there.start("run", spec, "--run-id", "whole", "--yes")
    there.wait_for(1, child)
    began, before = time.monotonic(), there.ended()
    there.wait_for(N - 100, child)
    took, n = time.monotonic() - began, there.ended() - before
    assert child.wait(300) == 0, there.said
    refused = there.refused()
    share = n / took / (PER_MINUTE / 60)
    print(f"{n} calls in {took:.1f} s: {100 * share:.1f} % of the limit, {refused} refused")
    assert 0.85 < share < 1.1
    assert refused <= N // 100
    [run] = query(there.home, "select status, answered_calls from runs where run_id = 'whole'")
    assert run == {"status": "complete", "answered_calls": N}
    logs = there.served.ask("POST", "/logs/filter", {"logs": {"level": {"ge_": 0}}, "limit": 200})[1]
    assert [log["message"] for log in logs if log["task_run_id"] is not None] == []


def test_a_worker_and_the_flow_are_killed(there: Cluster) -> None:
    there.server.reset()
    spec = there.spec(there.engine, "killed", limits=LIMITS)
    child = there.start("run", spec, "--run-id", "killed", "--yes")
    there.wait_for(N // 4, child)
    first = there.received("killed")
    kill(there.workers.pop(0))
    there.wait_for(N // 2, child)
    second = there.received("killed")
    kill(child)
    print(f"last call {_last_call_s(there):.1f} s after the flow was killed")
    there.end("resume", "killed")
    _assert_whole(there, "killed", first | second, kills=2)


def test_a_cancelled_run_goes_on(there: Cluster) -> None:
    there.add_worker()
    there.server.reset()
    spec = there.spec(there.engine, "cancelled", limits=LIMITS)
    child = there.start("run", spec, "--run-id", "cancelled", "--yes")
    there.wait_for(N // 3, child)
    child.send_signal(signal.SIGINT)
    print(f"last call {_last_call_s(there):.1f} s after the cancel")
    assert child.wait(60) == 3, there.said
    [run] = query(there.home, "select status, answered_calls from runs where run_id = 'cancelled'")
    received = there.received("cancelled")
    assert run == {"status": "cancelled", "answered_calls": len(received)}
    there.end("resume", "cancelled")
    _assert_whole(there, "cancelled", received, kills=0)


def test_the_tables_are_those_of_one_process(there: Cluster) -> None:
    there.server.reset()
    spec = there.spec("", "alone", limits=LIMITS)
    there.end("run", spec, "--run-id", "alone", "--yes")
    alone = _tables(there, "alone")
    for run in ("whole", "killed", "cancelled"):
        assert _tables(there, run) == alone, run


def test_the_scheduler_dies(there: Cluster) -> None:
    there.server.reset()
    child = there.start("run", there.spec(there.engine, "lost", limits=LIMITS), "--run-id", "lost", "--yes")
    there.wait_for(N // 4, child)
    received = there.received("lost")
    kill(there.scheduler)
    assert child.wait(60) == 1
    assert "the Dask cluster has lost a shard" in there.said
    assert "Traceback" not in there.said
    [run] = query(there.home, "select status, answered_calls from runs where run_id = 'lost'")
    assert run["answered_calls"] >= len(received)
    there.end("run", there.spec("", "lost", limits=LIMITS), "--run-id", "lost", "--yes")  # without a cluster
    _assert_whole(there, "lost", received, kills=1)
    assert _tables(there, "lost") == _tables(there, "alone")


def _last_call_s(there: Cluster) -> float:
    """Seconds until the last call began; none begins after SETTLED_S, while 3 s more are watched."""
    began = time.monotonic()
    n, at = int(there.server.ledger(newest=0)["arrived"]), 0.0
    while (now := time.monotonic() - began) < SETTLED_S + 3:
        arrived = int(there.server.ledger(newest=0)["arrived"])
        if arrived != n:
            n, at = arrived, now
        time.sleep(0.05)
    assert at <= SETTLED_S
    return at


def _assert_whole(there: Cluster, run_id: str, received: set[str], kills: int) -> None:
    [run] = query(there.home, f"select status, answered_calls from runs where run_id = '{run_id}'")
    assert run == {"status": "complete", "answered_calls": N}
    times = Counter(row["sample"] for row in there.server.ledger()["rows"] if row["outcome"] != REFUSED)
    again = {sample for sample, n in times.items() if n > 1}
    print(f"{run_id}: {len(received)} received before the kills, {len(again)} in flight asked again")
    assert len(times) == N
    assert not again & received
    assert len(again) <= kills * IN_FLIGHT


def _tables(there: Cluster, run_id: str) -> dict[str, Any]:
    return {name: query(there.home, sql.format(run=run_id)) for name, sql in TABLES.items()}
