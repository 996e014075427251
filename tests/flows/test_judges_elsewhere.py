"""Judges in a regrade, a calibration, `ask`; their calls reused, in batches, stopped at a budget."""

from pathlib import Path

import pytest

from tasks.home import Home
from tasks.judges.alone import judge_spec
from tasks.runs import begin_run
from tests.conftest import Nightbench
from tests.flows.conftest import assert_complete, query
from tests.flows.test_judges import A, B, C, N, suites, words

__all__ = ["suites"]  # the fixture

ROLES = """
select role, mode, count(*) as n, count(reused_from) as reused from calls where run_id = '{}' group by all
"""
PAIRS = "sample_id,input,answer_a,answer_b,label\n" + "".join(
    f"p{i},Which disk?,disk {i} is full,an expired key,{'a' if i % 2 else 'tie'}\n" for i in range(6)
)


def roles(home: Path, run_id: str) -> dict[str, tuple[str, int, int]]:
    rows = query(home, ROLES.format(run_id))
    return {row["role"]: (row["mode"], row["n"], row["reused"]) for row in rows}


@pytest.mark.slow
def test_stored_answers_are_put_to_another_judge_whose_calls_are_the_regrade_s(
    home: Path, suites: Path, nightbench: Nightbench
) -> None:
    first = nightbench("run", *words(suites, A), "--run-id", "r1", "--json")
    assert_complete(first, 2 * N + 4 * N)
    again = nightbench("regrade", "r1", "--judge", C, "--run-id", "g1", "--suites-dir", suites, "--json")
    assert again.code == 0, again.err
    assert f"{4 * N} calls of {C}: about $" in again.err, "what it costs is said first"
    assert again.err.count("judges its own family") == 1, "who is of the judge's vendor is said once"
    assert roles(home, "g1") == {"judge": ("realtime", 4 * N, 0)}
    grades = query(
        home,
        "select grading_id, grader, count(*) as n, count(distinct judge_call_key) as k, "
        "bool_and(is_score) as s from grades where run_id = 'r1' group by all order by all",
    )
    for grading in ("r1", "g1"):
        mine = {
            row["grader"]: (row["n"], row["k"], row["s"]) for row in grades if row["grading_id"] == grading
        }
        assert mine["judge"] == (2 * N, 2 * N, True)
        assert mine["judge.accuracy"] == (2 * N, 2 * N, False)
    joined = query(
        home,
        "select calls.model, count(*) as n from latest_grades g join calls "
        "on calls.run_id = g.grading_id and calls.call_key = g.judge_call_key where g.run_id = 'r1' "
        "group by all",
    )
    assert joined == [{"model": C, "n": 3 * 2 * N}]
    compared = query(home, "select count(*) as n from pairs where run_id = 'r1' and grading_id = 'g1'")
    assert compared == [{"n": 2 * N}]
    rates = query(home, "select judge, n from win_rates where run_id = 'r1' order by judge")
    assert rates == [{"judge": A, "n": N}, {"judge": C, "n": N}]

    by_its_own = nightbench("regrade", "r1", "--grader", "judge", "--suites-dir", suites, "--json")
    assert by_its_own.code == 0, by_its_own.err
    assert f"calls of {A}:" in by_its_own.err, "without --judge the run's own is asked"
    compared_again = nightbench("regrade", "r1", "--grader", "pairwise", "--suites-dir", suites)
    assert compared_again.code == 0, compared_again.err
    assert f'{2 * N} verdicts on pairs of answers of run "r1": nightbench report r1' in compared_again.out
    assert "no grade of run" not in compared_again.out
    again_rates = query(
        home, "select judge, variant_a, variant_b, n from win_rates where run_id = 'r1' order by judge"
    )
    assert again_rates == [{"judge": judge, "variant_a": B, "variant_b": A, "n": N} for judge in (A, C)]


@pytest.mark.slow
def test_a_budget_stops_the_judging_and_a_larger_one_goes_on(
    home: Path, suites: Path, nightbench: Nightbench
) -> None:
    whole = nightbench("run", *words(suites, B), "--run-id", "r0", "--json")
    [spent] = query(
        home, "select sum(usd) filter (role = 'answer')::double as a, sum(usd)::double as b from call_costs"
    )
    assert whole.code == 0, whole.err
    budget = f"{spent['a'] + 0.5 * (spent['b'] - spent['a']) + 0.02:.4f}"
    run = (
        "run",
        *words(suites, B),
        "--run-id",
        "r1",
        "--max-failed",
        "0.1",
        "--budget-usd",
        budget,
        "--json",
    )
    stopped = nightbench(*run)
    assert stopped.code == 3, stopped.err
    before = roles(home, "r1")
    assert before["answer"][1] == 2 * N
    assert 0 < before["judge"][1] < 4 * N
    done = nightbench("resume", "r1", "--budget-usd", "5", "--json")
    assert_complete(done, 6 * N)
    assert query(home, "select max(n) as n from attempts where run_id = 'r1'") == [{"n": 1}], "nothing twice"


@pytest.mark.slow
def test_what_judges_said_is_reused_and_batched_as_answers_are(
    home: Path, suites: Path, nightbench: Nightbench
) -> None:
    batched = nightbench("run", *words(suites, C), "--run-id", "r1", "--mode", "batch", "--json")
    assert_complete(batched, 6 * N)
    assert roles(home, "r1") == {"answer": ("batch", 2 * N, 0), "judge": ("batch", 4 * N, 0)}
    reused = nightbench("run", *words(suites, C), "--run-id", "r2", "--reuse", "7d", "--json")
    assert_complete(reused, 6 * N)
    assert {role: found[2] for role, found in roles(home, "r2").items()} == {"answer": 2 * N, "judge": 4 * N}
    again = nightbench("run", *words(suites, C), "--run-id", "r3", "--reuse", "same-spec", "--json")
    assert_complete(again, 6 * N)
    assert {role: found[2] for role, found in roles(home, "r3").items()} == {"answer": 2 * N, "judge": 4 * N}
    assert query(home, "select count(*) as n from attempts where run_id in ('r2', 'r3')") == [{"n": 0}]
    apart = query(
        home,
        "select count(distinct response) as n from calls where run_id <> 'r1' group by call_key having n > 1",
    )
    assert apart == [], "each call has its own answer again"


@pytest.mark.slow
def test_a_judge_is_asked_about_labels(home: Path, tmp_path: Path, nightbench: Nightbench) -> None:
    labels = tmp_path / "pairs.csv"
    labels.write_text(PAIRS, encoding="utf-8")
    words = ("calibrate", B, "--labels", labels, "--run-id", "c1", "--json")
    done = nightbench(*words, "--repeats", "2")
    assert done.code == 0, done.err
    assert f"24 calls of {B}: about $" in done.err
    assert roles(home, "c1") == {"judge": ("realtime", 24, 0)}
    measures = {row["measure"]: row for row in done.json["measures"]}
    assert {"accuracy", "consistency", "position_bias", "self_consistency"} <= measures.keys()
    assert measures["accuracy"]["n"] == 6
    assert done.json["run"]["simulated"]
    taken = nightbench(*words)
    assert taken.code == 2
    answers = tmp_path / "answers.csv"
    rows = [
        f"s{i},Which disk?,{'disk 7 is full' if i % 2 else 'no idea'},{i % 2},disk 7 is full"
        for i in range(40)
    ]
    answers.write_text("sample_id,input,answer,passed,target\n" + "\n".join(rows), encoding="utf-8")
    single = nightbench("calibrate", B, "--labels", answers, "--json")
    assert single.code == 0, single.err
    found = {row["measure"]: row["value"] for row in single.json["measures"]}
    assert found["sensitivity"] > 0.7
    assert found["specificity"] > 0.7


def test_resume_names_the_command_that_goes_on_with_a_regrade_and_a_calibration(
    home: Path, nightbench: Nightbench
) -> None:
    at = Home(home)
    at.make()
    spec = judge_spec([C], ["causes"], "--judge")
    asked = {"run_id": "r1", "graders": ["judge"]}
    begin_run(at, spec, "g1", trigger="cli", kind="regrade", regrade=asked)
    labelled = {"judge": C, "labels": "pairs.csv"}
    begin_run(at, spec, "c1", trigger="cli", kind="calibrate", calibrate=labelled)
    for run_id, command in (
        ("g1", f"nightbench regrade r1 --grader judge --judge {C} --run-id g1"),
        ("c1", f"nightbench calibrate {C} --labels pairs.csv --run-id c1"),
    ):
        done = nightbench("resume", run_id)
        assert done.code == 2
        assert command in " ".join(done.err.split())


def test_what_cannot_be_judged_is_refused(tmp_path: Path, nightbench: Nightbench) -> None:
    labels = tmp_path / "a.csv"
    labels.write_text("sample_id,input,answer,passed\n1,q,a,true\n", encoding="utf-8")
    for more, said in (
        ((), "answers without a target are judged by a rubric, and none is named"),
        (("--rubric", "diagnosys"), "did you mean diagnosis"),
    ):
        done = nightbench("calibrate", B, "--labels", labels, *more)
        assert done.code == 2, done.out
        assert said in done.err
    done = nightbench("ask", "Why?", "--model", A, "--judge", B)
    assert done.code == 2
    assert "there is nothing to judge by" in done.err


@pytest.mark.slow
def test_a_question_s_answers_are_scored_by_its_criteria(home: Path, nightbench: Nightbench) -> None:
    asked = (
        "ask",
        "Why?",
        "--model",
        A,
        "--model",
        B,
        "--criteria",
        "correctness,is it short?",
        "--judge",
        C,
    )
    done = nightbench(*asked, "--run-id", "q1", "--json")
    assert done.code == 0, done.err
    scores = done.json["scores"]
    assert {one["criterion"] for one in scores} == {None, "correctness", "is_it_short"}
    assert {one["variant"] for one in scores} == {A, B}
    assert len(done.json["answers"]) == 2
    assert roles(home, "q1")["judge"][1] == 2
    shown = nightbench(*asked, "--run-id", "q1")
    assert "Judged, 0 to 1" in shown.out
    assert query(home, "select count(*) as n from leaderboard_simulated") == [{"n": 0}]
