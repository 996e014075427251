"""A suite whose grader does not exist yet runs: its answers land without a grade, said clearly, not as 0."""

from pathlib import Path

import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import query

SAMPLES = """select * from (values ('1', 'Half of one?', '1/2'), ('2', 'Half of six?', '3')) as t(
    sample_id, input, target)
"""
JUDGE = '[[graders]]\ntype = "judge"\nextract = "boxed"\nequal = "loosely"\n'
EXACT = '[[graders]]\ntype = "includes"\n'
SIMULATED = "simulated/gpt-4o-2024-05-13"
NOTE = 'does not have the grader "judge" yet'


def a_suite(parent: Path, name: str, graders: str) -> None:
    folder = parent / name
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(f'name = "{name}"\n{graders}', encoding="utf-8")
    (folder / "samples.sql").write_text(SAMPLES, encoding="utf-8")


@pytest.fixture
def suites(tmp_path: Path) -> Path:
    """Three suites: a planned grader alone, before and after one that exists."""
    a_suite(tmp_path / "suites", "alone", JUDGE)
    a_suite(tmp_path / "suites", "first", JUDGE + EXACT)
    a_suite(tmp_path / "suites", "second", EXACT + JUDGE)
    return tmp_path / "suites"


@pytest.mark.slow
def test_a_run_keeps_its_answers_and_has_no_score(home: Path, suites: Path, nightbench: Nightbench) -> None:
    names = [word for name in ("alone", "first", "second") for word in ("--suite", name)]
    words = (*names, "--model", SIMULATED, "--suites-dir", suites)
    planned = nightbench("plan", *words)
    assert (planned.code, planned.err.count(NOTE)) == (0, 3), planned.err
    done = nightbench("run", *words, "--run-id", "r1")
    assert (done.code, done.err.count(NOTE)) == (0, 3), done.err
    assert done.out.count("answers have no score") == 2, "alone and first"
    assert "without a grade" in done.out
    rows = query(home, "select suite, n, n_ungraded, accuracy, mean_score, usd from leaderboard_simulated")
    by_suite = {row["suite"]: row for row in rows}
    for suite in ("alone", "first"):
        row = by_suite[suite]
        assert (row["n"], row["n_ungraded"], row["accuracy"], row["mean_score"]) == (0, 2, None, None)
        assert float(row["usd"]) > 0
    assert (by_suite["second"]["n"], by_suite["second"]["n_ungraded"]) == (2, 0)
    assert by_suite["second"]["accuracy"] is not None
    grades = query(home, "select suite, grader, is_score, count(*) as n from grades group by all order by 1")
    assert [tuple(row.values()) for row in grades] == [
        ("first", "includes", False, 2),
        ("second", "includes", True, 2),
    ]
    kept = query(home, "select count(*) as n from calls where response is not null")
    assert kept == [{"n": 6}]
    again = nightbench("report", "r1")
    assert "answers have no score" in again.out, again.err


def test_an_import_says_it_too(tmp_path: Path, suites: Path, nightbench: Nightbench) -> None:
    file = tmp_path / "out.csv"
    file.write_text("sample_id,output\n1,one half\n2,\n", encoding="utf-8")
    words = ("import", file, "--suite", "alone", "--model", "recorded/x", "--suites-dir", suites, "--json")
    done = nightbench(*words)
    assert (done.code, done.err.count(NOTE)) == (0, 1), done.err
    assert "answers have no score" in done.err
    row = done.json["leaderboard"][0]
    assert (row["n"], row["n_ungraded"], row["accuracy"]) == (0, 2, None)


def test_the_list_of_suites_marks_it(suites: Path, nightbench: Nightbench) -> None:
    rows = {row["suite"]: row for row in nightbench("suites", "--suites-dir", suites, "--json").json}
    assert rows["first"]["graders"] == "judge (planned), includes"
    assert rows["first"]["missing"] == ""
    shown = nightbench("suites", "alone", "--suites-dir", suites)
    assert "judge (planned)" in shown.out
    assert "answers land without its grade" in shown.out
    as_json = nightbench("suites", "second", "--suites-dir", suites, "--json").json
    assert as_json["graders"][1] == {"type": "judge", "extract": "boxed", "equal": "loosely", "planned": True}


def test_two_graders_of_one_name_are_refused(tmp_path: Path, nightbench: Nightbench) -> None:
    a_suite(tmp_path / "more", "twins", EXACT + EXACT)
    done = nightbench("run", "--suite", "twins", "--model", SIMULATED, "--suites-dir", tmp_path / "more")
    assert done.code == 2
    assert 'two graders are called "includes"' in done.err
