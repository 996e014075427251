"""`report --night` shows the lines of a night, as a person, a program and a page read them."""

import json
import os
import signal
import time
from pathlib import Path

import pytest

from tasks.call.simulated.process import start_server
from tasks.home import Home
from tasks.night.summary import night_markdown, summarize_night
from tests.conftest import Nightbench
from tests.flows.conftest import MODELS, Sums, start_nightbench, told
from tests.flows.test_outage import SETTINGS, N, free_port, two_servers
from tests.tasks.night.week import Week


def test_the_same_lines_for_a_person_a_program_and_a_page(home: Path, nightbench: Nightbench) -> None:
    at_home = Home(home)
    week = Week(at_home)
    week.land(1)
    week.land(3, claude_stops_after=500)
    summary = summarize_night(at_home, "night-3")
    assert nightbench("report", "--night").out.splitlines() == summary.lines
    document = nightbench("report", "night-3", "--night", "--baseline", "night-1", "--json").json
    assert document["lines"] == summary.lines
    assert (document["run_id"], document["status"]) == ("night-3", "partial")
    assert (document["alarms"], len(document["look_at"])) == ([], 3)
    assert document["budget_usd"] == "10.00"
    page = nightbench("report", "night-3", "--night", "--markdown")
    assert page.out == night_markdown(summary)
    assert "<b>" not in page.out


def test_what_cannot_be_shown_is_refused(home: Path, nightbench: Nightbench) -> None:
    none = nightbench("report", "--night")
    assert none.code == 2
    assert "there is no run in" in none.err
    Week(Home(home)).land(1)
    unknown = nightbench("report", "--night", "--baseline", "monday")
    assert unknown.code == 2
    assert 'there is no run "monday" with answers' in unknown.err
    without = nightbench("report", "--baseline", "last")
    assert without.code == 2
    assert "are for --night" in without.err


def test_a_run_that_never_ended_is_summarized(home: Path, nightbench: Nightbench) -> None:
    week = Week(Home(home))
    week.die(1)
    done = nightbench("report", "--night")
    assert done.code == 0, done.err
    assert "nightbench resume night-1" in done.out


@pytest.mark.slow
def test_a_real_outage_and_a_real_kill_are_told_with_the_way_on(
    home: Path, tmp_path: Path, sums: Sums, nightbench: Nightbench
) -> None:
    down = f"http://127.0.0.1:{free_port()}"
    with start_server(told(N), SETTINGS) as steady:
        env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites"), "NIGHTBENCH_GIVE_UP_S": "4"}
        spec = two_servers(tmp_path, sums, down, steady.base_url)
        assert nightbench("run", spec, "--run-id", "outage", "--json", env=env).code == 3
        lines = nightbench("report", "outage", "--night").out.splitlines()
        assert lines[0].endswith("partial: 2 things to look at")
        assert f"it is partial: {N} of {2 * N} calls were answered, {N} were not; to go on" in lines[1]
        assert lines[1].endswith(": nightbench resume outage")
        assert lines[2].startswith(f"Look at: simulated/{MODELS[0]} gave no answer from the beginning on (")

        spec = sums(N, steady.base_url, in_flight=2)
        child = start_nightbench(
            home, "run", str(spec), "--run-id", "killed", "--json", said=home / "said.txt", **env
        )
        while not (seen := progress_of(home, "killed")) or seen["done_calls"] < 40:
            assert child.poll() is None, (home / "said.txt").read_text(encoding="utf-8")
            time.sleep(0.05)
        at_work = nightbench("report", "killed", "--night").out
        os.killpg(child.pid, signal.SIGKILL)
        child.wait(10)
    assert "Look at: it is still at work" in at_work
    killed = nightbench("report", "--night").out
    assert "killed, " in killed.splitlines()[0]
    assert "it was interrupted, for its process died" in killed
    assert "asking none of them again: nightbench resume killed" in killed


def progress_of(home: Path, run_id: str) -> dict[str, int]:
    path = home / "progress" / f"{run_id}.json"
    found: dict[str, int] = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return found
