"""`regex`: a pattern matches, in linear time, in every script."""

import time
from typing import Any

import pytest

from tasks.grade.linear import linear_pattern
from warehouse.errors import SuiteError

CASES = [
    pytest.param("The answer is 42.", "answer is \\d+", True, id="anywhere"),
    pytest.param("৪২", "^\\d+$", True, id="digits of every script"),
    pytest.param("réponse", "^\\w+$", True, id="letters of every script"),
    pytest.param("a\u00a0b", "a\\sb", True, id="white space of every script"),
    pytest.param("x7", "^[\\d]", False, id="a class"),
    pytest.param("7x", "^[^\\d]", False, id="a negated class"),
    pytest.param("]", "^[]a]$", True, id="a bracket in a class"),
    pytest.param("(", "^[(]$", True, id="a parenthesis in a class"),
    pytest.param("é", "\\u00e9", True, id="a code point"),
    pytest.param("end", "d\\Z", True, id="Python's end of text"),
    pytest.param("a.b", "^\\Qa.b\\E$", True, id="a quoted part"),
    pytest.param("YES", "(?i)yes", True, id="a flag"),
    pytest.param("abc", "(?P<x>b)(?:c)", True, id="groups"),
]


@pytest.mark.parametrize(("answer", "pattern", "passed"), CASES)
def test_search(answer: str, pattern: str, passed: bool, a_sample: Any, a_grader: Any) -> None:
    assert a_grader("regex", pattern=pattern).grade(a_sample("x"), answer).passed is passed


@pytest.mark.parametrize(("match", "passed"), [("any", True), ("all", False)])
def test_without_a_pattern_the_targets_are_patterns(
    match: str, passed: bool, a_sample: Any, a_grader: Any
) -> None:
    grader = a_grader("regex", match=match)
    assert grader.grade(a_sample("b+", "z"), "abc").passed is passed


def test_case_may_be_ignored(a_sample: Any, a_grader: Any) -> None:
    assert a_grader("regex", pattern="yes", ignore_case=True).grade(a_sample(), "YES").passed


def test_a_target_that_is_no_pattern_is_refused(a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match=r'target "\(", which is no pattern'):
        a_grader("regex").check(a_sample("("))


@pytest.mark.parametrize("source", ["(", "(?=a)", "(a)\\1", "a{1001}", "x" * 1001])
def test_what_is_no_pattern_says_so(source: str) -> None:
    with pytest.raises(ValueError, match=r"RE2 syntax|longer than"):
        linear_pattern(source)


@pytest.mark.parametrize(
    ("source", "groups"), [("(a)(?:b)(?P<c>d)", 2), ("\\(a[(]", 0), ("(?i)a", 0), ("(?<n>a)", 1)]
)
def test_groups_are_counted(source: str, groups: int) -> None:
    assert linear_pattern(source).n_groups == groups


def test_a_pattern_that_is_exponential_elsewhere_is_linear_here() -> None:
    began = time.perf_counter()
    assert not linear_pattern("^(a+)+$").found("a" * 200_000 + "!")
    assert time.perf_counter() - began < 5


def test_a_lone_surrogate_in_the_text_is_no_error() -> None:
    assert linear_pattern("b").found("\ud800b")
