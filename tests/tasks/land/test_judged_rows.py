"""What judges said lands: a row a verdict in one order, a row a measure of a judge."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from tasks.land.landing import Landing, commit_landed
from tasks.land.rows import calibration_row, pair_row
from tasks.model import CalibrationMeasure, PairVerdict
from tests.tasks.land.landing_cases import STARTED, answered, make_call, make_suite, run_row
from warehouse.columns import COLUMNS
from warehouse.query import run_sql

NOW = datetime(2026, 3, 2, tzinfo=UTC)
SUITE = make_suite(2)
A, B = make_call(SUITE, 0, "a"), make_call(SUITE, 0, "b")
VERDICT = PairVerdict(A, B, swapped=True, winner="b", judge="openai/j", judge_call_key=None, reason="shorter")


def test_verdicts_land_with_the_run_that_they_are_of(tmp_path: Path) -> None:
    with Landing(tmp_path, "r1", STARTED.date()) as landing:
        landing.land(SUITE, [answered(SUITE, 0, "a"), answered(SUITE, 0, "b")])
        landing.land_verdicts(SUITE, [], [replace(VERDICT, swapped=False), VERDICT])
        landed = landing.finish()
    commit_landed(tmp_path, run_row("r1"), landed)
    found = run_sql(
        tmp_path,
        "select run_id, grading_id, sample_id, variant_a, variant_b, swapped, winner, reason, simulated, "
        "call_key_a = (select call_key from calls where variant = 'a') as is_a from pairs order by swapped",
    )
    assert found.rows == [
        ("r1", "r1", "s0", "a", "b", swapped, "b", "shorter", False, True) for swapped in (False, True)
    ]


def test_a_verdict_has_every_column_and_a_later_grading_its_own_id() -> None:
    row = pair_row("r1", NOW, VERDICT, grading_id="g2")
    assert row.keys() == COLUMNS["pairs"].keys()
    assert (row["run_id"], row["grading_id"]) == ("r1", "g2")


def test_of_a_sealed_suite_the_verdict_is_kept_and_its_words_are_not() -> None:
    row = pair_row("r1", NOW, VERDICT, sealed=True)
    assert (row["winner"], row["reason"]) == ("b", None)


def test_a_verdict_is_made_up_where_the_judge_or_an_answer_is() -> None:
    judged = replace(VERDICT, judge="simulated/j")
    answer = replace(VERDICT, b=replace(B, model="simulated/x"))
    rows = [pair_row("r1", NOW, verdict) for verdict in (VERDICT, judged, answer)]
    assert [row["simulated"] for row in rows] == [False, True, True]


def test_a_measure_has_every_column() -> None:
    row = calibration_row("c1", "openai/j", "h", CalibrationMeasure("kappa", 0.5, 0.4, 0.6, 100))
    assert row.keys() == COLUMNS["calibrations"].keys()
    assert (row["judge"], row["measure"], row["value"], row["n"]) == ("openai/j", "kappa", 0.5, 100)
