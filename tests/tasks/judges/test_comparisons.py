"""Ratings, win rates at equal length and agreement are read from what a run landed."""

import math
from collections.abc import Sequence
from pathlib import Path

import duckdb
import pytest

from tasks.judges.comparisons import Comparisons, read_comparisons
from tests.warehouse.sample_run import STARTED, key, row
from warehouse.catalog import rewrite_catalog
from warehouse.commit import commit_run
from warehouse.files import TableWriter

JUDGES = ("openai/j", "openai/k")
# sample -> the winner of each pair of variants by each judge, in both orders
WON: dict[tuple[str, str], Sequence[str]] = {
    ("a", "b"): ("a", "a", "b", "a", "tie", "a"),
    ("a", "c"): ("a", "a", "a", "a", "a", "b"),
    ("b", "c"): ("a", "b", "a", "a", "b", "a"),
}
LENGTHS = {"a": 400, "b": 100, "c": 100}


def landed(warehouse: Path, *, sealed: bool = False, panel: bool = True) -> Path:
    """A run r1 of three variants and six samples, each pair judged in both orders by two judges."""
    answers = [
        row("calls", run_id="r1", call_key=key(v, s), sample_id=str(s), variant=v)
        | {"response": None if sealed else "x" * (LENGTHS[v] + s)}
        for v in "abc"
        for s in range(6)
    ]
    judges = [
        row("calls", run_id="r1", call_key=key(judge), sample_id="0", role="judge", model=judge)
        for judge in JUDGES
    ]
    pairs = [
        row("pairs", sample_id=str(s), call_key_a=key(a, s), call_key_b=key(b, s), variant_a=a, variant_b=b)
        | {"judge_call_key": key(judge), "swapped": swapped}
        | {"winner": winner if judge == JUDGES[0] or s else "tie"}
        for (a, b), winners in WON.items()
        for s, winner in enumerate(winners)
        for judge in JUDGES
        for swapped in (False, True)
    ]
    grades = [
        row("grades", run_id="r1", grading_id="r1", call_key=key("a", s), sample_id=str(s), is_score=False)
        | {"grader": f"judge.clarity@{judge}", "passed": s > 1 + at, "score": (s - at) / 10}
        for s in range(6)
        for at, judge in enumerate(JUDGES)
    ]
    files = []
    tables = {"runs": [row("runs", run_id="r1")], "calls": answers + judges, "pairs": pairs}
    if panel:
        tables["grades"] = grades
    for table, rows in tables.items():
        with TableWriter(warehouse, table, STARTED.date(), "r1", "0") as writer:
            writer.write(rows)
            file = writer.close()
            assert file is not None
            files.append(file)
    commit_run(
        warehouse, run_id="r1", kind="evaluate", status="complete", run_date=STARTED.date(), files=files
    )
    rewrite_catalog(warehouse)
    return warehouse


@pytest.fixture
def found(tmp_path: Path) -> Comparisons:
    return read_comparisons(landed(tmp_path), "r1")


def test_win_rates_are_those_of_the_view_with_equal_length_beside_them(found: Comparisons) -> None:
    assert len(found.win_rates) == 6
    one = found.win_rates[0]
    assert (one.judge, one.variant_a, one.variant_b) == ("openai/j", "a", "b")
    assert (one.wins, one.losses, one.ties, one.n_inconsistent) == (4, 1, 1, 0)
    assert (one.rate.value, one.rate.n, one.at_equal_length.n) == (0.75, 6, 6)
    even = next(rate for rate in found.win_rates if (rate.variant_a, rate.variant_b) == ("b", "c"))
    assert even.at_equal_length.value == pytest.approx(even.rate.value, abs=0.02)  # lengths are equal


def test_three_variants_are_rated_by_each_judge(found: Comparisons) -> None:
    assert [(one.judge, [rating.name for rating in one.ratings]) for one in found.ratings] == [
        ("openai/j", ["a", "b", "c"]),
        ("openai/k", ["a", "b", "c"]),
    ]
    strengths = {rating.name: rating.strength for rating in found.ratings[0].ratings}
    expected = sum(6 / (1 + math.exp(strengths[other] - strengths["a"])) for other in "bc")
    assert expected == pytest.approx(4.5 + 5)  # as many wins as there were


def test_a_panel_agrees_as_the_view_says(found: Comparisons, tmp_path: Path) -> None:
    assert [one.criterion for one in found.agreements] == ["clarity", "pairwise"]
    clarity = found.agreements[0]
    assert clarity.judges == JUDGES
    # the judges pass 4 and 3 of 6, and agree on 5
    assert clarity.kappas[0][2].value == pytest.approx((5 / 6 - 1 / 2) / (1 / 2))
    with duckdb.connect(tmp_path / "catalog.duckdb", read_only=True) as connection:
        rows = connection.execute(
            "select criterion, kappa, fleiss_kappa, alpha from judge_agreement order by criterion"
        ).fetchall()
    for one, (criterion, kappa, fleiss, alpha) in zip(found.agreements, rows, strict=True):
        assert one.criterion == criterion
        assert (one.kappas[0][2].value, one.fleiss.value, one.alpha.value) == pytest.approx(
            (kappa, fleiss, alpha)
        )


def test_answers_that_are_not_kept_have_no_length(tmp_path: Path) -> None:
    found = read_comparisons(landed(tmp_path, sealed=True, panel=False), "r1")
    assert [one.at_equal_length.value for one in found.win_rates] == [None] * 6
    assert [one.criterion for one in found.agreements] == ["pairwise"]


def test_a_run_without_judges_has_nothing_to_say(tmp_path: Path) -> None:
    assert not read_comparisons(landed(tmp_path), "another")
