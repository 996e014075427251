"""Long contexts from end to end: planned, asked document by document, graded, regraded, mapped and drawn."""

from pathlib import Path

import pytest

from tests.conftest import Nightbench
from tests.flows.conftest import assert_complete, query

PNG = b"\x89PNG\r\n\x1a\n"
SONNET, GPT = "simulated/claude-sonnet-5", "simulated/gpt-4o-2024-05-13"
BOTH = ("--model", SONNET, "--model", GPT)
OWN = """name = "short_needle"
[generator]
name = "needle"
seed = 7
lengths = [1000, 4000]
depths = [0, 50, 100]
kinds = ["single"]
contexts = 2
[[graders]]
type = "numeric"
"""
GRADED = """
select grades.passed, samples.target, grades.answer, calls.response
from latest_grades as grades
join calls on calls.run_id = grades.run_id and calls.call_key = grades.call_key
join samples on samples.suite = grades.suite and samples.sample_id = grades.sample_id
where grades.run_id = '{}' and grades.is_score
"""


@pytest.mark.slow
def test_a_part_of_needle_lands_graded_rows(home: Path, nightbench: Nightbench) -> None:
    done = nightbench("run", "--suite", "needle", "--limit", "12", *BOTH, "--run-id", "r1", "--json")
    assert_complete(done, 24)
    rows = query(home, GRADED.format("r1"))
    assert len(rows) == 24
    assert {row["passed"] for row in rows} == {True, False}
    for row in rows:
        assert row["passed"] == (row["answer"] == row["target"])
        assert row["answer"] in str(row["response"])


@pytest.mark.slow
def test_questions_on_a_document_read_it_from_the_cache_as_planned(
    home: Path, nightbench: Nightbench
) -> None:
    words = ("--suite", "long_document", "--model", SONNET)
    planned = nightbench("plan", *words, "--json")
    assert planned.code == 0, planned.err
    [line] = planned.json["lines"]
    assert line["saved"]["prefixes"] == 5
    assert line["saved"]["certain"]
    assert float(line["saved"]["usd"]) > 2 * float(line["usd"])
    done = nightbench("run", *words, "--run-id", "r1", "--json")
    assert_complete(done, 70)
    [spent] = query(
        home,
        """select count(*) filter (cache_write_tokens > 0) as wrote, count(*) filter (cached_input_tokens > 0)
        as read, sum(input_tokens) as plain, sum(cached_input_tokens) as cached, sum(usd) as usd
        from call_costs where run_id = 'r1'""",
    )
    assert (spent["wrote"], spent["read"]) == (5, 65)
    assert spent["cached"] > 10 * spent["plain"]
    assert float(planned.json["usd_low"]) <= float(spent["usd"]) <= float(planned.json["usd_high"])
    rows = query(home, GRADED.format("r1"))
    assert {row["passed"] for row in rows} == {True, False}
    assert all(row["passed"] == (row["answer"] == row["target"]) for row in rows)
    [size] = query(home, "select max(length(input)) as longest, count(distinct cluster) as n from samples")
    assert (size["longest"] < 400, size["n"]) == (True, 5)
    again = nightbench("regrade", "r1", "--json")
    assert again.code == 0, again.err
    assert query(home, "select count(*) as n from grading_changes") == [{"n": 0}]


@pytest.mark.slow
def test_a_suite_of_ones_own_is_mapped_for_each_model(
    home: Path, tmp_path: Path, nightbench: Nightbench
) -> None:
    folder = tmp_path / "suites" / "short_needle"
    folder.mkdir(parents=True)
    (folder / "suite.toml").write_text(OWN, encoding="utf-8")
    env = {"NIGHTBENCH_SUITES": str(tmp_path / "suites")}
    checked = nightbench("suites", "check", "short_needle", "--json", env=env)
    assert (checked.code, checked.json["samples"]) == (0, 12), checked.err
    assert_complete(
        nightbench("run", "--suite", "short_needle", *BOTH, "--run-id", "r1", "--json", env=env), 24
    )
    cells = query(home, "select variant, length_tokens, depth_percent, n, accuracy from needle_heatmap")
    assert {(row["variant"], row["length_tokens"], row["depth_percent"]) for row in cells} == {
        (model, length, depth) for model in (SONNET, GPT) for length in (1000, 4000) for depth in (0, 50, 100)
    }
    assert {row["n"] for row in cells} == {2}
    shown = nightbench("report", "r1", "--plots", tmp_path / "pictures")
    assert shown.code == 0, shown.err
    pictures = sorted((tmp_path / "pictures").glob("needle*"))
    assert [path.name for path in pictures] == [
        "needle_heatmap-short_needle-simulated_claude-sonnet-5.png",
        "needle_heatmap-short_needle-simulated_gpt-4o-2024-05-13.png",
    ]
    assert all(path.read_bytes().startswith(PNG) for path in pictures)
    assert "accuracy % by depth and length" in " ".join(shown.out.split())
    assert shown.out.count("n a cell: 2") == 2
