"""`numeric` compares the first number of the extracted answer with the first number of a target."""

from typing import Any

import pytest

from warehouse.errors import SuiteError

CASES = [
    pytest.param("18", "# 18", {}, True, id="a mark before the target"),
    pytest.param("25", "5", {}, False, id="not a suffix match"),
    pytest.param("1,234.50", "$1234.5", {}, True, id="one number in two spellings"),
    pytest.param("60%", "0.6", {}, False, id="a percentage is not a share"),
    pytest.param("-221_3", "-221", {}, True, id="a base is apart"),
    pytest.param("So 3 + 4 = 7 apples.", "7", {}, True, id="the last number by default"),
    pytest.param("7 = 3 + 4", "7", {"extract": "text"}, True, id="of a whole text the first number"),
    pytest.param("3.14", "3.14159", {}, False, id="near is not equal"),
    pytest.param("3.14", "3.14159", {"tolerance": "0.01"}, True, id="near enough, absolutely"),
    pytest.param("980", "1000", {"relative": 0.02}, True, id="near enough, as a share of the target"),
    pytest.param("979", "1000", {"relative": 0.02}, False, id="not near enough"),
    pytest.param("1.234", "1234", {}, False, id="one dot is a decimal point"),
    pytest.param(
        "Es sind 1.234 Euro", "1234", {"dot_groups": True}, True, id="unless the suite says otherwise"
    ),
    pytest.param("1.234", "1.234", {"dot_groups": True}, True, id="and even then it may be one"),
    pytest.param("1/3", "\\frac{1}{3}", {}, True, id="fractions"),
    pytest.param("1e400", "1", {}, False, id="a huge number is wrong, not an error"),
    pytest.param(
        "100000000000000000000000000000000001",
        "100000000000000000000000000000000002",
        {},
        False,
        id="digits beyond a double count",
    ),
]


@pytest.mark.parametrize(("answer", "target", "options", "passed"), CASES)
def test_compare(
    answer: str, target: str, options: dict[str, Any], passed: bool, a_sample: Any, a_grader: Any
) -> None:
    grade = a_grader("numeric", **options).grade(a_sample(target), answer)
    assert (grade.passed, grade.score) == (passed, float(passed))
    assert grade.reason == (None if passed else "wrong")


def test_any_of_several_targets_will_do(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("numeric").grade(a_sample("1", "2"), "It is 2").passed


def test_an_answer_without_a_number_is_unparsable_and_keeps_its_text(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("numeric", extract="json.answer").grade(a_sample("1"), '{"answer": "none"}')
    assert (grade.score, grade.reason, grade.answer) == (0.0, "unparsable", "none")


def test_the_grade_holds_the_number_and_both_sides(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("numeric").grade(a_sample("# 70,000"), "It is $1,234.50.")
    assert (grade.answer, grade.explanation) == ("1234.5", "1234.5 against 70000")


@pytest.mark.parametrize("targets", [("many",), ("1", "many"), ()])
def test_a_target_without_a_number_is_refused(targets: tuple[str, ...], a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match=r's-1.*(number|"target")'):
        a_grader("numeric").check(a_sample(*targets))
