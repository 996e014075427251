"""A judge's recorded verdicts are measured as their publishers did, land as a run, and are told in words."""

import json
import re
from pathlib import Path

import pytest

from tests.conftest import Nightbench

PAIRS = "sample_id,input,answer_a,answer_b,label,verdict,verdict_swapped\n"


def pairs_file(folder: Path, n: int = 20) -> Path:
    """A judge who is right but for one pair, and contradicts himself on another."""
    rows = [f"{i},q,xx,y,{'ab'[i % 2]},{'ab'[i % 2]},{'ab'[i % 2]}" for i in range(2, n)]
    file = folder / "labels.csv"
    file.write_text(PAIRS + "\n".join(["0,q,xx,y,a,b,b", "1,q,xx,y,a,a,b", *rows]), encoding="utf-8")
    return file


@pytest.mark.parametrize("judge", ["GPT-4", "ChatGPT"])
def test_the_published_statistics_of_llmbar(judge: str, shared_data: Path, nightbench: Nightbench) -> None:
    folder = shared_data / "llmbar"
    published = json.loads((folder / f"natural.{judge}.vanilla.statistics.json").read_text(encoding="utf-8"))
    file = folder / f"natural.{judge}.vanilla.json.gz"
    done = nightbench("calibrate", f"recorded/{judge}", "--labels", file, "--json")
    assert done.code == 0, done.err
    got = {row["measure"]: row for row in done.json["measures"]}
    names = {
        "accuracy_first": "correct_False",
        "accuracy_swapped": "correct_True",
        "accuracy": "correct_average",
        "accuracy_both": "correct_both",
        "consistency": "equal",
    }
    for name, theirs in names.items():
        share = re.search(r"([0-9.]+)%", published[theirs])
        assert share is not None
        assert got[name]["value"] == pytest.approx(float(share[1]) / 100, abs=1e-12), name
        assert got[name]["ci_low"] < got[name]["value"] < got[name]["ci_high"]
        assert got[name]["n"] == 100
    assert got["kappa_orders"]["value"] == pytest.approx(published["kappa_agreement"], abs=1e-14)


def test_a_calibration_is_a_run_with_a_table_a_view_and_a_report(
    tmp_path: Path, nightbench: Nightbench
) -> None:
    file = pairs_file(tmp_path)
    done = nightbench("calibrate", "recorded/clerk", "--labels", file, "--run-id", "c1")
    assert done.code == 0, done.err
    assert "recorded/clerk says what the persons say in 92.50 % of its verdicts" in done.out
    assert "contradicts itself in 5.00 % of pairs" in done.out
    (row,) = nightbench("sql", "select * from judge_reliability", "--json").json
    assert (row["judge"], row["run_id"], row["n"], row["accuracy"]) == ("recorded/clerk", "c1", 20, 0.925)
    (run,) = nightbench("runs", "--json").json
    assert (run["kind"], run["status"], run["resumable"]) == ("calibrate", "complete", False)
    report = nightbench("report", "c1", "--json").json
    assert report["labels_hash"] == row["labels_hash"]
    assert report["run"]["kind"] == "calibrate"
    assert nightbench("report", "c1").out == done.out


def test_the_newest_calibration_on_the_same_labels_counts(tmp_path: Path, nightbench: Nightbench) -> None:
    file = pairs_file(tmp_path)
    assert nightbench("calibrate", "recorded/clerk", "--labels", file, "--run-id", "c1").code == 0
    file.write_text(file.read_text(encoding="utf-8").replace("0,q,xx,y,a,b,b", "0,q,xx,y,a,a,a"), "utf-8")
    assert nightbench("calibrate", "recorded/clerk", "--labels", file, "--run-id", "c2").code == 0
    rows = nightbench("sql", "select run_id, accuracy_both from judge_reliability", "--json").json
    assert rows == [{"run_id": "c2", "accuracy_both": 0.95}]


def test_single_answers_and_verdicts_that_failed(tmp_path: Path, nightbench: Nightbench) -> None:
    file = tmp_path / "labels.jsonl"
    rows = [{"sample_id": i, "input": "q", "answer": "x", "passed": i < 8} for i in range(12)]
    said = [{**row, "verdict_passed": None if i == 11 else i not in {7, 9, 10}} for i, row in enumerate(rows)]
    file.write_text("\n".join(map(json.dumps, said)), encoding="utf-8")
    done = nightbench("calibrate", "recorded/clerk", "--labels", file, "--json")
    assert done.code == 0, done.err
    assert "1 of 12 verdicts failed" in done.err
    got = {row["measure"]: (row["value"], row["n"]) for row in done.json["measures"]}
    assert got["sensitivity"] == (0.875, 8)
    assert got["specificity"] == (pytest.approx(2 / 3), 3)
    assert "passes 87.50 % of the right answers and fails 66.67 % of the wrong ones" in done.json["meaning"]


def test_an_order_that_the_file_does_not_have_is_no_failed_verdict(
    tmp_path: Path, nightbench: Nightbench
) -> None:
    words = ("--map", "select * exclude (verdict_swapped) from source", "--json")
    done = nightbench("calibrate", "recorded/clerk", "--labels", pairs_file(tmp_path), *words)
    assert done.code == 0, done.err
    assert "failed" not in done.err
    assert {row["measure"] for row in done.json["measures"]} == {"accuracy", "accuracy_first", "kappa"}


@pytest.mark.parametrize(
    ("words", "said"),
    [
        pytest.param(["clerk"], "JUDGE", id="a judge without a provider"),
        pytest.param(["openai/gpt-4o-2024-05-13"], "OPENAI_API_KEY", id="a judge whose key is not set"),
        pytest.param(["recorded/clerk", "--repeats", "3"], "--repeats 3", id="repeats of a recorded one"),
        pytest.param(
            ["recorded/clerk", "--map", "select * exclude (verdict, verdict_swapped) from source"],
            '"verdict" and "verdict_swapped"',
            id="no verdicts",
        ),
        pytest.param(["recorded/clerk", "--map", "select nothing from source"], "nothing", id="a bad map"),
        pytest.param(["recorded/clerk", "--run-id", "A B"], "run id", id="a bad id"),
    ],
)
def test_what_cannot_be_done_is_one_sentence_and_leaves_nothing(
    words: list[str], said: str, tmp_path: Path, nightbench: Nightbench
) -> None:
    done = nightbench("calibrate", *words, "--labels", pairs_file(tmp_path))
    assert done.code == 2
    assert said in done.err
    assert "Traceback" not in done.err
    assert nightbench("runs", "--json").json == []


def test_an_id_that_is_taken_is_refused(tmp_path: Path, nightbench: Nightbench) -> None:
    words = ("calibrate", "recorded/clerk", "--labels", pairs_file(tmp_path), "--run-id", "c1")
    assert nightbench(*words).code == 0
    again = nightbench(*words)
    assert (again.code, "is taken" in again.err) == (2, True)
