"""A judge scores each criterion on its scale, from evidence that it quotes; no verdict is no grade."""

from typing import Any

import pytest

from tasks.grade.judging.base import VerdictError
from tasks.grade.judging.judge import Judge
from tasks.model import Sample
from tests.tasks.grade.judging.cases import CRITERIA, JUDGE, QUESTION, SAMPLE, answer, verdict

SAID = "The module is\nnot installed."


def test_the_request_holds_question_reference_and_answer_as_data() -> None:
    request = JUDGE.request(SAMPLE, QUESTION, SAID)
    system, user = (turn["content"] for turn in request)
    assert "1 = no" in system
    assert "3 = yes" in system
    assert SAID not in system
    for part in ("Why does the import fail?", "The module is not installed.", SAID):
        assert part in user


def test_evidence_comes_before_the_score() -> None:
    schema = JUDGE.schema()
    asked = schema["properties"]["accuracy"]
    assert list(asked["properties"]) == ["evidence", "explanation", "score"]
    assert asked["required"] == ["evidence", "explanation", "score"]
    assert asked["properties"]["score"]["enum"] == [1, 2, 3]


def test_without_a_right_answer_there_is_no_reference() -> None:
    user = JUDGE.request(Sample("s", {}), QUESTION, SAID)[-1]["content"]
    assert "<reference" not in user
    shown = Judge(criteria=CRITERIA, reference=False).request(SAMPLE, QUESTION, "x")[-1]["content"]
    assert "<reference" not in shown


def test_the_grades_are_where_the_numbers_stand_on_their_scales() -> None:
    grades = JUDGE.grades(JUDGE.read(answer(verdict(accuracy=2, brevity=1))), SAID)
    assert {name: grade.score for name, grade in grades.items()} == {
        "": pytest.approx((3 * 0.5 + 1 * 1.0) / 4),
        "accuracy": 0.5,
        "brevity": 1.0,
    }
    assert {name: grade.passed for name, grade in grades.items()} == {
        "": False,
        "accuracy": False,
        "brevity": True,
    }
    assert grades[""].explanation == "does not pass: accuracy"
    assert grades["accuracy"].answer == "2"


def test_an_answer_passes_where_every_criterion_does() -> None:
    grades = JUDGE.grades(JUDGE.read(answer(verdict(accuracy=3, brevity=0))), SAID)
    assert grades[""].passed
    assert grades[""].reason is None


@pytest.mark.parametrize(
    ("evidence", "said"),
    [
        pytest.param("module is not installed", "", id="line breaks apart"),
        pytest.param('"not installed."', "", id="in quotation marks"),
        pytest.param("the path is wrong", " (not in the answer)", id="made up"),
    ],
)
def test_evidence_that_is_not_in_the_answer_is_said_to_be_so(evidence: str, said: str) -> None:
    grades = JUDGE.grades(JUDGE.read(answer(verdict(evidence=evidence))), SAID)
    assert grades["accuracy"].explanation == f'It is. Evidence: "{evidence}"{said}'


@pytest.mark.parametrize(
    ("said", "why"),
    [
        pytest.param(verdict(accuracy=10), "10 is not on the scale 1, 2, 3", id="above the scale"),
        pytest.param(verdict(accuracy=0), "0 is not on the scale", id="below it"),
        pytest.param(verdict(accuracy=2.5), "2.5 is not on the scale", id="between two numbers"),
        pytest.param(verdict(accuracy="3"), "3 is not on the scale", id="text"),
        pytest.param(verdict(accuracy=True), "True is not on the scale", id="true is no 1"),
        pytest.param({"accuracy": verdict()["accuracy"]}, 'no criterion "brevity"', id="one is missing"),
        pytest.param({**verdict(), "accuracy": 3}, 'no criterion "accuracy"', id="a bare number"),
        pytest.param({**verdict(), "accuracy": {"score": 3}}, 'no text "evidence"', id="no evidence"),
        pytest.param("Score: 3", "is not JSON", id="prose"),
        pytest.param("[3]", "is not an object", id="a list"),
        pytest.param("[" * 100_000, "is not JSON", id="nested without end"),
        pytest.param("", "is not JSON", id="nothing"),
    ],
)
def test_what_is_no_verdict_is_not_guessed_at(said: object, why: str) -> None:
    with pytest.raises(VerdictError, match=why):
        JUDGE.read(answer(said))


@pytest.mark.parametrize("stop", ["length", "refusal", "content_filter"])
def test_a_verdict_that_was_cut_or_refused_is_none(stop: Any) -> None:
    with pytest.raises(VerdictError, match=stop):
        JUDGE.read(answer(verdict(), stop))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({}, "either a rubric"),
        ({"rubric": "diagnosis", "criteria": CRITERIA}, "either a rubric"),
        ({"rubric": "diagnosys"}, "did you mean diagnosis"),
        ({"rubric": "diagnosis", "extract": "boxed"}, "reads the whole answer"),
        ({"rubric": "diagnosis", "max_tokens": 1}, "max_tokens = 1"),
        ({"rubric": "diagnosis", "name": "my.judge"}, "leave . and @ out"),
    ],
)
def test_options_that_do_not_fit_are_refused(options: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        Judge(**options)


def test_the_version_is_another_for_other_words() -> None:
    other = [{**CRITERIA[0], "description": "Is it so?"}, CRITERIA[1]]
    assert Judge(criteria=other).version != JUDGE.version


class TestPanel:
    """Several judges: the mean of their scores, or what most of them say."""

    @staticmethod
    def pooled(panel: Any, *numbers: int) -> tuple[float, bool]:
        judge = Judge(criteria=CRITERIA, panel=panel)
        grades = [judge.grades(judge.read(answer(verdict(number))), SAID)["accuracy"] for number in numbers]
        grade = judge.pool(grades, 3)
        return round(grade.score, 3), grade.passed

    def test_the_mean(self) -> None:
        assert self.pooled("mean", 3, 3, 1) == (0.667, True)
        assert self.pooled("mean", 2, 2, 3) == (0.667, False)

    def test_the_majority(self) -> None:
        assert self.pooled("majority", 3, 3, 1) == (0.667, True)
        assert self.pooled("majority", 3, 1) == (0.5, False)
