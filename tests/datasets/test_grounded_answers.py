"""The suite grounded_answers: a guess where the passages do not say is wrong; so is a false "not there"."""

import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bench.grounded_answers.case import (
    FOUND,
    NOT_FOUND,
    NOT_THERE,
    Question,
    faults,
    minutes_between,
    spellings,
    working_day_after,
)
from bench.make_grounded_answers import SAMPLES, SETS, by_length, laid_out, render, rows
from tasks.grade.base import Grader
from tasks.grade.registry import make_graders
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite

FOLDER = Path(__file__).parents[2] / "datasets" / "grounded_answers"
QUESTIONS = [
    pytest.param(each, question, id=question.text[:60]) for each in SETS for question in each.questions
]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run loads it."""
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def grader(suite: Suite) -> Grader:
    """The one that is the score."""
    return make_graders(suite.graders, "suite.toml")[0]


def test_the_committed_file_is_what_the_sets_give() -> None:
    assert SAMPLES.read_bytes() == render().encode()


@pytest.mark.parametrize(("each", "question"), QUESTIONS)
def test_a_question_is_held_against_its_passages(each: Any, question: Question) -> None:
    assert faults(question, each.passages) == []


def test_a_third_cannot_be_answered_and_every_set_has_some_of_both(suite: Suite) -> None:
    assert len(suite.samples) >= 60
    not_there = [sample for sample in suite.samples if sample.target == NOT_THERE]
    assert len(not_there) * 3 == len(suite.samples)
    sides = Counter((sample.cluster, sample.metadata["answerable"]) for sample in suite.samples)
    assert len(sides) == 2 * len(SETS)
    assert min(sides.values()) >= 2


def test_the_category_says_why_and_whether_there_is_an_answer(suite: Suite) -> None:
    counts = Counter(sample.category for sample in suite.samples)
    assert set(counts) == {*FOUND, *NOT_FOUND}
    for sample in suite.samples:
        assert (sample.category in NOT_FOUND) == (sample.target == NOT_THERE) != sample.metadata["answerable"]


def test_ids_and_questions_are_unique_and_no_field_is_empty(suite: Suite) -> None:
    assert len({sample.input for sample in suite.samples}) == len(suite.samples)
    for sample in suite.samples:
        assert not [name for name, value in sample.row.items() if value in (None, "", [])], sample.sample_id
        assert len(sample.row["passages"]) == len(set(sample.row["passages"])) == 5


def test_difficulties_are_spread_over_both_kinds(suite: Suite) -> None:
    for there in (True, False):
        found = Counter(s.metadata["difficulty"] for s in suite.samples if s.metadata["answerable"] == there)
        assert set(found) == {"easy", "medium", "hard"}
        assert min(found.values()) >= 6


def test_neither_place_nor_length_nor_the_form_asked_for_tells_what_can_be_answered(suite: Suite) -> None:
    for there in (True, False):
        places = Counter(s.metadata["place"] for s in suite.samples if s.metadata["answerable"] == there)
        assert len(places) == 5
        assert max(places.values()) - min(places.values()) <= 1
    assert by_length(list(rows())) <= 0.70  # two thirds is what saying "answerable" always scores
    forms: dict[str, Counter[bool]] = {}
    for sample in suite.samples:
        form = str(sample.input).rpartition("?")[2].strip()
        forms.setdefault(form, Counter())[sample.metadata["answerable"]] += 1
    assert sum(max(counts.values()) for counts in forms.values()) <= 0.70 * len(suite.samples)


def test_no_single_answer_is_frequent(suite: Suite) -> None:
    targets = Counter(sample.target for sample in suite.samples if sample.target != NOT_THERE)
    assert max(targets.values()) <= 2


def test_every_question_says_in_which_form_it_wants_its_answer(suite: Suite) -> None:
    for sample in suite.samples:
        text = str(sample.input)
        assert text.count("?") == 1, sample.sample_id
        assert re.search(r"\b(Give|Name)\b[^?]*\.\Z", text), sample.sample_id
        assert 50 <= len(text) <= 200, sample.sample_id


def test_the_prompt_shows_passages_question_and_the_line_for_no_answer(suite: Suite) -> None:
    prompt = render_messages(suite, suite.samples[0], system=None, prompt=None)[-1]["content"]
    assert [f"[{n}] {text}" in prompt for n, text in enumerate(suite.samples[0].row["passages"], 1)] == [
        True
    ] * 5
    assert f"Question: {suite.samples[0].input}" in prompt
    assert prompt.rstrip().endswith(f"\n{NOT_THERE}")


def test_the_target_and_its_spellings_pass_and_every_wrong_answer_does_not(
    suite: Suite, grader: Grader
) -> None:
    for sample in suite.samples:
        grader.check(sample)
        for right in (sample.target, *sample.targets):
            assert grader.grade(sample, str(right)).passed, sample.sample_id
        for wrong in sample.row["wrong"]:
            assert not grader.grade(sample, wrong).passed, (sample.sample_id, wrong)


def test_a_false_not_there_and_an_invented_answer_are_wrong(suite: Suite, grader: Grader) -> None:
    for sample in suite.samples:
        assert grader.grade(sample, NOT_THERE).passed != sample.metadata["answerable"]
        for other in ("42", "2032-01-01", "Ines Faro or Greta Holm", "unknown", "I don't know."):
            assert not grader.grade(sample, other).passed


NUMBER, NOBODY = ("1318", "1,318"), (NOT_THERE,)
GRADED = [
    pytest.param(NUMBER, "1318", True, id="the number"),
    pytest.param(NUMBER, "1,318", True, id="with a comma"),
    pytest.param(NUMBER, " 1318.\n", True, id="a full stop"),
    pytest.param(NUMBER, "**1,318**", True, id="emphasis"),
    pytest.param(NUMBER, '"1318"', True, id="quotes"),
    pytest.param(NUMBER, "Answer: 1318", True, id="after the word answer"),
    pytest.param(NUMBER, "**Answer:** 1318", True, id="after the word in emphasis"),
    pytest.param(NUMBER, "1319", False, id="another number"),
    pytest.param(NUMBER, "11318", False, id="a longer number"),
    pytest.param(NUMBER, "1318 shipments were shown", False, id="a sentence"),
    pytest.param(NUMBER, "1318\n900", False, id="two answers"),
    pytest.param(NUMBER, NOT_THERE, False, id="a false not there"),
    pytest.param(NUMBER, f"{NOT_THERE}, but probably 1318", False, id="both"),
    pytest.param(("the Lantern team", "Lantern"), "lantern", True, id="small letters"),
    pytest.param(("the Lantern team", "Lantern"), "The Lantern Team.", True, id="another spelling"),
    pytest.param(("the Lantern team", "Lantern"), "Lanterns", False, id="another word"),
    pytest.param(("2033-05-21", "21 May 2033", "May 21, 2033"), "2033-05-21", True, id="a date"),
    pytest.param(("2033-05-21", "21 May 2033", "May 21, 2033"), "May 21, 2033", True, id="a date in words"),
    pytest.param(("2033-05-21", "21 May 2033", "May 21, 2033"), "2033-05-22", False, id="the day after"),
    pytest.param(NOBODY, NOT_THERE, True, id="not there"),
    pytest.param(NOBODY, "Not in the passages.", True, id="not there, small letters"),
    pytest.param(NOBODY, f"`{NOT_THERE}`", True, id="not there, as code"),
    pytest.param(NOBODY, f"Answer: {NOT_THERE}", True, id="not there, after the word answer"),
    pytest.param(NOBODY, f"{NOT_THERE}\nProbably 72.", False, id="not there, and a guess"),
    pytest.param(NOBODY, f"72 ({NOT_THERE})", False, id="a guess, and not there"),
    pytest.param(NOBODY, "72", False, id="invented"),
    pytest.param(NOBODY, "The passages do not say.", False, id="not in the form asked for"),
    pytest.param(NOBODY, "none", False, id="none"),
    pytest.param(NOBODY, "0", False, id="nothing as a number"),
]


@pytest.mark.parametrize(("targets", "answer", "passed"), GRADED)
def test_graded(targets: tuple[str, ...], answer: str, passed: bool, grader: Grader) -> None:
    sample = Sample("s-1", {}, target=targets[0], targets=targets)
    assert grader.grade(sample, answer).passed is passed


def test_a_right_answer_in_the_wrong_form_is_seen_by_the_second_grader(suite: Suite) -> None:
    first, second = make_graders(suite.graders, "suite.toml")
    sample = Sample("s-1", {}, target="1318", targets=NUMBER)
    answer = "According to [2], 1,318 shipments were shown without a position."
    assert (first.grade(sample, answer).passed, second.grade(sample, answer).passed) == (False, True)


ASKED = Question("How many?", "lookup", "easy", {"a": "has 12 cats"}, ("11",), "12")
GUESS = Question("How many dogs?", "other thing", "easy", {"a": "has 12 cats"}, ("12",), absent=("dogs",))


@pytest.mark.parametrize(
    ("question", "fault"),
    [
        (replace(ASKED, evidence={"a": "has 13 cats"}), "does not stand in a"),
        (replace(ASKED, target="13"), "stands in no evidence"),
        (replace(ASKED, derive=lambda: 6 + 7), "derived is 13, not 12"),
        (replace(ASKED, wrong=("12",)), "a wrong answer is right"),
        (replace(ASKED, wrong=()), "no wrong answer"),
        (replace(ASKED, category="other thing"), "not one of"),
        (replace(GUESS, absent=("cats",)), '"cats" stands in a passage'),
        (replace(GUESS, absent=()), "nothing says what is absent"),
        (replace(GUESS, wrong=("99",)), "nothing tempts"),
        (replace(GUESS, category="lookup"), "not one of"),
    ],
)
def test_an_unsound_question_is_found(question: Question, fault: str) -> None:
    passages = {"a": "Ana has\n12 cats."}
    assert faults(ASKED, passages) == faults(GUESS, passages) == []
    assert any(fault in said for said in faults(question, passages))


def test_spellings() -> None:
    assert spellings(replace(ASKED, target="2760000", also=("EUR 2,760,000",))) == (
        "2760000",
        "EUR 2,760,000",
        "2,760,000",
    )
    assert spellings(replace(ASKED, target="2032-03-01"))[1:] == ("1 March 2032", "March 1, 2032")
    assert spellings(GUESS) == (NOT_THERE,)


def test_prose_is_one_line_and_a_table_keeps_its_lines() -> None:
    assert laid_out("one\ntwo\nthree") == "one two three"
    assert laid_out("one\ntwo\na   1\nb   2") == "one two\na   1\nb   2"


def test_days_and_minutes() -> None:
    assert working_day_after("2032-02-06", 1).isoformat() == "2032-02-09"  # from a Friday to a Monday
    assert working_day_after("2032-02-03", 10).isoformat() == "2032-02-17"
    assert minutes_between("06:42", "09:17") == 155
