"""Leases from Prefect's global concurrency limits, on a real server: the whole of the time, and no more."""

import json
import subprocess
import sys
from typing import Any

import pytest

from flows.server_leases import BURST_MS
from tests.conftest import CHECKOUT, clean_environment


@pytest.fixture(scope="module")
def leased(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.leasing", str(home)],
        cwd=CHECKOUT,
        env=clean_environment(home),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_several_get_no_more_than_there_is(leased: dict[str, Any]) -> None:
    total = 0.0
    for at, length in sorted(leased["several"]):
        total += length
        assert total <= at + BURST_MS / 1000 + 0.05


def test_and_nearly_all_of_it(leased: dict[str, Any]) -> None:
    last = max(at for at, _ in leased["several"])
    total = sum(length for _, length in leased["several"])
    assert total >= 0.8 * last


def test_a_slice_that_is_larger_than_the_burst_comes_in_its_time(leased: dict[str, Any]) -> None:
    assert 2.0 - BURST_MS / 1000 - 0.05 <= leased["odd"]["large"] < 4.0


def test_a_pause_keeps_everybody_waiting(leased: dict[str, Any]) -> None:
    assert leased["odd"]["paused"] >= 0.9
    assert leased["odd"]["look"] < 1.0


def test_what_is_given_back_is_there_at_once(leased: dict[str, Any]) -> None:
    assert leased["odd"]["given"] < 0.35
