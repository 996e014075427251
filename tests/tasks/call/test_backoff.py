"""A call's next attempt waits 0.5 to 30 s at random, below a growing ceiling, or as the server says."""

import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.backoff import LEAST_S, MAX_ATTEMPTS, MOST_S, RETRY_AFTER_MOST_S, delay


def test_a_call_is_tried_ten_times() -> None:
    assert MAX_ATTEMPTS == 10


@given(st.integers(1, 100), st.integers())
def test_without_a_word_from_the_server_the_delay_is_between_half_a_second_and_thirty(
    attempt: int, seed: int
) -> None:
    assert LEAST_S <= delay(attempt, None, random.Random(seed)) <= min(MOST_S, LEAST_S * 2**attempt)


@pytest.mark.parametrize(
    ("attempt", "ceiling"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (5, 16.0), (6, 30.0), (9, 30.0)]
)
def test_the_jitter_is_even_up_to_a_ceiling_that_doubles(attempt: int, ceiling: float) -> None:
    rng = random.Random(attempt)
    drawn = [delay(attempt, None, rng) for _ in range(4000)]
    assert max(drawn) > ceiling * 0.98
    assert min(drawn) < LEAST_S + ceiling * 0.02
    assert sum(drawn) / len(drawn) == pytest.approx((LEAST_S + ceiling) / 2, rel=0.03)


@given(st.integers(1, 10), st.floats(0.001, RETRY_AFTER_MOST_S), st.integers())
def test_retry_after_comes_first_and_nobody_is_sooner(attempt: int, told_s: float, seed: int) -> None:
    assert told_s <= delay(attempt, told_s, random.Random(seed)) <= told_s + LEAST_S


@pytest.mark.parametrize("told_s", [RETRY_AFTER_MOST_S + 1, 86_400.0, 1e300, math.inf])
def test_a_retry_after_of_hours_counts_as_five_minutes(told_s: float) -> None:
    assert RETRY_AFTER_MOST_S <= delay(1, told_s, random.Random(1)) <= RETRY_AFTER_MOST_S + LEAST_S


@pytest.mark.parametrize("told_s", [0.0, -1.0, -math.inf, math.nan])
def test_a_retry_after_that_is_no_time_counts_as_absent(told_s: float) -> None:
    assert delay(3, told_s, random.Random(5)) == delay(3, None, random.Random(5))
