"""Each measure of a judge is what counting by hand gives; what labels cannot tell is no measure."""

import pytest

from tasks.judges.labels import LabelledAnswer, LabelledPair
from tasks.judges.measures import measures_of
from tasks.judges.recorded import JudgedAnswer, JudgedPair, Verdicts
from tasks.model import CalibrationMeasure, Winner
from warehouse.statistics.agreement import cohen_kappa
from warehouse.statistics.proportions import Z95, wilson

SAID: dict[str, Winner | None] = {"a": "a", "b": "b", "t": "tie", "-": None}


def pair(label: Winner, first: str, swapped: str, a: str = "short", b: str = "longer one") -> JudgedPair:
    """A pair with a letter a repetition: a, b, t for a tie, - for a verdict that failed."""
    said = [tuple(SAID[letter] for letter in letters) for letters in (first, swapped)]
    return JudgedPair(LabelledPair("s", "q", a, b, label), *said)


def measured(verdicts: Verdicts) -> dict[str, CalibrationMeasure]:
    return {one.measure: one for one in measures_of(verdicts)}


def of_pairs(*judged: JudgedPair) -> dict[str, CalibrationMeasure]:
    return measured(Verdicts(pairs=judged))


JUDGED = (
    *[pair("a", "a", "a")] * 5,  # right in both orders
    *[pair("b", "b", "b")] * 2,  # right, for the longer one
    pair("a", "a", "b"),  # what stands first, twice
    pair("b", "a", "b"),
    pair("a", "b", "b", b="tiny"),  # wrong in both orders, for the shorter one
)


def test_shares_are_those_of_the_labels() -> None:
    got = of_pairs(*JUDGED)
    want = {
        "accuracy": wilson(8, 10),  # (8 + 8) of 20 verdicts
        "accuracy_first": wilson(8, 10),
        "accuracy_swapped": wilson(8, 10),
        "accuracy_both": wilson(7, 10),
        "consistency": wilson(8, 10),
    }
    for name, share in want.items():
        one = got[name]
        assert (one.value, one.ci_low, one.ci_high, one.n) == (share.value, share.low, share.high, 10), name


def test_kappa_between_the_orders_and_with_persons() -> None:
    got = of_pairs(*JUDGED)
    labels = [one.pair.label for one in JUDGED]
    first, swapped = [one.first[0] for one in JUDGED], [one.swapped[0] for one in JUDGED]
    between = cohen_kappa(first, swapped)
    assert (got["kappa_orders"].value, got["kappa_orders"].ci_low) == (between.value, between.low)
    one, other = cohen_kappa(labels, first).value, cohen_kappa(labels, swapped).value
    assert one is not None
    assert other is not None
    assert got["kappa"].value == pytest.approx((one + other) / 2)
    low, high = got["kappa"].ci_low, got["kappa"].ci_high
    assert low is not None
    assert high is not None
    assert -1 <= low < (one + other) / 2 < high <= 1


def test_position_bias_is_what_stands_first_beyond_half() -> None:
    got = of_pairs(*JUDGED)["position_bias"]
    # 18 verdicts are even between first and second place but for two pairs of which both are for the first
    assert got.value == pytest.approx(12 / 20 - 1 / 2)
    error = ((2 * 0.4**2 + 8 * 0.1**2) / 9 / 10) ** 0.5
    assert got.ci_high == pytest.approx(0.1 + Z95 * error)
    last = of_pairs(pair("a", "b", "a"), pair("b", "b", "a"))["position_bias"]
    assert (last.value, last.ci_low) == (-0.5, -0.5)


def test_length_bias_is_the_longer_one_beyond_the_persons() -> None:
    got = of_pairs(*JUDGED)["length_bias"]
    # persons: the longer in 3 of 9 plus once a, which is longer than "tiny"; the judge 2 + 0.5 + 0.5 of 10
    assert got.value == pytest.approx(3 / 10 - 4 / 10)
    assert got.n == 10
    even = of_pairs(pair("a", "b", "b", a="same", b="four"), pair("a", "t", "b"))["length_bias"]
    assert (even.value, even.n) == (0.75, 1)


def test_a_verdict_that_failed_is_left_out() -> None:
    got = of_pairs(pair("a", "a", "-"), pair("a", "-", "b"), pair("b", "b", "b"))
    assert got["accuracy"].value == pytest.approx(2 / 3)
    assert got["accuracy"].n == 3
    assert (got["accuracy_first"].value, got["accuracy_first"].n) == (1.0, 2)
    assert (got["accuracy_both"].value, got["accuracy_both"].n) == (1.0, 1)
    assert got["position_bias"].n == 1


def test_an_order_that_was_never_asked_leaves_the_other_measures() -> None:
    got = of_pairs(pair("a", "a", ""), pair("b", "b", ""), pair("b", "a", ""))
    assert got.keys() == {"accuracy", "accuracy_first", "kappa"}
    assert got["kappa"].value == cohen_kappa("abb", "aba").value


def test_repetitions_are_averaged_first_and_tell_of_self_consistency() -> None:
    got = of_pairs(pair("a", "aab", "aaa"), pair("b", "bbb", "bbb"))
    # of three verdicts with one that differs, one pair of three agrees
    assert got["self_consistency"].value == pytest.approx((((1 / 3) + 1) / 2 + 1) / 2)
    assert got["accuracy"].value == pytest.approx((5 / 6 + 1) / 2)
    assert got["accuracy"].n == 2
    assert got["consistency"].value == pytest.approx((2 / 3 + 1) / 2)


def test_what_was_not_repeated_has_no_self_consistency_and_pairs_no_sensitivity() -> None:
    assert of_pairs(*JUDGED).keys() == {
        *("accuracy", "accuracy_first", "accuracy_swapped", "accuracy_both", "consistency", "kappa_orders"),
        *("kappa", "position_bias", "length_bias"),
    }


def test_one_verdict_throughout_has_no_kappa() -> None:
    assert {"kappa", "kappa_orders"}.isdisjoint(of_pairs(pair("a", "a", "a"), pair("a", "a", "a")))


def answer(label: bool, *verdicts: bool | None) -> JudgedAnswer:
    return JudgedAnswer(LabelledAnswer("s", "q", "x", label), verdicts)


def test_single_answers_have_sensitivity_and_specificity() -> None:
    judged = [answer(True, True)] * 18 + [answer(True, False)] * 2
    judged += [answer(False, False)] * 7 + [answer(False, True)] * 3 + [answer(True, None)]
    got = measured(Verdicts(answers=tuple(judged)))
    assert (got["sensitivity"].value, got["sensitivity"].n) == (0.9, 20)
    assert (got["specificity"].value, got["specificity"].n) == (0.7, 10)
    assert got["accuracy"].value == pytest.approx(25 / 30)
    assert got["accuracy"].n == 30
    # 18 7 right, 2 3 wrong: chance agrees on (21 * 20 + 9 * 10) / 900
    chance = (21 * 20 + 9 * 10) / 900
    assert got["kappa"].value == pytest.approx((25 / 30 - chance) / (1 - chance))
    assert got.keys() == {"accuracy", "kappa", "sensitivity", "specificity"}


def test_answers_of_one_kind_alone_leave_the_other_unknown() -> None:
    got = measured(Verdicts(answers=(answer(True, True, True), answer(True, False, True))))
    assert "specificity" not in got
    assert got["self_consistency"].value == pytest.approx(0.5)
    assert got["sensitivity"].value == pytest.approx(0.75)
