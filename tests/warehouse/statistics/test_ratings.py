"""Strengths are the most likely ones; who won everything has a finite one; length is taken out."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from warehouse.statistics.lengths import Duel, length_controlled
from warehouse.statistics.linear import inverse
from warehouse.statistics.ratings import Meeting, Rating, bradley_terry, win_chance

# https://en.wikipedia.org/wiki/Bradley%E2%80%93Terry_model, worked example: 0.139, 0.226, 0.143, 0.492
WIKIPEDIA = [
    Meeting("A", "B", 2, 3),
    Meeting("A", "D", 1, 4),
    Meeting("B", "C", 5, 3),
    Meeting("C", "D", 1, 3),
]


def by_name(ratings: list[Rating]) -> dict[str, Rating]:
    return {rating.name: rating for rating in ratings}


def test_the_strengths_of_a_worked_example() -> None:
    ratings = by_name(bradley_terry(WIKIPEDIA))
    powers = {name: math.exp(rating.strength) for name, rating in ratings.items()}
    shares = [powers[name] / sum(powers.values()) for name in "ABCD"]
    assert shares == pytest.approx([0.139, 0.226, 0.143, 0.492], abs=5e-4)
    assert not ratings["A"].with_prior
    assert [rating.name for rating in bradley_terry(WIKIPEDIA)] == ["D", "B", "C", "A"]


def test_two_models_have_the_strengths_and_the_interval_of_a_share() -> None:
    best, last = bradley_terry([Meeting("a", "b", 30, 8, ties=4)])
    assert (best.name, best.n) == ("a", 42)
    assert win_chance(best.strength, last.strength) == pytest.approx(32 / 42)
    # the standard error of a log odds is 1 / sqrt(n p q); a strength is half of it
    error = 1 / math.sqrt(42 * (32 / 42) * (10 / 42)) / 2
    assert best.high - best.strength == pytest.approx(1.959963984540054 * error)
    assert best.elo - last.elo == pytest.approx(400 * math.log10(32 / 10))


def test_a_tie_is_half_a_win_for_each() -> None:
    assert bradley_terry([Meeting("a", "b", 1, 2, ties=4)]) == bradley_terry([Meeting("a", "b", 3, 4)])


def test_who_won_everything_is_rated_with_a_weak_prior_that_says_so() -> None:
    best, last = bradley_terry([Meeting("a", "b", 20, 0)])
    assert best.with_prior
    assert 0 < best.low < best.strength < best.high < 10
    assert last.strength == pytest.approx(-best.strength)
    more = bradley_terry([Meeting("a", "b", 200, 0)])[0]
    assert more.strength > best.strength


def test_models_that_never_met_are_rated_and_say_so() -> None:
    ratings = by_name(bradley_terry([Meeting("a", "b", 3, 1), Meeting("c", "d", 1, 1)]))
    assert all(rating.with_prior for rating in ratings.values())
    assert ratings["a"].strength > ratings["c"].strength > ratings["b"].strength


def test_a_model_does_not_meet_itself() -> None:
    with pytest.raises(ValueError, match="itself"):
        bradley_terry([Meeting("a", "a", 1, 1)])


@given(counts=st.lists(st.integers(1, 30), min_size=6, max_size=6))
def test_strengths_are_the_most_likely_ones(counts: list[int]) -> None:
    meetings = [
        Meeting("a", "b", *counts[:2]),
        Meeting("b", "c", *counts[2:4]),
        Meeting("c", "a", *counts[4:]),
    ]

    def unlikely(free: list[float]) -> float:
        place = {"a": free[0], "b": free[1], "c": -free[0] - free[1]}
        return -sum(
            one.wins_a * math.log(win_chance(place[one.a], place[one.b]))
            + one.wins_b * math.log(win_chance(place[one.b], place[one.a]))
            for one in meetings
        )

    found = minimize(unlikely, [0.0, 0.0], tol=1e-12).x
    ratings = by_name(bradley_terry(meetings))
    assert [ratings["a"].strength, ratings["b"].strength] == pytest.approx(list(found), abs=1e-4)
    assert sum(rating.strength for rating in ratings.values()) == pytest.approx(0, abs=1e-9)


def test_nineteen_of_twenty_intervals_hold_the_strength() -> None:
    draw = random.Random(3)
    truth = {"a": 0.8, "b": 0.0, "c": -0.8}
    held = 0
    for _ in range(300):
        meetings = []
        for one, other in (("a", "b"), ("b", "c"), ("a", "c")):
            won = sum(draw.random() < win_chance(truth[one], truth[other]) for _ in range(60))
            meetings.append(Meeting(one, other, won, 60 - won))
        held += sum(rating.low <= truth[rating.name] <= rating.high for rating in bradley_terry(meetings))
    assert 0.92 <= held / 900 <= 0.98


def test_no_meeting_no_rating() -> None:
    assert bradley_terry([]) == []


def duels(n: int, quality: float, slope: float, seed: int) -> list[Duel]:
    """Made of a judge who likes longer answers; a's are usually longer."""
    draw = random.Random(seed)
    made = []
    for _ in range(n):
        a, b = round(math.exp(draw.gauss(6, 0.6))), round(math.exp(draw.gauss(5.5, 0.6)))
        chance = 1 / (1 + math.exp(-quality - slope * math.log(a / b)))
        made.append(Duel(float(draw.random() < chance), a, b))
    return made


def test_a_win_rate_that_length_bought_is_taken_back() -> None:
    made = duels(2000, quality=-0.4, slope=1.2, seed=1)
    raw = sum(duel.won for duel in made) / len(made)
    got = length_controlled(made)
    assert raw > 0.53
    assert got.value == pytest.approx(1 / (1 + math.exp(0.4)), abs=0.03)
    assert got.high is not None
    assert got.high < 0.5


def test_nineteen_of_twenty_length_controlled_intervals_hold_the_truth() -> None:
    truth, held = 1 / (1 + math.exp(-0.5)), 0
    for seed in range(200):
        got = length_controlled(duels(150, quality=0.5, slope=1.0, seed=seed))
        assert got.low is not None
        assert got.high is not None
        held += got.low <= truth <= got.high
    assert 0.9 <= held / 200 <= 0.99


def test_where_lengths_are_equal_the_win_rate_is_the_raw_one() -> None:
    made = [Duel(1.0, 50, 50)] * 30 + [Duel(0.5, 50, 50)] * 4 + [Duel(0.0, 50, 50)] * 6
    got = length_controlled(made)
    assert got.value == pytest.approx(32 / 40, abs=0.005)  # but for the prior


def test_who_won_every_duel_has_a_finite_rate() -> None:
    got = length_controlled([Duel(1.0, 100, 90)] * 20 + [Duel(1.0, 80, 90)] * 20)
    assert got.value is not None
    assert got.low is not None
    assert 0.5 < got.low < got.value < 1


def test_empty_answers_have_a_length_of_one_and_no_duel_no_rate() -> None:
    assert length_controlled([]).value is None
    got = length_controlled([Duel(0.0, 0, 100), Duel(1.0, 100, 0), Duel(1.0, 5, 5)])
    assert got.value is not None


def test_an_inverse_is_one() -> None:
    matrix = [[0.0, 2.0, 1.0], [1.0, 0.0, 3.0], [4.0, 1.0, 0.0]]
    other = inverse(matrix)
    product = [[sum(matrix[i][k] * other[k][j] for k in range(3)) for j in range(3)] for i in range(3)]
    assert [value for row in product for value in row] == pytest.approx(
        [1, 0, 0, 0, 1, 0, 0, 0, 1], abs=1e-12
    )
    with pytest.raises(ZeroDivisionError):
        inverse([[1.0, 2.0], [2.0, 4.0]])
