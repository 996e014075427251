"""Graders that judge in processes of their own grade stored answers anew, and a stop ends them."""

import json
import signal
import time
from pathlib import Path

import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import query, start_nightbench

CODE_SAMPLES = """select i::varchar as sample_id, 'Double x.' as input, 'def f(x): return 2 * x' as target,
    'assert f(3) == 6' as tests
from range(4) as r(i)
"""
CODE = ["```python\ndef f(x): return 2 * x\n```", "def f(x): return x", "import os; os._exit(0)", ""]
SQL_SAMPLES = """select i::varchar as sample_id, 'The largest?' as input, 'select max(n) from t' as target,
    'create table t (n int); insert into t values (1), (3)' as schema_sql
from range(4) as r(i)
"""
SQL = ["select top 1 n from t order by n desc", "select min(n) from t", "select n from t for json auto", ""]


@pytest.mark.parametrize(
    ("grader", "samples", "outputs", "verdicts"),
    [
        pytest.param(
            '"python_tests"\nextract = "code"',
            CODE_SAMPLES,
            CODE,
            {"0": None, "1": "wrong", "2": "error", "3": "empty"},
            id="python_tests",
        ),
        pytest.param(
            '"sql_result"\ndialect = "tsql"',
            SQL_SAMPLES,
            SQL,
            {"0": None, "1": "wrong", "3": "empty"},
            id="sql_result, which cannot tell of one",
        ),
    ],
)
def test_graders_in_processes_of_their_own_judge_stored_answers(
    grader: str,
    samples: str,
    outputs: list[str],
    verdicts: dict[str, str | None],
    tmp_path: Path,
    home: Path,
    nightbench: Nightbench,
) -> None:
    folder = tmp_path / "suites" / "doubled"
    folder.mkdir(parents=True)
    card = folder / "suite.toml"
    card.write_text('name = "doubled"\n[[graders]]\ntype = "exact"\n', encoding="utf-8")
    (folder / "samples.sql").write_text(samples, encoding="utf-8")
    file = tmp_path / "out.jsonl"
    lines = [json.dumps({"sample_id": str(n), "output": text}) for n, text in enumerate(outputs)]
    file.write_text("\n".join(lines), encoding="utf-8")
    words = ("--suites-dir", folder.parent)
    done = nightbench("import", file, "--suite", "doubled", *words, "--model", "recorded/x", "--run-id", "r1")
    assert done.code == 0, done.err
    card.write_text(f'name = "doubled"\n[[graders]]\ntype = {grader}\n', encoding="utf-8")
    done = nightbench("regrade", "r1", *words, "--run-id", "g1", "--json")
    assert done.code == 0, done.err
    rows = query(home, "select sample_id, reason from grades where grading_id = 'g1' and is_score")
    assert {row["sample_id"]: row["reason"] for row in rows} == verdicts
    left = len(outputs) - len(verdicts)
    said = "because the grader cannot tell (docs/grading.md): 1. What they had before stays"
    assert (said in done.err) == bool(left)
    scores = query(home, "select sample_id, grading_id from latest_grades where is_score order by 1")
    assert {row["sample_id"] for row in scores if row["grading_id"] == "g1"} == set(verdicts)
    assert len(scores) == len(outputs), "what could not be judged keeps the score that it had"


@pytest.mark.slow
def test_a_stop_does_not_wait_for_all_answers_that_are_judged_apart(
    tmp_path: Path, nightbench: Nightbench, home: Path
) -> None:
    samples = SQL_SAMPLES.replace("range(4)", "range(60)")
    file, suites = tmp_path / "out.jsonl", tmp_path / "suites"
    folder = suites / "many"
    folder.mkdir(parents=True)
    card = folder / "suite.toml"
    card.write_text('name = "many"\n[[graders]]\ntype = "exact"\n', encoding="utf-8")
    (folder / "samples.sql").write_text(samples, encoding="utf-8")
    endless = "select count(*) from range(100000000000) a, range(100000) b"
    lines = [json.dumps({"sample_id": str(n), "output": endless}) for n in range(60)]
    file.write_text("\n".join(lines), encoding="utf-8")
    words = ("--suite", "many", "--suites-dir", suites, "--run-id", "r1", "--model", "recorded/x")
    assert nightbench("import", file, *words).code == 0
    card.write_text('name = "many"\n[[graders]]\ntype = "sql_result"\ntimeout_s = 6\n', encoding="utf-8")
    said = tmp_path / "said"
    process = start_nightbench(home, "regrade", "r1", "--suites-dir", suites, said=said)
    try:
        while "grades 60 answers" not in said.read_text():
            assert process.poll() is None, said.read_text()
            time.sleep(0.1)
        time.sleep(5)
        process.send_signal(signal.SIGINT)
        assert process.wait(40) == 3, "60 answers take 6 s each"
    finally:
        process.kill()
        process.wait()
    assert [path.name for path in (home / "warehouse" / "commits").glob("*.json")] == ["r1.000001.json"]
