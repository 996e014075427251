"""Two answers are compared in one order; the verdict names a place, and anything else is none."""

import pytest

from tasks.grade.judging.base import VerdictError
from tasks.grade.judging.pairwise import Pairwise
from tests.tasks.grade.judging.cases import QUESTION, SAMPLE, answer

PAIRWISE = Pairwise(rubric="diagnosis")


def test_the_order_is_that_of_the_request() -> None:
    one = PAIRWISE.request(SAMPLE, QUESTION, "alpha", "beta")[-1]["content"]
    other = PAIRWISE.request(SAMPLE, QUESTION, "beta", "alpha")[-1]["content"]
    assert one.index("alpha") < one.index("beta")
    assert other.index("beta") < other.index("alpha")


def test_what_counts_is_said() -> None:
    system = Pairwise(rubric="diagnosis", criteria="Short answers.").system()
    assert "What counts: Short answers." in system
    assert "- actionability:" in system


@pytest.mark.parametrize("place", ["first", "second", "tie"])
def test_a_verdict_names_a_place(place: str) -> None:
    said = {"evidence": "x", "explanation": "Because.", "winner": place}
    found = PAIRWISE.read(answer(said))
    assert (found.winner, found.explanation) == (place, "Because.")


@pytest.mark.parametrize("winner", ["First", "a", "both", None, 1])
def test_another_word_is_no_verdict(winner: object) -> None:
    with pytest.raises(VerdictError, match="is none of first, second, tie"):
        PAIRWISE.read(answer({"evidence": "", "explanation": "", "winner": winner}))
