"""Kappa and alpha have the figures printed in their papers, and do what counting by hand does."""

import random
import time
from collections import Counter
from itertools import permutations, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from warehouse.statistics.agreement import Metric, cohen_kappa, fleiss_kappa, krippendorff_alpha


def raters(table: list[list[int]]) -> tuple[list[int], list[int]]:
    """Two raters whose verdicts have this table of counts."""
    pairs = [(i, j) for i, row in enumerate(table) for j, n in enumerate(row) for _ in range(n)]
    return [one for one, _ in pairs], [other for _, other in pairs]


def test_cohens_kappa_of_a_worked_example() -> None:
    # https://en.wikipedia.org/wiki/Cohen%27s_kappa, 50 proposals: 20 yes/yes, 5, 10, 15 no/no
    got = cohen_kappa(*raters([[20, 5], [10, 15]]))
    assert got.value == pytest.approx(0.4)
    assert got.n == 50


def test_the_standard_error_is_that_of_its_paper() -> None:
    # Fleiss, Cohen, Everitt (1969), table 1: n = 200, kappa 0.429, standard error 0.0537
    got = cohen_kappa(*raters([[106, 10, 4], [22, 28, 10], [2, 12, 6]]))
    assert got.value == pytest.approx(0.429, abs=5e-4)
    assert got.high is not None
    assert got.value is not None
    assert (got.high - got.value) / 1.959963984540054 == pytest.approx(0.0537, abs=5e-5)


def test_perfect_agreement_is_not_certain_and_one_verdict_throughout_says_nothing() -> None:
    perfect = cohen_kappa("aabb" * 5, "aabb" * 5)
    assert (perfect.value, perfect.high) == (1.0, 1.0)
    # Wilson's lower bound of 20 of 20 is 0.8389; chance agrees on half
    assert perfect.low == pytest.approx((0.8389 - 0.5) / 0.5, abs=1e-4)
    assert cohen_kappa("aaaa", "aaaa").value is None
    assert cohen_kappa("", "").value is None


WIKIPEDIA_FLEISS = [  # ten subjects, fourteen raters: how many chose each of five
    *([0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1]),
    *([7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7]),
]


def test_fleiss_kappa_of_a_worked_example() -> None:
    # https://en.wikipedia.org/wiki/Fleiss%27_kappa: 0.210
    items = [[value for value, n in enumerate(row) for _ in range(n)] for row in WIKIPEDIA_FLEISS]
    got = fleiss_kappa(items)
    assert got.value == pytest.approx(0.210, abs=5e-4)
    assert got.n == 10
    assert got.low is not None
    assert got.high is not None
    assert -1 <= got.low < 0.21 < got.high <= 1


def test_fleiss_refuses_items_with_different_numbers_of_verdicts() -> None:
    with pytest.raises(ValueError, match="same number"):
        fleiss_kappa([["a", "b"], ["a"]])


KRIPPENDORFF = """
1 2 3 3 2 1 4 1 2 . . .
1 2 3 3 2 2 4 1 2 5 . 3
. 3 3 3 2 3 4 2 2 5 1 .
1 2 3 3 2 4 4 1 2 5 1 .
"""


@pytest.mark.parametrize(
    ("metric", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)], ids=lambda x: str(x)
)
def test_alpha_of_four_observers_and_twelve_units(metric: Metric, alpha: float) -> None:
    # Krippendorff (2011), section E: four observers, twelve units, missing values; the last unit but two
    # has one value and says nothing
    rows = [[None if v == "." else int(v) for v in line.split()] for line in KRIPPENDORFF.split("\n") if line]
    got = krippendorff_alpha(list(zip(*rows, strict=True)), metric)
    assert got.value == pytest.approx(alpha, abs=5e-4)
    assert got.n == 11


def test_alpha_of_no_pair_or_of_one_value_throughout_is_unknown() -> None:
    assert krippendorff_alpha([["a", None], [None, "b"]]).value is None
    assert krippendorff_alpha([["a", "a"], ["a", "a"]]).value is None


verdicts = st.lists(st.tuples(*[st.sampled_from([1, 2, 3])] * 3), min_size=2, max_size=12)


@given(items=verdicts)
def test_alpha_is_what_all_pairs_of_values_give(items: list[tuple[int, int, int]]) -> None:
    values = [value for item in items for value in item]
    observed = [(a - b) ** 2 for item in items for a, b in permutations(item, 2)]
    expected = [(a - b) ** 2 for a, b in permutations(values, 2)]
    want = None
    if any(expected):
        want = 1 - (sum(observed) / len(observed)) / (sum(expected) / len(expected))
    got = krippendorff_alpha(items, "interval").value
    assert got == (want if want is None else pytest.approx(want))


@given(items=verdicts)
def test_the_intervals_of_two_values_are_the_same_whatever_the_metric(
    items: list[tuple[int, int, int]],
) -> None:
    two = [[min(value, 2) for value in item] for item in items]  # at two values all metrics are one
    nominal, ordinal, interval = (
        krippendorff_alpha(two, metric) for metric in ("nominal", "ordinal", "interval")
    )
    for one in (ordinal, interval):
        assert (one.value is None) == (nominal.value is None)
        assert (one.low is None) == (nominal.low is None)
        if nominal.value is not None:
            assert one.value == pytest.approx(nominal.value)
        if nominal.low is not None:
            assert (one.low, one.high) == pytest.approx((nominal.low, nominal.high), abs=1e-9)


def test_many_different_scores_take_no_time() -> None:
    draw = random.Random(2)
    items = [[draw.random() for _ in range(3)] for _ in range(5000)]
    began = time.process_time()
    got = krippendorff_alpha(items, "interval")
    assert time.process_time() - began < 5
    assert got.value == pytest.approx(0, abs=0.05)


@given(items=st.lists(st.tuples(*[st.sampled_from("ab")] * 2), min_size=1, max_size=30))
def test_kappa_is_what_the_definition_says_and_its_interval_holds_it(items: list[tuple[str, str]]) -> None:
    first, second = [one for one, _ in items], [other for _, other in items]
    chance = sum(one == other for one, other in product(first, second)) / len(items) ** 2
    got = cohen_kappa(first, second)
    if chance == 1:
        assert got.value is None
    else:
        seen = sum(one == other for one, other in items) / len(items)
        assert got.value == pytest.approx((seen - chance) / (1 - chance))
        assert got.low is not None
        assert got.high is not None
        assert got.value is not None
        assert -1 <= got.low <= got.value + 1e-12
        assert got.value - 1e-12 <= got.high <= 1


@given(items=verdicts)
def test_who_said_what_does_not_matter_to_fleiss(items: list[tuple[int, int, int]]) -> None:
    turned = [(item[2], item[0], item[1]) for item in items]
    assert fleiss_kappa(turned) == fleiss_kappa(items)
    agreed = [sum(n * (n - 1) for n in Counter(item).values()) / 6 for item in items]
    if all(share == 1 for share in agreed) and len({item[0] for item in items}) > 1:
        assert fleiss_kappa(items).value == pytest.approx(1.0)
