"""A comparison is stopped early without its verdict becoming less sure, and stops at all."""

import random
import time

import pytest

from bench.stopping import ALPHA, CASES, Case, simulate
from warehouse.statistics.sequence import Comparison, Unit


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_a_verdict_is_wrong_in_fewer_than_alpha_of_runs(case: Case) -> None:
    small = Case(case.title, case.n // 2, case.a_alone // 2, case.b_alone // 2, case.cluster, case.failed)
    n = 40
    # of 40 at 5 % each, 7 or more are wrong once in 300
    assert simulate(small, n).wrong <= ALPHA + 0.1


def test_five_points_are_found_before_half_of_the_suite_is_asked() -> None:
    found = simulate(Case("five points", 1000, 40, 90), 40)
    assert found.wrong == 0
    assert found.drawn[1] < 500


def test_when_all_but_a_few_are_drawn_the_interval_is_what_is_still_possible() -> None:
    comparison = Comparison(100, 1, 0.001, 1e-9)
    for _ in range(99):
        comparison.see(Unit(1, 0.0))
    low, high = comparison.interval()
    assert low == pytest.approx(-0.01, abs=1e-6)
    assert high == pytest.approx(0.01, abs=1e-6)


def test_samples_without_grades_leave_both_and_decide_nothing() -> None:
    comparison = Comparison(50, 1, 0.02, 0.05)
    verdicts = [comparison.see(Unit(0, 0.0)) for _ in range(50)]
    assert verdicts == [None] * 50
    assert comparison.difference is None
    assert comparison.interval() == (-1.0, 1.0)


def test_the_models_swapped_have_the_same_verdict_at_the_same_time() -> None:
    generator = random.Random(3)
    values = [generator.choice([0, 0, 0, 0, 1, 1, -1]) for _ in range(2000)]
    there, back = Comparison(2000, 1, 0.02, 0.05), Comparison(2000, 1, 0.02, 0.05)
    for value in values:
        there.see(Unit(1, float(value)))
        back.see(Unit(1, -float(value)))
    assert (there.verdict, back.verdict) == ("b is better", "a is better")
    assert there.drawn == back.drawn < 2000


def test_ten_thousand_draws_take_less_than_a_second() -> None:
    comparison, begun = Comparison(20_000, 1, 1e-6, 1e-12), time.process_time()
    for draw in range(10_000):
        comparison.see(Unit(1, float(draw % 2)) if draw % 4 < 2 else Unit(1, -float(draw % 2)))
    assert comparison.drawn == 10_000
    assert time.process_time() - begun < 1.0
