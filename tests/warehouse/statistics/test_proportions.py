"""Wilson's interval is scipy's; the jackknife is what leaving out each item by hand gives."""

import math
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binomtest

from warehouse.statistics.jackknife import jackknife
from warehouse.statistics.proportions import Z95, Measured, wilson


@given(counts=st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_wilson_is_scipys(counts: tuple[int, int]) -> None:
    passed, n = counts
    want = binomtest(passed, n).proportion_ci(0.95, method="wilson")
    got = wilson(passed, n)
    assert (got.low, got.high) == pytest.approx((want.low, want.high), abs=1e-12)


def test_wilson_of_nothing_is_unknown() -> None:
    assert wilson(0, 0) == Measured(None, None, None, 0)


def test_the_jackknife_of_a_mean_is_its_standard_error() -> None:
    values = [0.0, 0.5, 0.5, 1.0, 1.0, 1.0, 0.25]
    n = len(values)
    mean = sum(values) / n
    error = math.sqrt(sum((v - mean) ** 2 for v in values) / (n - 1) / n)
    got = jackknife(
        Counter(values),
        lambda kinds: sum(v * k for v, k in kinds.items()) / sum(kinds.values()),
        low=0.0,
        high=1.0,
        reach=1.0,
    )
    assert (got.value, got.low, got.high) == pytest.approx(
        (mean, mean - Z95 * error, min(1.0, mean + Z95 * error))
    )


def test_a_statistic_that_no_item_moves_is_not_certain() -> None:
    got = jackknife({"yes": 20}, lambda _: 1.0, low=0.0, high=1.0, reach=1.0)
    assert (got.value, got.low, got.high) == pytest.approx((1.0, wilson(20, 20).low, 1.0))


def test_a_statistic_that_hangs_on_one_item_has_no_interval() -> None:
    got = jackknife(
        {"a": 5, "b": 1}, lambda kinds: 0.5 if len(kinds) > 1 else None, low=0.0, high=1.0, reach=1.0
    )
    assert got == Measured(0.5, None, None, 6)
