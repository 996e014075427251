"""`choice`: the stated letter, or the words, of the right choice."""

from typing import Any

import pytest

from warehouse.errors import SuiteError

CITIES = ("Rome", "Paris", "A town", "None of these")
CASES = [
    pytest.param("The answer is B.", "B", {}, True, id="letter against letter"),
    pytest.param("The answer is C.", "B", {}, False, id="another letter"),
    pytest.param("(B)", "Paris", {}, True, id="letter against the text of a choice"),
    pytest.param("Paris", "B", {}, True, id="text against letter"),
    pytest.param("**paris.**", "Paris", {}, True, id="text against text"),
    pytest.param("Answer: A town", "C", {}, True, id="an article within a choice"),
    pytest.param("I weighed them.\nAnswer: None of these", "D", {}, True, id="text after reasoning"),
    pytest.param('{"answer": "B"}', "B", {"extract": "json.answer"}, True, id="letter in JSON"),
    pytest.param('{"answer": "Paris"}', "B", {"extract": "json.answer"}, True, id="text in JSON"),
    pytest.param("B", "(b)", {}, True, id="a target with brackets"),
    pytest.param("B", "B", {}, True, id="the letter alone"),
    pytest.param("b)", "B", {}, True, id="small, with a bracket"),
    pytest.param("ANSWER: (B)", "B", {}, True, id="shouted, in brackets"),
    pytest.param("\\boxed{B}", "B", {}, True, id="in a box"),
    pytest.param("Answer: B\n\nOn reflection:\nAnswer: C", "C", {}, True, id="the last statement counts"),
    pytest.param("Answer: B\n\nOn reflection:\nAnswer: C", "B", {}, False, id="and not the first"),
    pytest.param("Rome", "B", {}, False, id="the text of another choice"),
    pytest.param("London", "B", {}, False, id="no choice at all"),
    pytest.param("I cannot tell.", "B", {}, False, id="no letter"),
    pytest.param("", "B", {}, False, id="nothing"),
    pytest.param('{"answer": "C"}', "B", {"extract": "json.answer"}, False, id="another letter in JSON"),
    pytest.param("The correct option is D: None of these", "D", {}, True, id="letter and text"),
]


@pytest.mark.parametrize(("answer", "target", "options", "passed"), CASES)
def test_named(
    answer: str, target: str, options: dict[str, Any], passed: bool, a_sample: Any, a_grader: Any
) -> None:
    grade = a_grader("choice", **options).grade(a_sample(target, choices=CITIES), answer)
    assert grade.passed is passed


def test_the_grade_holds_the_letter(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("choice").grade(a_sample("B", choices=CITIES), "Rome")
    assert (grade.answer, grade.explanation) == ("A", "A against B")


def test_a_letter_beyond_the_choices_is_no_answer(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("choice").grade(a_sample("B", choices=CITIES), "Answer: Z")
    assert grade.reason == "unparsable"


def test_without_choices_every_letter_counts(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("choice").grade(a_sample("Z"), "Answer: Z").passed


@pytest.mark.parametrize("target", ["E", "London", ""])
def test_a_target_that_is_no_choice_is_refused(target: str, a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match="A to D or the text of a choice"):
        a_grader("choice").check(a_sample(target, choices=CITIES))
