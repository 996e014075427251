"""`includes`: a target stands somewhere in the answer."""

from typing import Any

import pytest

from warehouse.errors import SuiteError

CASES = [
    pytest.param("It is Paris.", ("paris",), {}, True, id="case is ignored"),
    pytest.param("It is paris.", ("Paris",), {"ignore_case": False}, False, id="unless it counts"),
    pytest.param("25", ("5",), {}, True, id="a part of a word"),
    pytest.param("25", ("5",), {"whole": True}, False, id="not when it must be whole"),
    pytest.param("25 or 5.", ("5",), {"whole": True}, True, id="a whole one further on"),
    pytest.param("red", ("red", "blue"), {}, True, id="any"),
    pytest.param("red", ("red", "blue"), {"match": "all"}, False, id="all, one missing"),
    pytest.param("blue, red", ("red", "blue"), {"match": "all"}, True, id="all"),
    pytest.param("green", ("red",), {"targets": ["green"]}, True, id="targets in the options"),
    pytest.param("ＰＡＲＩＳ", ("paris",), {}, True, id="full-width"),
    pytest.param("", ("paris",), {}, False, id="nothing said"),
    pytest.param("I would guess Lyon.", ("Paris",), {}, False, id="another answer"),
    pytest.param("Pa ris", ("Paris",), {}, False, id="a word torn apart"),
    pytest.param("New\n  York", ("New York",), {}, True, id="white space of another kind"),
    pytest.param("**Paris**", ("Paris",), {"whole": True}, True, id="marks around a whole one"),
    pytest.param("Parisian", ("Paris",), {"whole": True}, False, id="the beginning of a word"),
    pytest.param("sub_query", ("query",), {"whole": True}, False, id="a part of a name"),
    pytest.param("not Paris", ("Paris",), {}, True, id="a negation is not understood"),
    pytest.param("e\u0301tat", ("état",), {}, True, id="a letter in two code points"),
    pytest.param("42 %", ("42%",), {}, False, id="a space within counts"),
    pytest.param("first\nsecond\nParis", ("paris",), {}, True, id="on a later line"),
    pytest.param(
        "blue", ("red", "blue"), {"match": "all", "whole": True}, False, id="all, whole, one missing"
    ),
    pytest.param("red/blue", ("red", "blue"), {"match": "all", "whole": True}, True, id="all, whole"),
]


@pytest.mark.parametrize(("answer", "targets", "options", "passed"), CASES)
def test_within(
    answer: str, targets: tuple[str, ...], options: dict[str, Any], passed: bool, a_sample: Any, a_grader: Any
) -> None:
    assert a_grader("includes", **options).grade(a_sample(*targets), answer).passed is passed


def test_the_explanation_names_what_is_missing(a_sample: Any, a_grader: Any) -> None:
    grade = a_grader("includes", match="all").grade(a_sample("red", "blue"), "red")
    assert grade.explanation == 'does not include "blue"'


def test_an_empty_target_is_refused_because_every_answer_includes_it(a_sample: Any, a_grader: Any) -> None:
    with pytest.raises(SuiteError, match="every answer includes"):
        a_grader("includes").check(a_sample(" "))
