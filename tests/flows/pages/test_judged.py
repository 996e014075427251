"""The report of a run prints what its judges compared, and only where there is something."""

from pathlib import Path

from flows.pages.judged import read_judged
from tasks.home import Home
from tests.conftest import Nightbench
from tests.flows.judged_run import land_judged
from tests.tasks.judges.test_comparisons import landed
from tests.warehouse.sample_run import land
from warehouse.catalog import rewrite_catalog


def test_the_report_shows_win_rates_ratings_and_agreement(home: Path, nightbench: Nightbench) -> None:
    landed(home / "warehouse")
    said = nightbench("report", "r1")
    assert said.code == 0, said.err
    for words in ("Win rates", "at equal length %", "Ratings (Bradley-Terry", "Krippendorff's alpha"):
        assert words in said.out
    page = nightbench("report", "r1", "--markdown").out
    assert "## Win rates" in page
    assert "| sums | a | b | openai/j | 6 | 4 | 1 | 1 | 0 | 75.00 |" in page
    judged = nightbench("report", "r1", "--json").json["judged"]
    assert [len(judged[name]) for name in ("win_rates", "ratings", "agreements")] == [6, 2, 2]
    assert judged["win_rates"][0]["rate"]["value"] == 0.75


def test_a_run_without_judges_prints_none_of_it(home: Path, nightbench: Nightbench) -> None:
    land(home / "warehouse", "r1")
    rewrite_catalog(home / "warehouse")
    assert read_judged(Home(home), "r1").markdown() == ""
    said = nightbench("report", "r1")
    assert said.code == 0, said.err
    assert "Win rates" not in said.out
    assert "judge right %" not in said.out
    assert "judged" not in nightbench("report", "r1", "--json").json


def test_the_leaderboard_shows_the_judge_and_what_its_errors_hide(
    tmp_path: Path, home: Path, nightbench: Nightbench
) -> None:
    land_judged(home / "warehouse", n=20, right=12, judge="recorded/clerk")
    labels = tmp_path / "labels.csv"
    rows = [f"{i},q,x,{i < 40},{i < 36 or i >= 54}" for i in range(60)]
    labels.write_text("sample_id,input,answer,passed,verdict_passed\n" + "\n".join(rows), encoding="utf-8")
    before = nightbench("report", "r1").out
    assert "recorded/clerk" in before
    assert "corrected" not in before
    assert nightbench("calibrate", "recorded/clerk", "--labels", labels).code == 0
    row = nightbench("report", "r1", "--json").json["leaderboard"][0]
    assert (row["judge"], row["accuracy"]) == ("recorded/clerk", 0.6)
    # 36 of 40 right answers pass, 14 of 20 wrong ones fail
    assert abs(row["accuracy_corrected"] - (0.6 + 0.7 - 1) / (0.9 + 0.7 - 1)) < 1e-12
    assert row["corrected_low"] < row["accuracy_corrected"] < row["corrected_high"]
    after = nightbench("report", "r1").out
    assert "corrected %" in after
    assert "50.00" in after
