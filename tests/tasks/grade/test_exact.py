"""`exact`: the answer is a target, character for character."""

from typing import Any

import pytest

from warehouse.errors import SuiteError

CASES = [
    pytest.param("Paris", "Paris", {}, True, id="equal"),
    pytest.param(" Paris\n", "Paris ", {}, True, id="white space around is apart"),
    pytest.param("New  York", "New York", {}, False, id="white space inside counts"),
    pytest.param("paris", "Paris", {}, False, id="case counts"),
    pytest.param("paris", "Paris", {"ignore_case": True}, True, id="unless it is ignored"),
    pytest.param("STRASSE", "Straße", {"ignore_case": True}, True, id="full case folding"),
    pytest.param("e\u0301", "é", {}, True, id="a letter in two code points"),
    pytest.param("Ａ", "A", {}, False, id="full-width is another character"),
    pytest.param("Ａ", "a", {"ignore_case": True}, True, id="and the same where case is ignored"),
    pytest.param("1.0", "1", {}, False, id="numbers are text"),
    pytest.param("'a'", "a", {}, False, id="quotes count"),
    pytest.param('"a"', "'a'", {"strip_quotes": True}, True, id="unless they are stripped"),
    pytest.param("' a '", " a ", {"strip_quotes": True}, True, id="white space in a literal counts"),
    pytest.param(" a", "'a'", {"strip_quotes": True}, False, id="and outside of it too"),
    pytest.param("", "Paris", {}, False, id="nothing"),
    pytest.param("Paris.", "Paris", {}, False, id="a full stop counts"),
    pytest.param("The answer is Paris", "Paris", {}, False, id="a sentence is not its last word"),
    pytest.param("3", "three", {}, False, id="figures are not words"),
    pytest.param("a\u00a0b", "a b", {}, False, id="a space of another kind"),
    pytest.param("Straße", "STRASSE", {"ignore_case": True}, True, id="folding works both ways"),
    pytest.param("[1,2]", "[1, 2]", {"strip_quotes": True}, False, id="a literal is not evaluated"),
]


@pytest.mark.parametrize(("answer", "target", "options", "passed"), CASES)
def test_compare(
    answer: str, target: str, options: dict[str, Any], passed: bool, a_sample: Any, a_grader: Any
) -> None:
    grader = a_grader("exact", extract=r"(?s)^(.*)$", **options)
    assert grader.grade(a_sample(target), answer).passed is passed


def test_a_line_break_equals_a_written_one_between_quotes(a_sample: Any, a_grader: Any) -> None:
    grader = a_grader("exact", extract="json.answer", strip_quotes=True)
    assert grader.grade(a_sample("'a\\nb'"), '{"answer": "a\\nb"}').passed


def test_an_empty_literal_is_an_answer(a_sample: Any, a_grader: Any) -> None:
    grader = a_grader("exact", extract="json.answer", strip_quotes=True)
    assert grader.grade(a_sample("''"), '{"answer": ""}').passed


def test_any_of_several_targets_will_do(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("exact").grade(a_sample("Paris", "Parigi"), "Parigi").passed


def test_a_sample_without_target_is_refused(a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match='"s-1" has no "target"'):
        a_grader("exact").check(a_sample())
