"""A right answer lies where its form's extractor looks; a wrong one is believable and never the right one."""

import json
import re
from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tasks.call.simulated.answers import write_answer
from tasks.call.simulated.draws import Draw
from tasks.call.simulated.families import family_of
from tasks.call.simulated.mistakes import wrong_answer, wrong_number
from tasks.grade.extract import extract
from tests.tasks.call.simulated.loopback import GPT, QUESTION, SONNET, entry

SEEDS = range(60)
FAMILIES = [family_of(SONNET), family_of(GPT)]


def written(form: str, target: str, *, right: bool, seed: int, family: int = 0) -> str:
    return write_answer(entry(form=form, target=target), QUESTION, FAMILIES[family], Draw(seed), right=right)


def all_right(form: str, target: str) -> list[str]:
    """What both families write where they are right, for every seed."""
    return [
        written(form, target, right=True, seed=seed, family=family) for seed in SEEDS for family in (0, 1)
    ]


def test_a_right_number_is_the_last_one() -> None:
    for text in all_right("number", "1,540"):
        assert re.findall(r"\d[\d,]*", text)[-1] == "1,540"


def test_a_right_letter_is_the_only_lone_capital() -> None:
    for text in all_right("letter", "C"):
        assert re.findall(r"\b[A-Z]\b", text) == ["C"]


def test_a_right_value_is_under_its_key() -> None:
    for text in all_right("json.answer", "['a', \"b\"]"):
        value = re.search(r'"answer": ("(?:[^"\\]|\\.)*")', text)
        assert value is not None
        assert json.loads(value[1]) == "['a', \"b\"]"


def test_a_right_document_is_all_there_is() -> None:
    for text in all_right("json", '{"a": [1, "é"], "b": {}}'):
        assert json.loads(text) == {"a": [1, "é"], "b": {}}


@pytest.mark.parametrize(("form", "language"), [("code", "python"), ("sql", "sql")])
def test_right_code_is_in_a_fence(form: str, language: str) -> None:
    for text in all_right(form, "first line\n  second line\n"):
        assert f"```{language}\nfirst line\n  second line\n```" in text


def test_a_right_formula_is_in_the_box() -> None:
    for text in all_right("boxed", r"\frac{1}{\sqrt{2}}"):
        assert extract("boxed", text) == r"\frac{1}{\sqrt{2}}"


def test_a_right_text_stands_alone() -> None:
    assert set(all_right("text", "Paris, France")) == {"Paris, France"}


def test_a_spoiled_document_is_not_the_document_alone() -> None:
    target = {"a": [1, 2], "b": "x"}
    for seed in SEEDS:
        text = written("json", json.dumps(target), right=False, seed=seed)
        assert not _is_json(text) or json.loads(text) != target


def test_a_document_is_spoiled_in_every_way() -> None:
    texts = [written("json", '{"a": 1, "b": 2}', right=False, seed=seed) for seed in range(200)]
    assert any(text.startswith("```json") for text in texts)
    assert any(text[0].isalpha() and "{" in text for text in texts)
    assert any(text.startswith("{") and _is_json(text) for text in texts)
    assert any(text.startswith("{") and not _is_json(text) for text in texts)


def test_where_json_alone_is_asked_for_a_wrong_answer_is_not_json_alone() -> None:
    target = '{"a": 1, "b": 2}'
    assert not any(_is_json(written("json_only", target, right=False, seed=seed)) for seed in range(200))
    for text in all_right("json_only", target):
        assert json.loads(text) == {"a": 1, "b": 2}


def _is_json(text: str) -> bool:
    try:
        json.loads(text)
    except ValueError:
        return False
    return True


@given(
    st.decimals(-(10**40), 10**40, allow_nan=False, places=3) | st.integers(-(10**30), 10**30), st.integers()
)
def test_a_wrong_number_is_another_number_of_the_same_look(number: Decimal | int, seed: int) -> None:
    wrong = wrong_number(str(number), Draw(seed))
    assert Decimal(wrong) != Decimal(str(number))
    assert len(wrong.partition(".")[2]) == len(str(number).partition(".")[2])


def test_a_wrong_number_keeps_its_commas() -> None:
    assert all("," in wrong_number("1,234,567", Draw(seed)) for seed in SEEDS)


@given(
    st.sampled_from(["number", "letter", "json.answer", "code", "sql", "text"]),
    st.text(min_size=1, max_size=40) | st.sampled_from(["42", "A", "select a from t", "return a + b"]),
    st.integers(0, 1000),
)
def test_a_wrong_answer_is_never_the_right_one(form: str, target: str, seed: int) -> None:
    assume(target not in {"pass", "select null", "none of these"})
    assert wrong_answer(entry(form=form, target=target), Draw(seed)) != target


def test_given_wrong_answers_are_preferred() -> None:
    planned = entry(form="text", target="Paris", wrong=("Lyon", "Paris", "Nice"))
    assert {wrong_answer(planned, Draw(seed)) for seed in SEEDS} == {"Lyon", "Nice"}


def test_an_unknown_prompt_gets_some_text_that_repeats_no_sentence() -> None:
    text = write_answer(None, QUESTION, FAMILIES[1], Draw(1), right=False)
    sentences = text.split(". ")
    assert len(sentences) > 1
    assert len(set(sentences[:6])) == len(sentences[:6])


def test_the_verbose_model_writes_more_than_the_concise_one() -> None:
    lengths = [
        sum(len(written("number", "7", right=True, seed=seed, family=family)) for seed in SEEDS)
        for family in (0, 1)
    ]
    assert lengths[0] > 1.2 * lengths[1]
