"""A range is around what is expected, grows with what is not known, and holds as often as it says."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.spread import Night, Range, added, assumed, expected_mean


def night(tokens: list[int]) -> Night:
    return Night(len(tokens), float(sum(tokens)), float(sum(n * n for n in tokens)))


NIGHTS = st.lists(st.lists(st.integers(0, 10_000), max_size=30).map(night), min_size=1, max_size=8).filter(
    lambda nights: any(night.n for night in nights)
)


@given(NIGHTS, st.integers(0, 100_000))
def test_the_range_is_around_the_mean_of_all_answers(nights: list[Night], n_ahead: int) -> None:
    found = expected_mean(nights, n_ahead)
    mean = sum(night.total for night in nights) / sum(night.n for night in nights)
    assert found.mid == pytest.approx(mean)
    assert 0 <= found.low <= found.mid <= found.high


def test_more_answers_make_it_narrower_and_nights_that_differ_wider() -> None:
    def width(nights: list[Night], n_ahead: int = 100) -> float:
        found = expected_mean(nights, n_ahead)
        return found.high - found.low

    few, many = night([50, 150] * 5), night([50, 150] * 500)
    assert width([many]) < width([few])
    assert width([many], 1000) < width([many], 10)
    assert width([many] * 5) < width([many])
    other = night([100, 300] * 500)
    assert width([many, other]) > 2 * width([many, many])


def test_one_answer_promises_little_and_many_of_one_length_do_not_promise_that_for_every_night() -> None:
    one = expected_mean([night([100])], 1000)
    assert one.low == 0
    calm = expected_mean([night([100] * 10_000)], 10_000)
    assert 80 < calm.low < 95
    assert 105 < calm.high < 120


def test_the_next_night_lies_within_as_often_as_it_says() -> None:
    draw = random.Random(5)

    def a_night(n: int) -> list[int]:
        tonight = draw.gauss(5.0, 0.06)
        return [int(draw.lognormvariate(tonight, 0.6)) for _ in range(n)]

    within = 0
    for _ in range(400):
        past = [night(a_night(120)) for _ in range(5)]
        ahead = a_night(200)
        found = expected_mean(past, len(ahead))
        within += found.low <= sum(ahead) / len(ahead) <= found.high
    assert 0.90 <= within / 400 <= 0.995


def test_what_is_learned_errs_each_for_itself_and_what_is_assumed_to_one_side() -> None:
    one = Range(7.0, 10.0, 14.0)
    assert added([one, one], []) == Range(20 - 18**0.5, 20.0, 20 + 32**0.5)
    assert added([], [one, one]) == Range(14.0, 20.0, 28.0)
    assert added([], []) == Range(0.0, 0.0, 0.0)
    assert assumed(80.0) == Range(10.0, 80.0, 320.0)
