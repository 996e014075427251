"""`cancel` stops a run from another terminal as Ctrl-C would, and it resumes."""

import time
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.call.simulated.settings import make_settings
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, asked, assert_complete, start_nightbench, told


@pytest.mark.slow
def test_a_run_that_is_cancelled_keeps_its_answers_and_resumes(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    suites = ("--suites-dir", tmp_path / "suites")
    with start_server(told(200), make_settings({"latency_ms": 100})) as server:
        spec = sums(200, server.base_url, in_flight=4)
        child = start_nightbench(home, "run", spec, "--run-id", "long", *suites, said=tmp_path / "said")
        until = time.monotonic() + 60
        while sum(asked(server).values()) < 20:
            assert time.monotonic() < until, (tmp_path / "said").read_text(encoding="utf-8")
            time.sleep(0.05)
        done = nightbench("cancel", "long", "--json")
        assert done.code == 0, done.err
        assert done.json == {"run_id": "long", "status": "cancelled"}
        assert child.wait(timeout=30) == 3
        again = nightbench("cancel", "long")
        assert again.code == 2
        assert "is not at work: it is cancelled" in again.err
        assert_complete(nightbench("resume", "long", "--json"), 200 * len(MODELS))
        assert max(asked(server).values()) == 1


def test_a_run_that_there_is_not(nightbench: Nightbench) -> None:
    said = nightbench("cancel", "nobody")
    assert said.code == 2
    assert 'there is no run "nobody"' in said.err
