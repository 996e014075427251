"""Leases from Prefect's global concurrency limits, on a real server: the whole of the time, and no more."""

import json
import subprocess
import sys
from typing import Any

import pytest

from flows.running.server_leases import BURST_MS, LATE_S, MOST_MS
from tests.conftest import CHECKOUT, clean_environment

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def leased(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    home = tmp_path_factory.mktemp("home")
    done = subprocess.run(
        [sys.executable, "-m", "tests.flows.running.leasing", str(home)],
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
    (first, _), *others = sorted(leased["several"])
    last, _ = others[-1]
    share = sum(length for _, length in others) / (last - first)
    print(f"{100 * share:.0f} % of the time leased, {leased['refused']['several']} refused")
    assert share >= 0.85


def test_a_slice_that_is_larger_than_the_burst_comes_in_its_time(leased: dict[str, Any]) -> None:
    at_least = 2.0 - BURST_MS / 1000
    assert leased["odd"]["large"]["took_s"] >= at_least - 0.05
    assert leased["odd"]["large"]["slept_s"] <= at_least + LATE_S * 2_000 / MOST_MS + 0.1


def test_who_is_alone_is_never_refused(leased: dict[str, Any]) -> None:
    assert leased["refused"]["odd"] == 0


def test_a_pause_keeps_everybody_waiting(leased: dict[str, Any]) -> None:
    assert leased["odd"]["paused"]["took_s"] >= 0.9
    assert leased["odd"]["look"]["slept_s"] == 0


def test_what_is_given_back_is_there_at_once(leased: dict[str, Any]) -> None:
    assert leased["odd"]["three"]["slept_s"] == 0
    assert leased["odd"]["given"]["slept_s"] == 0
    assert leased["odd"]["more"]["slept_s"] > 0


def test_a_locked_database_is_asked_again_soon(leased: dict[str, Any]) -> None:
    answers, took_s = leased["locked"]
    assert answers == [503, 503, 200]
    assert took_s < 2.0  # as long as Prefect's client would wait after the first
