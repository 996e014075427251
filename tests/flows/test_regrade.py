"""Stored answers are graded anew without a call: new grades beside the old, all or none."""

import json
import re
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import Nightbench, Said
from tests.flows.conftest import query, start_nightbench

SAMPLES = """select * from (values
    ('1', 'France?', 'Paris', ['Paris', 'Rome']), ('2', 'Spain?', 'Madrid', ['Madrid', 'Rome']),
    ('3', 'Italy?', 'Rome', ['Paris', 'Rome']))
as t(sample_id, input, target, choices)
"""
OUTPUTS = "sample_id,output\n1,Paris\n2,It is Madrid.\n3,\n"

Regrade = Callable[..., Said]
Define = Callable[..., None]


@pytest.fixture
def define(tmp_path: Path) -> Define:
    """Write the suite `capitals` with these graders, the first is its score."""
    folder = tmp_path / "suites" / "capitals"
    folder.mkdir(parents=True)

    def write(*graders: str, samples: str = SAMPLES, head: str = "") -> None:
        rubric = {"judge": 'rubric = "reference"\n'}
        entries = "".join(f'[[graders]]\ntype = "{one}"\n{rubric.get(one, "")}' for one in graders)
        (folder / "suite.toml").write_text(f'name = "capitals"\n{head}{entries}', encoding="utf-8")
        (folder / "samples.sql").write_text(samples, encoding="utf-8")

    return write


@pytest.fixture
def imported(tmp_path: Path, define: Define, nightbench: Nightbench) -> Path:
    """The run r1: three outputs, graded by `exact`; returns the folder of the suite."""
    define("exact")
    file = tmp_path / "out.csv"
    file.write_text(OUTPUTS, encoding="utf-8")
    suites = tmp_path / "suites"
    words = ("import", file, "--suite", "capitals", "--suites-dir", suites, "--run-id", "r1")
    done = nightbench(*words, "--model", "recorded/gpt-4o-2024-05-13")
    assert done.code == 0, done.err
    return suites


@pytest.fixture
def regrade(imported: Path, nightbench: Nightbench) -> Regrade:
    """`nightbench regrade r1` with further words."""
    return lambda *words: nightbench("regrade", "r1", "--suites-dir", imported, *words)


def labels(folder: Path, *rows: tuple[str, ...], name: str = "labels.csv") -> Path:
    lines = ["run_id,call_key,passed,author,reason", *(",".join(row) for row in rows)]
    (folder / name).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder / name


def key_of(home: Path, sample_id: str) -> str:
    return str(query(home, f"select call_key from calls where sample_id = '{sample_id}'")[0]["call_key"])


def committed(home: Path) -> list[str]:
    return sorted(path.name for path in (home / "warehouse" / "commits").glob("*.json"))


def test_another_grader_of_the_suite_gives_the_score_and_the_old_grades_stay(
    regrade: Regrade, define: Define, home: Path, nightbench: Nightbench
) -> None:
    define("includes")
    done = regrade("--run-id", "g1", "--json")
    assert done.code == 0, done.err
    assert done.json["graded_run"] == "r1"
    assert [(row["n"], row["accuracy"]) for row in done.json["leaderboard"]] == [(3, pytest.approx(2 / 3))]
    changes = {
        name: done.json["changes"][0][name] for name in ("n_graded", "n_changed", "n_gained", "n_lost")
    }
    assert changes == {"n_graded": 3, "n_changed": 1, "n_gained": 1, "n_lost": 0}
    rows = query(
        home, "select grading_id, grader, is_score, count(*) as n from grades group by all order by 1"
    )
    assert rows == [
        {"grading_id": "g1", "grader": "includes", "is_score": True, "n": 3},
        {"grading_id": "r1", "grader": "exact", "is_score": True, "n": 3},
    ]
    assert query(home, "select distinct run_id from grades") == [{"run_id": "r1"}]
    changed = query(home, "select sample_id, why, old_grader, old_passed, new_passed from grading_changes")
    assert changed == [
        {
            "sample_id": "2",
            "why": "another grader is the score",
            "old_grader": "exact",
            "old_passed": False,
            "new_passed": True,
        }
    ]
    runs = nightbench("runs", "--json").json
    assert [(row["run_id"], row["kind"], row["status"]) for row in runs] == [
        ("g1", "regrade", "complete"),
        ("r1", "import", "complete"),
    ]
    assert [row["run_id"] for row in query(home, "select run_id from leaderboard_all")] == ["r1"]
    assert nightbench("report", "--json").json["run_id"] == "r1"
    assert nightbench("report", "g1", "--json").json["changes"] == done.json["changes"]
    own = query(home, "select kind, planned_calls, spec from runs where run_id = 'g1'")[0]
    assert (own["kind"], own["planned_calls"]) == ("regrade", 0)
    assert json.loads(own["spec"])["regrade"] == {"run_id": "r1", "graders": ["includes"]}


def test_what_the_model_spoiled_is_spoiled_again(regrade: Regrade, define: Define, home: Path) -> None:
    define("includes")
    assert regrade("--run-id", "g1").code == 0
    rows = query(home, "select reason from grades where grading_id = 'g1' and sample_id = '3'")
    assert rows == [{"reason": "empty"}]


def test_a_grader_that_asks_a_judge_needs_one_and_another_gives_the_score(
    tmp_path: Path, define: Define, nightbench: Nightbench
) -> None:
    define("judge", "exact")
    file, suites = tmp_path / "out.csv", tmp_path / "suites"
    file.write_text(OUTPUTS, encoding="utf-8")
    words = ("import", file, "--suite", "capitals", "--suites-dir", suites, "--run-id", "r1", "--json")
    assert nightbench(*words, "--model", "recorded/x").json["leaderboard"][0]["n_ungraded"] == 3
    again = ("regrade", "r1", "--suites-dir", suites)
    named = nightbench(*again, "--grader", "judge")
    assert named.code == 2
    assert 'the grader "judge" asks a judge, and none is named' in named.err
    left_out = nightbench(*again, "--json")
    assert left_out.code == 0, left_out.err
    assert 'the grader "judge" asks a judge, and none is named (--judge); left out' in left_out.err
    assert left_out.json["leaderboard"][0]["n_ungraded"] == 3
    define("exact")
    row = nightbench(*again, "--json").json["leaderboard"][0]
    assert (row["n"], row["n_ungraded"], row["accuracy"]) == (3, 0, pytest.approx(1 / 3))


def test_only_the_named_grader_grades_and_the_score_stays_with_the_first(
    regrade: Regrade, define: Define, home: Path
) -> None:
    define("exact", "includes")
    done = regrade("--grader", "includes", "--run-id", "g1", "--json")
    assert done.code == 0, done.err
    assert done.json["leaderboard"][0]["accuracy"] == pytest.approx(1 / 3)
    rows = query(home, "select distinct grader, is_score from latest_grades order by 1")
    assert rows == [{"grader": "exact", "is_score": True}, {"grader": "includes", "is_score": False}]


def test_no_answer_is_left_without_a_score(regrade: Regrade, define: Define, home: Path) -> None:
    define("includes", "exact")
    done = regrade("--grader", "exact")
    assert done.code == 2
    assert "--grader exact --grader includes" in done.err
    assert committed(home) == ["r1.000001.json"]


def test_a_suite_that_is_not_there_any_more_is_named_with_its_remedy(
    imported: Path, nightbench: Nightbench
) -> None:
    gone = nightbench("regrade", "r1")
    assert gone.code == 2
    assert 'There is no suite "capitals"' in gone.err
    assert "--suites-dir" in gone.err


def test_a_column_that_is_not_stored_comes_from_the_folder_which_must_agree(
    regrade: Regrade, define: Define, home: Path
) -> None:
    define("choice")
    done = regrade("--json")
    assert done.code == 0, done.err
    assert "needs columns that the warehouse does not keep" in done.err
    versions = re.findall(r"[0-9]+\+[0-9a-f]{8}", done.err)
    assert len(set(versions)) == 2
    rows = query(home, "select sample_id, passed from grades where grader = 'choice' order by 1")
    assert [row["passed"] for row in rows] == [True, False, False]
    before = committed(home)
    define("choice", samples=SAMPLES.replace("'Spain?', 'Madrid'", "'Spain?', 'Rome'"))
    refused = regrade()
    assert refused.code == 2
    assert 'the sample "2" "target" is another' in refused.err
    define("choice", samples=f"{SAMPLES} where sample_id <> '3'")
    assert 'of the sample "3" nothing is left' in regrade().err
    assert committed(home) == before


def test_a_stored_sample_is_judged_as_it_was_asked(regrade: Regrade, define: Define) -> None:
    define("includes", samples=SAMPLES.replace("'Spain?', 'Madrid'", "'Spain?', 'Rome'"))
    assert regrade("--json").json["leaderboard"][0]["accuracy"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(("--grader", "exakt"), "Did you mean exact?", id="a grader that is spelled wrong"),
        pytest.param(("--grader", "zzz"), "It has exact.", id="a grader that is like no other"),
        pytest.param(("--run-id", "r1"), "is taken", id="the id of a run that there is"),
        pytest.param(("--labels", "x.csv", "--grader", "exact"), "give one of them", id="both ways at once"),
    ],
)
def test_what_cannot_be_is_refused_and_nothing_lands(
    words: tuple[str, ...], said: str, regrade: Regrade, home: Path
) -> None:
    done = regrade(*words)
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert committed(home) == ["r1.000001.json"]
    assert sorted(path.name for path in (home / "runs").glob("*.json")) == ["r1.json"]


def test_runs_that_have_no_answers_are_refused(regrade: Regrade, nightbench: Nightbench) -> None:
    assert 'run "r9" is not in the warehouse' in nightbench("regrade", "r9").err
    assert regrade("--run-id", "g1").code == 0
    assert "nightbench regrade r1" in nightbench("regrade", "g1").err


def test_a_sealed_suite_is_refused_because_its_text_is_not_kept(
    tmp_path: Path, define: Define, nightbench: Nightbench
) -> None:
    define("exact", head="sealed = true\n")
    file, suites = tmp_path / "out.csv", tmp_path / "suites"
    file.write_text(OUTPUTS, encoding="utf-8")
    words = ("import", file, "--suite", "capitals", "--suites-dir", suites, "--run-id", "r1")
    assert nightbench(*words, "--model", "recorded/x").code == 0
    assert 'suite "capitals" is sealed' in nightbench("regrade", "r1", "--suites-dir", suites).err
    define("exact")  # the definition no longer says so; what the warehouse has are hashes
    assert 'suite "capitals" is sealed' in nightbench("regrade", "r1", "--suites-dir", suites).err


def test_a_person_overrules_and_later_gradings_do_not(
    regrade: Regrade, define: Define, tmp_path: Path, home: Path
) -> None:
    right, wrong = key_of(home, "3"), key_of(home, "1")
    file = labels(
        tmp_path, ("r1", right, "true", "Ann", '"as asked, no answer"'), ("r1", wrong, "no", "Ann", "")
    )
    done = regrade("--labels", file, "--run-id", "h1", "--json")
    assert done.code == 0, done.err
    assert done.json["leaderboard"][0]["accuracy"] == pytest.approx(1 / 3)
    sql = "select sample_id, grader, is_score, passed, score, reason, explanation from latest_grades"
    assert query(home, f"{sql} where grading_id = 'h1' order by 1") == [
        {
            "sample_id": "1",
            "grader": "human",
            "is_score": True,
            "passed": False,
            "score": 0.0,
            "reason": "wrong",
            "explanation": "Ann",
        },
        {
            "sample_id": "3",
            "grader": "human",
            "is_score": True,
            "passed": True,
            "score": 1.0,
            "reason": None,
            "explanation": "Ann: as asked, no answer",
        },
    ]
    overruled = "select sample_id from latest_grades where grader = 'exact' and not is_score order by 1"
    assert query(home, overruled) == [{"sample_id": "1"}, {"sample_id": "3"}]
    define("includes")
    assert regrade("--json").json["leaderboard"][0]["accuracy"] == pytest.approx(2 / 3)
    assert query(home, "select accuracy from leaderboard") == [{"accuracy": pytest.approx(2 / 3)}]


def test_what_failed_and_fails_keeps_its_reason(regrade: Regrade, tmp_path: Path, home: Path) -> None:
    lines = {"run_id": "r1", "call_key": key_of(home, "3"), "passed": False, "author": "Ann", "reason": None}
    file = tmp_path / "labels.jsonl"
    file.write_text(json.dumps(lines) + "\n", encoding="utf-8")
    assert regrade("--labels", file).code == 0
    assert query(home, "select reason from grades where grader = 'human'") == [{"reason": "empty"}]


def test_one_label_that_is_of_no_answer_keeps_all_of_them_out(
    regrade: Regrade, tmp_path: Path, home: Path
) -> None:
    stranger = "00000000-0000-0000-0000-000000000000"
    file = labels(tmp_path, ("r1", key_of(home, "1"), "true", "Ann", ""), ("r1", stranger, "true", "Ann", ""))
    done = regrade("--labels", file)
    assert done.code == 2
    assert f"{file}, row 2" in done.err
    assert stranger in done.err
    assert committed(home) == ["r1.000001.json"]
    assert not list((home / "warehouse" / "grades").glob("*/run_id=*/.*"))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "a kill"])
def test_a_regrade_that_ends_early_shows_nothing(
    how: signal.Signals, regrade: Regrade, define: Define, imported: Path, home: Path, tmp_path: Path
) -> None:
    define("includes")
    said, waits = tmp_path / "said", tmp_path / "waits"
    words = ("regrade", "r1", "--suites-dir", imported, "--run-id", "g1")
    process = start_nightbench(home, *words, said=said, module="tests.flows.slow_grader", WAITS=str(waits))
    try:
        while not waits.exists():
            assert process.poll() is None, said.read_text()
            try:
                process.wait(0.02)
            except subprocess.TimeoutExpired:
                continue
        process.send_signal(how)
        waits.unlink()
        code = process.wait(60)
    finally:
        process.kill()
        process.wait()
    assert code == (3 if how is signal.SIGINT else -signal.SIGKILL)
    assert "Traceback" not in said.read_text()
    assert committed(home) == ["r1.000001.json"]
    assert query(home, "select distinct grading_id from grades") == [{"grading_id": "r1"}]
    assert (home / "runs" / "g1.json").exists() == (how is signal.SIGKILL)
    done = regrade("--run-id", "g1", "--json")
    assert done.code == 0, done.err
    assert done.json["leaderboard"][0]["accuracy"] == pytest.approx(2 / 3)
    assert not list((home / "warehouse" / "grades").glob("*/run_id=*/.*"))
