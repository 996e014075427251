"""The suite word_problems is what its generator writes, reads well, and hides its answers."""

import re
from collections import Counter
from fractions import Fraction
from pathlib import Path
from random import Random

import duckdb
import jinja2
import pytest

from bench.make_word_problems import DRAWS, SAMPLES, TEMPLATES, as_text, draw, numbers_in, render
from bench.word_problems.draft import Draft, Template

SUITE = Path(__file__).parents[2] / "datasets" / "word_problems"


@pytest.fixture(scope="module")
def samples() -> list[dict[str, str]]:
    """The rows as a run reads them: samples.sql with the file search path at the suite's folder."""
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{SUITE}'")
        found = connection.execute((SUITE / "samples.sql").read_text(encoding="utf-8"))
        assert found.description is not None
        names = [column[0] for column in found.description]
        types = [str(column[1]) for column in found.description]
        assert types[:5] == ["VARCHAR"] * 5, "a column was re-typed"
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def test_the_committed_file_is_what_the_generator_writes() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_samples_sql_returns_every_row_with_the_columns_of_a_suite(samples: list[dict[str, str]]) -> None:
    assert len(samples) >= 120
    assert len(samples) == SAMPLES.read_bytes().count(b"\n")
    assert set(samples[0]) == {"sample_id", "input", "target", "category", "difficulty", "metadata"}
    assert not [row for row in samples if None in row.values() or "" in row.values()]


def test_ids_and_texts_are_unique(samples: list[dict[str, str]]) -> None:
    assert len({row["sample_id"] for row in samples}) == len(samples)
    assert len({row["input"] for row in samples}) == len(samples)


def test_copies_of_a_template_differ_in_more_than_their_names(samples: list[dict[str, str]]) -> None:
    answers = Counter((str(row["metadata"]), row["target"]) for row in samples)
    assert max(answers.values()) == 1


def test_kinds_and_difficulties_are_spread(samples: list[dict[str, str]]) -> None:
    categories = Counter(row["category"] for row in samples)
    difficulties = Counter(row["difficulty"] for row in samples)
    assert len(categories) >= 15
    assert max(categories.values()) <= len(samples) / 5
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["hard"] >= len(samples) / 3
    assert difficulties["easy"] >= 12


def test_a_target_is_a_plain_positive_number(samples: list[dict[str, str]]) -> None:
    for row in samples:
        assert re.fullmatch(r"[1-9]\d*(\.\d*[1-9])?", row["target"]), row["sample_id"]


def test_a_target_is_never_a_number_of_its_text(samples: list[dict[str, str]]) -> None:
    assert not [row["sample_id"] for row in samples if Fraction(row["target"]) in numbers_in(row["input"])]


@pytest.mark.parametrize(
    "fault",
    [
        pytest.param(r"(?<![\d.,:])1 (?!January)[a-z]{2,}s\b", id="one of many"),
        pytest.param(r"\b(?:[02-9]|\d*[02-9]) (?:hour|day|block|minute|stroke|crate)\b", id="many of one"),
        pytest.param(r"\ba (?!used\b|euro\b|unit\b)[aeiou8]", id="a before a vowel"),
        pytest.param(r"\ban (?!hour\b|heir\b)[^aeiou8]", id="an before a consonant"),
        pytest.param(r"  | [,.;:?]|\n|\.\.|,,", id="spacing"),
        pytest.param(r"[{}\[\]_]|None|Fraction|True|False", id="left over from the template"),
        pytest.param(r"\$[\d,]+\.\d(?!\d)|\$\d{4}|\.0\b", id="money"),
        pytest.param(r"\d(?:1th|2th|3th)\b(?<!11th)(?<!12th)(?<!13th)", id="ordinal"),
        pytest.param(r"\b(\w+) \1\b(?<!that that)", id="a word twice"),
    ],
)
def test_texts_read_well(samples: list[dict[str, str]], fault: str) -> None:
    assert not [(row["sample_id"], m[0]) for row in samples if (m := re.search(fault, row["input"]))]


def test_every_text_is_a_paragraph_that_asks_for_a_number(samples: list[dict[str, str]]) -> None:
    for row in samples:
        text = row["input"]
        assert text[0].isupper() or text[0].isdigit(), row["sample_id"]
        assert text.endswith(("?", ")", ".")), row["sample_id"]
        assert text.count("?") == 1, row["sample_id"]
        assert 100 <= len(text) <= 800, row["sample_id"]


def test_the_prompt_asks_for_the_number_that_the_grader_reads(samples: list[dict[str, str]]) -> None:
    template = (SUITE / "prompt.jinja").read_text(encoding="utf-8")
    prompt = jinja2.Template(template, undefined=jinja2.StrictUndefined).render(samples[0])
    assert samples[0]["input"].split(".")[0] in prompt
    assert "Answer:" in prompt
    assert "no thousands separator" in prompt


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: str(template.name))
def test_both_derivations_agree_on_problems_that_were_never_written(template: Template) -> None:
    rng, drafts, draws = Random(f"other than the suite's: {template.name}"), 0, 0
    while drafts < 5 and draws < DRAWS:
        draft, draws = template.make(rng, draws), draws + 1
        if draft is not None:
            assert draft.solved == draft.checked, draft.text
            drafts += 1
    assert drafts == 5


def test_each_template_is_named_once() -> None:
    names = [template.name for template in TEMPLATES]
    assert len(set(names)) == len(names)


def test_a_template_whose_derivations_differ_is_refused() -> None:
    def wrong(rng: Random, nth: int) -> Draft:
        return Draft("How many are 2 and 2?", solved=4, checked=5)

    with pytest.raises(RuntimeError, match="4 against 5"):
        draw(Template(wrong, "rates", "easy"), 0, set())


def test_a_problem_that_names_its_answer_is_drawn_again() -> None:
    def sometimes(rng: Random, nth: int) -> Draft:
        more = rng.choice([2, 3])
        return Draft(f"Of 5 hens {more} run away, then come back with {more} others.", 5 + more, 5 + more)

    def always(rng: Random, nth: int) -> Draft:
        return Draft("There were twelve.", 12, 12)

    assert draw(Template(sometimes, "rates", "easy"), 0, {7}).solved == 8
    with pytest.raises(RuntimeError, match="no usable draft"):
        draw(Template(always, "rates", "easy"), 0, set())


@pytest.mark.parametrize(
    ("value", "text"),
    [
        pytest.param(84, "84", id="integer"),
        pytest.param(Fraction(25, 2), "12.5", id="shortest decimal"),
        pytest.param(Fraction(1200, 1), "1200", id="no exponent"),
        pytest.param(Fraction(301, 100), "3.01", id="two places"),
    ],
)
def test_as_text(value: int | Fraction, text: str) -> None:
    assert as_text(value) == text
