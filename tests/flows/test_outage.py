"""A provider that is down for some seconds delays a run; one that stays down ends its part of it, no more."""

import json
import socket
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, query, start_nightbench, told

N = 300
DOWN_S = 6.0
SETTINGS = make_settings({"latency_ms": 60, "batch": {"seconds": 0.5}})


def two_servers(tmp_path: Path, sums: Sums, first: str, second: str) -> Path:
    """A spec whose two models are at two addresses."""
    spec = sums(N, first)
    text = spec.read_text(encoding="utf-8")
    head, _, tail = text.rpartition(first)
    spec.write_text(head + second + tail, encoding="utf-8")
    return spec


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def progress(home: Path) -> dict[str, Any]:
    """The progress file, empty before it is there."""
    path = home / "progress" / "outage.json"
    seen: dict[str, Any] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return seen


@pytest.mark.slow
def test_a_server_that_is_down_for_seconds_is_waited_for_while_the_other_goes_on(
    home: Path, tmp_path: Path, sums: Sums
) -> None:
    with start_server(told(N), SETTINGS) as steady:
        shaky = start_server(told(N), SETTINGS)
        try:
            spec = two_servers(tmp_path, sums, shaky.base_url, steady.base_url)
            words = ["run", str(spec), "--run-id", "outage", "--json"]
            env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
            child = start_nightbench(home, *words, said=home / "said.txt", **env)
            while progress(home).get("done_calls", 0) < 40:
                assert child.poll() is None, (home / "said.txt").read_text(encoding="utf-8")
                time.sleep(0.05)
            before = {row["sample"] for row in shaky.ledger()["rows"] if row["outcome"] == "answered"}
            shaky.kill()
            parked: list[str] = []
            until = time.monotonic() + DOWN_S
            while time.monotonic() < until:
                lines = progress(home)["variants"]
                parked += [line["variant"] for line in lines if line["parked_s"] is not None]
                time.sleep(0.2)
            shaky = start_server(told(N), SETTINGS, port=shaky.port)
            assert child.wait(90) == 0, (home / "said.txt").read_text(encoding="utf-8")
            after = [row for row in shaky.ledger()["rows"] if row["outcome"] == "answered"]
        finally:
            shaky.stop()
    assert set(parked) == {f"simulated/{MODELS[0]}"}
    again = {sample for sample, n in Counter(row["sample"] for row in after).items() if n > 1}
    assert not again
    assert len(before & {row["sample"] for row in after}) <= 16, "more than was in flight was asked again"
    [run] = query(home, "select status, answered_calls, failed_calls from runs")
    assert run == {"status": "complete", "answered_calls": 2 * N, "failed_calls": 0}
    kinds = query(home, "select distinct error_kind from attempts where outcome = 'failed'")
    assert kinds == [{"error_kind": "connection"}]


@pytest.mark.slow
@pytest.mark.parametrize(
    "mode",
    [
        pytest.param([], id="realtime"),
        pytest.param(["--mode", "batch"], id="batch"),
        pytest.param(["--mode", "batch", "--budget-usd", "50", "--spend-evenly"], id="batch, evenly"),
    ],
)
def test_a_provider_that_stays_down_ends_the_run_as_partial_and_a_resume_finishes_it(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench, mode: list[str]
) -> None:
    port = free_port()
    with start_server(told(N), SETTINGS) as steady:
        spec = two_servers(tmp_path, sums, f"http://127.0.0.1:{port}", steady.base_url)
        env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites"), "NIGHTBENCH_GIVE_UP_S": "4"}
        env["NIGHTBENCH_BATCH_PACE"] = "0.1,0.5,2,4"
        done = nightbench("run", str(spec), "--run-id", "outage", "--json", *mode, env=env)
        assert done.code == 3, done.err
        assert f"127.0.0.1:{port}" in done.err
        assert "nightbench resume outage" in done.err
        assert "Traceback" not in done.err
        [run] = query(home, "select status, answered_calls, failed_calls from runs")
        assert run == {"status": "partial", "answered_calls": N, "failed_calls": 0}
        [listed] = nightbench("runs", "--json").json
        assert (listed["status"], listed["resumable"]) == ("partial", True)
        n_asked = len(steady.ledger()["rows"])
        with start_server(told(N), SETTINGS, port=port):
            done = nightbench("resume", "outage", "--json", env=env)
        assert done.code == 0, done.err
        assert len(steady.ledger()["rows"]) == n_asked == N
    [run] = query(home, "select status, answered_calls, failed_calls from runs")
    assert run == {"status": "complete", "answered_calls": 2 * N, "failed_calls": 0}


def test_how_long_a_provider_is_waited_for_is_a_number(nightbench: Nightbench) -> None:
    done = nightbench("runs", env={"NIGHTBENCH_GIVE_UP_S": "soon"})
    assert done.code == 2
    assert "NIGHTBENCH_GIVE_UP_S=soon" in done.err
