"""What the model or its service spoiled is a grade of 0 with its reason, from every grader."""

from typing import Any

import pytest

from tasks.grade.respond import grade_answer, spoiled
from tasks.model import Answer, StopReason


def _answer(text: str | None, stop: StopReason = "stop", error_kind: str | None = None) -> Answer:
    return Answer(text, stop, stop, None, error_kind=error_kind)


SPOILED = [
    pytest.param(_answer("I will not.", "refusal"), "refusal", id="refused"),
    pytest.param(_answer("18", "refusal"), "refusal", id="refused beside the right answer"),
    pytest.param(_answer(None, "content_filter"), "content_filter", id="filtered"),
    pytest.param(_answer(None, "other", "content_filter"), "content_filter", id="filtered by an error"),
    pytest.param(_answer("The answer is 18", "length"), "cut", id="cut, though it can be read"),
    pytest.param(_answer("", "length"), "cut", id="cut before the first word"),
    pytest.param(_answer(None), "empty", id="no text"),
    pytest.param(_answer(" \n\u00a0"), "empty", id="white space"),
    pytest.param(_answer("", "tool"), "empty", id="a tool call"),
    pytest.param(_answer(None, "other", "context_overflow"), "context_overflow", id="too long a prompt"),
    pytest.param(_answer(None, "other", "timeout"), "timeout", id="timed out"),
    pytest.param(_answer(None, "other", "bad_body"), "error", id="another error"),
]


@pytest.mark.parametrize(("answer", "reason"), SPOILED)
def test_spoiled(answer: Answer, reason: str, a_sample: Any, a_grader: Any) -> None:
    graders = [a_grader("numeric"), a_grader("json_only")]
    judged = grade_answer(graders, a_sample("18"), answer)
    assert [(grader, grade.score, grade.passed, grade.reason) for grader, grade in judged] == [
        (grader, 0.0, False, reason) for grader in graders
    ]
    assert all(grade.explanation for _, grade in judged)


@pytest.mark.parametrize(
    ("text", "reasons"),
    [
        ("18", [None, "wrong"]),
        ("nothing", ["unparsable", "wrong"]),
        ('{"n": 19}', ["wrong", None]),
    ],
)
def test_what_is_not_spoiled_is_judged_by_each_grader_in_order(
    text: str, reasons: list[str | None], a_sample: Any, a_grader: Any
) -> None:
    graders = [a_grader("numeric"), a_grader("json_only")]
    judged = grade_answer(graders, a_sample("18"), _answer(text))
    assert [grade.reason for _, grade in judged] == reasons


@pytest.mark.parametrize("stop", ["stop", "tool", "other"])
def test_an_end_that_is_no_cut_is_judged(stop: StopReason) -> None:
    assert spoiled(_answer("18", stop)) is None


def test_a_grade_holds_only_what_a_table_can(a_sample: Any, a_grader: Any) -> None:
    (_, grade), *_ = grade_answer([a_grader("exact")], a_sample("x"), _answer("\ud800" + "y" * 100_000))
    assert grade.answer is not None
    assert len(grade.answer.encode("utf-8")) < 25_000
    assert (grade.explanation or "").isprintable()


@pytest.mark.parametrize("answer", [_answer("18"), *(case.values[0] for case in SPOILED)])
def test_a_grader_that_asks_a_judge_gives_no_grade_here_and_no_other_takes_its_place(
    answer: Answer, a_sample: Any, a_grader: Any
) -> None:
    graders = [a_grader("judge", rubric="diagnosis"), a_grader("numeric")]
    assert [grader.name for grader, _ in grade_answer(graders, a_sample("18"), answer)] == ["numeric"]
    assert grade_answer(graders[:1], a_sample("18"), answer) == []
