"""Queries that simulated models send are run and judged end to end; what cannot be judged has no grade."""

import json
from pathlib import Path

from tests.conftest import Nightbench
from tests.flows.conftest import query

SIMULATED = "simulated/gpt-4o-2024-05-13"
SUITE = '[[graders]]\ntype = "sql_result"\ndialect = "tsql"\n'
SAMPLES = """select i as sample_id, 'Which city sold most?' as input,
    'select top 1 city from sales group by city order by sum(n) desc' as target,
    'create table sales (city varchar, n int); insert into sales values (''Rome'', 3), (''Oslo'', 5)'
        as schema_sql
from range(5) as r(i)
"""
ANSWERS = (
    "```sql\nSELECT TOP (1) [city] FROM dbo.sales ORDER BY n DESC;\n```",
    "```sql\nSELECT city FROM sales WHERE n = 3\n```",
    "```sql\nSELECT city FROM sales FOR JSON AUTO\n```",
    "```sql\nSELECT town FROM sales\n```",
    "I would rather not.",
)


def test_right_and_wrong_answers_of_simulated_models_are_graded_as_such(
    home: Path, nightbench: Nightbench
) -> None:
    words = ("--suite", "sql_generation", "--limit", "24", "--model", SIMULATED, "--run-id", "r1")
    done = nightbench("run", *words, "--json")
    assert done.code == 0, done.err
    rows = query(
        home,
        "select samples.target, calls.response, calls.stop_reason, grades.passed, grades.reason, "
        "contains(calls.response, samples.target) as right_answer from calls "
        "join samples using (suite, suite_version, sample_id) join grades using (run_id, call_key)",
    )
    assert len(rows) == 24
    judged = [row for row in rows if row["stop_reason"] == "stop"]
    assert {row["right_answer"] for row in judged} == {True, False}
    for row in judged:
        assert row["passed"] == row["right_answer"], row


def test_an_answer_that_cannot_be_translated_has_no_grade_and_is_counted(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    folder = tmp_path / "suites" / "shop"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(f'name = "shop"\n{SUITE}', encoding="utf-8")
    (folder / "samples.sql").write_text(SAMPLES, encoding="utf-8")
    file = tmp_path / "out.jsonl"
    lines = [json.dumps({"sample_id": str(n), "output": text}) for n, text in enumerate(ANSWERS)]
    file.write_text("\n".join(lines), encoding="utf-8")
    words = ("import", file, "--suite", "shop", "--suites-dir", folder.parent, "--model", "recorded/x")
    done = nightbench(*words, "--json")
    assert done.code == 0, done.err
    (row,) = done.json["leaderboard"]
    assert (row["n"], row["n_ungraded"], row["accuracy"]) == (4, 1, 0.25)
    assert "because it cannot tell (docs/grading.md)" in done.err
    grades = query(home, "select sample_id, passed, reason from grades order by 1")
    assert [tuple(grade.values()) for grade in grades] == [
        ("0", True, None),
        ("1", False, "wrong"),
        ("3", False, "error"),
        ("4", False, "unparsable"),
    ]
