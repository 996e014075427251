"""A run with [stop] ends once its models are told apart, says what that saved, and is not decided twice."""

import json
import shutil
import signal
import time
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import query, start_nightbench, write_sums

N = 900
BETTER, WORSE = "simulated/claude-3-5-sonnet-20240620", "simulated/some-small-model"
SPEC = """
suites = ["sums"]
[stop]
difference = {difference}
[[models]]
model = "{worse}"
priced_as = "openai/gpt-4o-mini-2024-07-18"
[[models]]
model = "{better}"
"""


@pytest.fixture
def spec(tmp_path: Path) -> Path:
    write_sums(tmp_path, N)
    file = tmp_path / "stop.toml"
    file.write_text(SPEC.format(difference=3.0, worse=WORSE, better=BETTER), encoding="utf-8")
    return file


def decisions(home: Path, run_id: str) -> list[dict[str, Any]]:
    return query(home, f"select * from decisions where run_id = '{run_id}'")


def own(spec: Path) -> tuple[str | Path, ...]:
    return "--suites-dir", spec.parent / "suites", "--yes"


@pytest.mark.slow
def test_a_decided_run_asks_no_more_and_says_what_it_saved(
    spec: Path, home: Path, nightbench: Nightbench
) -> None:
    done = nightbench("run", spec, "--run-id", "early", *own(spec))
    assert done.code == 0, done.err
    (decision,) = decisions(home, "early")
    assert decision["verdict"] == "b is better"
    assert decision["n_compared"] < N * 0.9
    assert 0 < decision["low"] < decision["difference"] < decision["high"]
    assert float(decision["usd_saved"]) > 0
    (run,) = query(home, "select status, planned_calls, answered_calls from runs where run_id = 'early'")
    assert run["status"] == "complete"
    assert run["answered_calls"] < run["planned_calls"] == 2 * N
    assert f"decided after {decision['n_compared']} of {N} samples: {BETTER} is better" in done.out
    assert "[stop] saved about $" in done.out
    assert (
        query(home, "select full_length from run_variants where run_id = 'early'")
        == [{"full_length": False}] * 2
    )
    answered = query(home, "select count(*) as n from calls where run_id = 'early'")
    again = nightbench("resume", "early")
    assert again.code == 0, again.err
    assert query(home, "select count(*) as n from calls where run_id = 'early'") == answered
    assert decisions(home, "early") == [decision]
    report = nightbench("report", "early", "--json").json
    assert report["decisions"][0]["usd_saved"] == decision["usd_saved"]


@pytest.mark.slow
def test_a_killed_run_comes_to_the_same_decision(spec: Path, home: Path, nightbench: Nightbench) -> None:
    assert nightbench("run", spec, "--run-id", "whole", *own(spec)).code == 0
    process = start_nightbench(home, "run", str(spec), "--run-id", "killed", *map(str, own(spec)))
    progress = home / "progress" / "killed.json"
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline and process.poll() is None:
        if progress.exists() and json.loads(progress.read_text(encoding="utf-8")).get("done_calls", 0) > 60:
            break
        time.sleep(0.05)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    assert process.returncode == -signal.SIGKILL, "it ended before it could be killed"
    done = nightbench("resume", "killed")
    assert done.code == 0, done.err
    (one,), (other,) = decisions(home, "whole"), decisions(home, "killed")
    same = ("verdict", "n_compared", "difference", "low", "high")
    assert {name: one[name] for name in same} == {name: other[name] for name in same}


THREE = """
suites = ["sums", "others"]
epochs = 2
[stop]
difference = 6.0
[[models]]
model = "simulated/some-small-model"
priced_as = "openai/gpt-4o-mini-2024-07-18"
[[models]]
model = "simulated/claude-3-5-sonnet-20240620"
[[models]]
model = "simulated/gpt-4o-2024-05-13"
"""


@pytest.mark.slow
def test_suites_of_three_models_end_one_by_one_and_a_budget_on_the_way_changes_no_decision(
    tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    write_sums(tmp_path, 160)
    other = tmp_path / "suites" / "others"
    shutil.copytree(tmp_path / "suites" / "sums", other)
    card = (other / "suite.toml").read_text(encoding="utf-8")
    (other / "suite.toml").write_text(card.replace('"sums"', '"others"'), encoding="utf-8")
    spec = tmp_path / "three.toml"
    spec.write_text(THREE, encoding="utf-8")
    done = nightbench("run", spec, "--run-id", "whole", *own(spec))
    assert done.code == 0, done.err
    decided = {(d["suite"], d["variant_a"], d["variant_b"]): d for d in decisions(home, "whole")}
    assert len(decided) == 2 * 3
    asked = query(
        home,
        "select suite, variant, count(*) as n, count(distinct sample_id) as s from calls "
        "where run_id = 'whole' group by all",
    )
    assert all(row["n"] == 2 * row["s"] for row in asked), "both epochs of every sample"
    for suite in ("sums", "others"):
        needed = max(d["n_compared"] for (name, _, _), d in decided.items() if name == suite)
        assert all(needed <= row["s"] <= 160 for row in asked if row["suite"] == suite)
    short = nightbench("run", spec, "--run-id", "short", "--budget-usd", "0.03", *own(spec))
    assert short.code == 3, short.out + short.err
    went_on = nightbench("resume", "short", "--budget-usd", "10")
    assert went_on.code == 0, went_on.err
    same = ("verdict", "n_compared", "difference", "low", "high")
    for d in decisions(home, "short"):
        before = decided[d["suite"], d["variant_a"], d["variant_b"]]
        assert {name: d[name] for name in same} == {name: before[name] for name in same}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('mode = "batch"\n', "[stop] looks at answers as they come"),
        ("", "[stop] compares models, and there is one"),
    ],
)
def test_what_cannot_be_decided_is_refused(spec: Path, nightbench: Nightbench, text: str, words: str) -> None:
    whole = spec.read_text(encoding="utf-8")
    spec.write_text(text + (whole if text else whole[: whole.rindex("[[models]]")]), encoding="utf-8")
    done = nightbench("run", spec, *own(spec))
    assert done.code == 2
    assert words in done.err
