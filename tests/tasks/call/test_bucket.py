"""A bucket gives its limit to the nanosecond, and in no window more than the limit's share and one burst."""

import random
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.bucket import LARGE_NS, MARGIN_NS, MARGIN_ONE_NS, MINUTE_NS, Bucket
from tests.tasks.call.limiter_cases import Grant, most_at_once, most_over, per_minutes


@given(per_minutes, st.lists(st.tuples(st.integers(0, 10**10), st.floats(0.0, 3.0)), max_size=60))
def test_no_window_holds_more_than_the_limit_s_share_and_one_burst(
    per_minute: int, requests: list[tuple[int, float]]
) -> None:
    now, grants = 10**12, list[Grant]()
    bucket = Bucket(per_minute, now)
    largest = 0
    for idle_ns, size in requests:
        units = max(1, int(bucket.capacity * size))
        now += idle_ns
        now += bucket.wait_ns(units, now)
        assert bucket.wait_ns(units, now) == 0
        bucket.take(units, now)
        grants.append((now, units))
        largest = max(largest, units)
    assert most_over(grants, per_minute) <= most_at_once(bucket, largest) + Fraction(1, 10**6)


@given(per_minutes, st.integers(1, 2000))
def test_a_bucket_that_never_idles_gives_exactly_its_limit(per_minute: int, n: int) -> None:
    start = now = 5 * 10**11
    bucket = Bucket(per_minute, now, start=1)
    for _ in range(n):
        now += bucket.wait_ns(1, now)
        bucket.take(1, now)
    margin_ns = MARGIN_ONE_NS if LARGE_NS * per_minute <= MINUTE_NS else 0
    ideal = (n - 1) * Fraction(MINUTE_NS, per_minute) + n * margin_ns
    assert ideal <= now - start < ideal + 1  # to the nanosecond, after any number of them
    assert margin_ns * per_minute <= MINUTE_NS / 90  # of a slow limit a percent is left


@given(per_minutes, per_minutes, st.integers(0, 10**12), st.integers(1, 10**6))
def test_another_limit_goes_on_with_what_is_there_or_owed(one: int, two: int, later: int, units: int) -> None:
    bucket = Bucket(one, 0)
    bucket.take(units, later)
    before = bucket.level(later)
    bucket.change(two, later)
    assert bucket.level(later) == pytest.approx(min(before, bucket.capacity))
    assert bucket.per_minute == two
    full = later + 10**15 * 61  # a million units at one a minute, and the margin
    assert bucket.level(full) == bucket.capacity <= Bucket(two, 0).capacity


def test_a_hold_lasts_as_long_whatever_the_limit_becomes() -> None:
    bucket = Bucket(600, 0, start=1)
    bucket.hold(2_000_000_000)
    bucket.change(30, 0)
    assert bucket.wait_ns(1, 0) == 2_000_000_000 + MARGIN_ONE_NS


def test_a_request_that_fills_a_second_is_charged_a_little_more_and_given_back_whole() -> None:
    bucket = Bucket(400_000, 0)
    bucket.take(5_999, 0)
    assert bucket.level(0) == -5_999
    bucket.correct(-5_999)
    bucket.take(6_000, 0)
    assert bucket.level(0) == pytest.approx(-6_166.67, abs=0.01)
    assert bucket.time_ns(6_000) == 900_000_000 + MARGIN_NS
    bucket.undo(6_000)
    assert bucket.level(0) == 0


@given(per_minutes, st.integers(-100, 100), st.integers(0, 10**9))
def test_giving_back_what_was_taken_is_as_if_it_had_not_been_taken(
    per_minute: int, units: int, later: int
) -> None:
    one, other = Bucket(per_minute, 0), Bucket(per_minute, 0)
    one.correct(units)
    one.correct(-units)
    assert one.wait_ns(5, later) == other.wait_ns(5, later)


def test_a_bucket_holds_a_quarter_second_and_never_less_than_a_request() -> None:
    assert Bucket(60_000, 0).capacity == 250
    assert Bucket(60, 0).capacity == pytest.approx(1.1)
    assert Bucket(1, 0).capacity == pytest.approx(1, abs=0.01)


def test_a_slow_limit_loses_nothing_to_late_wakes() -> None:
    bucket, now, rng = Bucket(60, 0, start=1), 0, random.Random(3)
    for _ in range(500):
        now += bucket.wait_ns(1, now) + rng.randrange(100_000_000)
        bucket.take(1, now)
    assert now <= 500 * 1.01e9 + 0.2e9
