"""A run through a fault storm completes, answers every sample once, and costs what the server billed."""

import os
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tests.flows import storm
from tests.flows.conftest import Sums, query, start_nightbench, told

N = 120 * max(1, int(os.environ.get("NIGHTBENCH_DRILLS", "1")))


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_a_storm_changes_neither_the_answers_nor_the_bill(home: Path, tmp_path: Path, sums: Sums) -> None:
    with start_server(told(N), storm.weather()) as server:
        sums(N, server.base_url)
        words = ["run", str(storm.write(tmp_path, server.base_url)), "--run-id", "storm", "--json"]
        env = {
            "NIGHTBENCH_SUITES": str(tmp_path / "suites"),
            "NIGHTBENCH_TEST_TIMEOUT_S": f"{storm.TIMEOUT_S}",
        }
        child = start_nightbench(home, *words, said=home / "said.txt", module="tests.flows.impatient", **env)
        assert child.wait(3000) == 0, (home / "said.txt").read_text(encoding="utf-8")
        ledger = server.ledger()
    assert ledger["in_flight"] == 0
    tables = {name: query(home, sql) for name, sql in storm.TABLES.items()}
    print(storm.check(tables, ledger["rows"], N))
    [run] = query(home, "select status from runs")
    assert run["status"] == "complete"
