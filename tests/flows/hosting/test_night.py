"""Nightly runs when its time zone says so, never twice at once, and a missed night once or not at all."""

import asyncio
import signal
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from flows.hosting.night import Schedule, in_words
from flows.server.prefect_home import PrefectHome
from tests.flows.serving import SPEC, Served

NIGHT: dict[str, object] = {"cron": "0 2 * * *", "timezone": "Europe/Berlin"}


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # a test's shorthand


@pytest.mark.parametrize(
    ("cron", "zone", "now", "last", "following"),
    [
        pytest.param(
            "0 2 * * *", "UTC", utc(2026, 1, 5, 9), utc(2026, 1, 5, 2), utc(2026, 1, 6, 2), id="utc"
        ),
        pytest.param(
            "0 2 * * *",
            "Europe/Berlin",
            utc(2026, 7, 5, 9),
            utc(2026, 7, 5, 0),
            utc(2026, 7, 6, 0),
            id="summer",
        ),
        pytest.param(
            "30 2 * * *",
            "Europe/Berlin",
            utc(2026, 3, 28, 12),
            utc(2026, 3, 28, 1, 30),
            utc(2026, 3, 29, 1, 30),
            id="an hour that is not there is the one after",
        ),
        pytest.param(
            "* * * * *",
            "UTC",
            utc(2026, 1, 5, 9, 0, 30),
            utc(2026, 1, 5, 9),
            utc(2026, 1, 5, 9, 1),
            id="minutes",
        ),
        pytest.param(
            "0 2 1 * *", "UTC", utc(2026, 1, 31, 9), utc(2026, 1, 1, 2), utc(2026, 2, 1, 2), id="monthly"
        ),
    ],
)
def test_dates_before_and_after(
    cron: str, zone: str, now: datetime, last: datetime, following: datetime
) -> None:
    schedule = Schedule(cron, zone)
    assert asyncio.run(schedule.last_before(now)) == last
    assert asyncio.run(schedule.next_after(now)) == following


def test_the_hour_that_is_there_twice_has_one_night() -> None:
    schedule = Schedule("30 2 * * *", "Europe/Berlin")
    first = asyncio.run(schedule.next_after(utc(2026, 10, 24, 12)))
    assert first.date() == utc(2026, 10, 25).date()
    assert asyncio.run(schedule.next_after(first)).date() == utc(2026, 10, 26).date()


def test_a_date_is_said_there_and_in_utc() -> None:
    assert in_words(utc(2026, 7, 5, 0), "Europe/Berlin") == "2026-07-05 02:00 Europe/Berlin (00:00 UTC)"
    assert in_words(utc(2026, 7, 5, 2), "UTC") == "2026-07-05 02:00 UTC"


Starts = Callable[..., Served]


@pytest.fixture
def start(home: Path) -> Iterator[Starts]:
    started: list[Served] = []

    def one(**options: object) -> Served:
        started.append(Served(home, SPEC | {"limit": 200}, **{**NIGHT, **options}))
        return started[-1]

    yield one
    for served in started:
        if served.process.poll() is None:
            served.end(signal.SIGKILL)


def nights(served: Served) -> list[dict[str, Any]]:
    """The runs of nightly that are more than planned."""
    which = {"deployments": {"name": {"any_": ["nightly"]}}}
    found: list[dict[str, Any]] = served.ask("POST", "/flow_runs/filter", which)[1]
    return [run for run in found if not run["auto_scheduled"]]


@pytest.mark.slow
def test_a_night_does_not_overlap_with_itself_and_its_place_comes_back_after_a_kill(start: Starts) -> None:
    served = start()
    _, first = served.begin("nightly", {})
    served.said(first["id"], "began by ")
    _, second = served.begin("nightly", {})
    refused = served.wait_for(second["id"], "Cancelled", within_s=30)
    assert "concurrency limit" in refused["state"]["message"]
    _, other = served.begin("evaluate", {"parameters": {"spec": SPEC}})
    served.wait_for(other["id"], "Completed")
    assert served.ask("GET", f"/flow_runs/{first['id']}")[1]["state_name"] == "Running"
    served.end(signal.SIGKILL)
    again = start()
    again.wait_for(first["id"], "Crashed")
    _, third = again.begin("nightly", {})
    again.said(third["id"], "began by ")


@pytest.mark.slow
def test_a_missed_night_is_skipped_or_caught_up_once(start: Starts, home: Path) -> None:
    served = start(catch_up=True)
    assert "Europe/Berlin" in served.lines[-2]
    assert nights(served) == [], "a deployment that was not there missed nothing"
    served.end(signal.SIGINT)
    with closing(sqlite3.connect(PrefectHome.of(home).database)) as connection:
        connection.execute("update deployment set created = '2026-01-01 00:00:00.000000'")
        connection.commit()
    skipping = start()
    assert nights(skipping) == []
    skipping.end(signal.SIGINT)
    catching = start(catch_up=True)
    assert any("was missed" in line for line in catching.lines)
    (run,) = nights(catching)
    assert catching.said(run["id"], "began by ").startswith("schedule ")
    catching.end(signal.SIGINT)
    again = start(catch_up=True)
    assert [one["id"] for one in nights(again)] == [run["id"]]
