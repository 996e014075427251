"""The suite extraction: each schema admits the one answer that its document's facts give, in any wrapping."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from random import Random
from typing import Any

import jinja2
import pytest

from bench.extraction.draft import Draft, Template
from bench.make_extraction import DRAWS, SAMPLES, TEMPLATES, balance, draw, leaves, render
from tasks.grade.registry import make_graders
from tasks.load.samples import load_suite
from tasks.model import Grade, Sample, Suite

FOLDER = Path(__file__).parents[2] / "datasets" / "extraction"
CATEGORIES = {"dates", "amounts", "tables", "logs", "e-mails", "records"}
Json = Any
IsRight = Callable[[Sample, str], Grade]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run loads it."""
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def samples(suite: Suite) -> tuple[Sample, ...]:
    return suite.samples


@pytest.fixture(scope="module")
def grade(suite: Suite) -> IsRight:
    """The suite's only grader."""
    (grader,) = make_graders(suite.graders, "suite.toml")
    for sample in suite.samples:
        grader.check(sample)
    return grader.grade


def target_of(sample: Sample) -> dict[str, Json]:
    found: dict[str, Json] = json.loads(str(sample.target))
    return found


def spoiled(value: Json) -> Iterator[Json]:
    """The document with one value changed or retyped, one key gone or added, or one list reordered or cut."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield {k: v for k, v in value.items() if k != key}
            yield from ({**value, key: worse} for worse in spoiled(inner))
        yield {**value, "a key nobody asked for": 1}
    elif isinstance(value, list):
        yield [*value, value[-1] if value else "x"]
        if value:
            yield value[:-1]
        for at, (left, right) in enumerate(pairwise(value)):
            if left != right:
                yield [*value[:at], right, left, *value[at + 2 :]]
        for at, inner in enumerate(value):
            yield from ([*value[:at], worse, *value[at + 1 :]] for worse in spoiled(inner))
    elif isinstance(value, str):
        yield from (value + " ", value.upper() if value.upper() != value else value.lower() + "x", None)
    elif value is None:
        yield from ("", "null", 0, False)
    elif isinstance(value, bool):
        yield from (not value, str(value).lower(), None)
    else:
        yield from (value + 1, -value if value else 0.01, str(value), None)


def test_the_committed_file_is_what_the_templates_write() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_every_row_has_its_columns_and_none_is_empty(samples: tuple[Sample, ...]) -> None:
    assert len(samples) >= 50
    assert len(samples) == sum(template.copies for template in TEMPLATES)
    for sample in samples:
        assert not [name for name, value in sample.row.items() if value in (None, "", [])], sample.sample_id
        assert isinstance(sample.row["schema"], str)
        assert len(sample.row["wrong"]) == 2


def test_ids_documents_and_answers_are_unique(samples: tuple[Sample, ...]) -> None:
    assert len({sample.input for sample in samples}) == len(samples)
    assert len({sample.target for sample in samples}) == len(samples)


def test_kinds_and_difficulties_are_spread(samples: tuple[Sample, ...]) -> None:
    categories = Counter(sample.category for sample in samples)
    difficulties = Counter(sample.metadata["difficulty"] for sample in samples)
    assert set(categories) == CATEGORIES
    assert min(categories.values()) >= 10
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["easy"] >= 10
    assert difficulties["hard"] >= len(samples) / 3
    assert {sample.category for sample in samples[:6]} == CATEGORIES


def test_the_target_passes_and_every_trap_does_not(samples: tuple[Sample, ...], grade: IsRight) -> None:
    for sample in samples:
        assert grade(sample, str(sample.target)).passed, sample.sample_id
        for wrong in sample.row["wrong"]:
            assert not grade(sample, wrong).passed, (sample.sample_id, wrong)


def test_a_trap_has_the_form_of_the_answer(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        for wrong in sample.row["wrong"]:
            assert set(json.loads(wrong)) == set(target_of(sample)), sample.sample_id


def test_an_answer_with_one_value_changed_is_refused(samples: tuple[Sample, ...], grade: IsRight) -> None:
    for sample in samples:
        for document in spoiled(target_of(sample)):
            assert not grade(sample, json.dumps(document)).passed, (sample.sample_id, document)


def test_keys_may_stand_in_any_order_and_numbers_be_written_in_any_way(
    samples: tuple[Sample, ...], grade: IsRight
) -> None:
    def turned(value: Json) -> Json:
        if isinstance(value, dict):
            return {key: turned(value[key]) for key in reversed(value)}
        if isinstance(value, list):
            return [turned(inner) for inner in value]
        return float(value) if type(value) is int else value

    for sample in samples:
        assert grade(sample, json.dumps(turned(target_of(sample)), indent=1)).passed, sample.sample_id


def test_fences_and_words_around_the_json_do_not_count(samples: tuple[Sample, ...], grade: IsRight) -> None:
    for sample in samples:
        assert grade(sample, f"Here it is:\n\n```json\n{sample.target}\n```\nAnything else?").passed
        assert grade(sample, f"The document says [1] this: {sample.target} (see above)").passed


def test_another_samples_answer_is_refused(samples: tuple[Sample, ...], grade: IsRight) -> None:
    for one, other in pairwise(samples):
        assert not grade(one, str(other.target)).passed


RIGHT = {
    "ext-008": {"items": {"hotel": 113, "lunch": 109.2, "museum": 136.8, "taxi": 241.1}, "total": 600.1},
    "ext-025": {
        "days": [
            "2025-05-05",
            "2025-05-19",
            "2025-06-02",
            "2025-06-16",
            "2025-07-14",
            "2025-07-29",
            "2025-08-11",
        ],
        "n": 7,
    },
    "ext-009": {"team": "south", "tickets": {"Elif": 84, "Viktor": 89, "Sanjay": 31}, "total": 204},
}
EXPENSES = '{"items": {"hotel": 113.00, "lunch": 109.20, "museum": 136.80, "taxi": 241.10}, "total": 600.10}'


@pytest.mark.parametrize(
    ("answer", "passed"),
    [
        # ext-008, worked out by hand from its document.
        pytest.param(EXPENSES, True, id="with two decimals"),
        pytest.param(json.dumps(RIGHT["ext-008"]), True, id="with as many as needed"),
        pytest.param(json.dumps(RIGHT["ext-008"], indent=4), True, id="laid out"),
        pytest.param(EXPENSES.replace(" ", ""), True, id="in one piece"),
        pytest.param(f"```json\n{EXPENSES}\n```", True, id="fenced"),
        pytest.param(f"```\n{EXPENSES}\n```", True, id="fenced without a language"),
        pytest.param(f"Printing is out.\n\n{EXPENSES}", True, id="after reasoning"),
        pytest.param(f"{EXPENSES}\n\nI halved the lunch.", True, id="explained afterwards"),
        pytest.param(f"Items [4 of 5]: {EXPENSES}", True, id="a list before it"),
        pytest.param(
            '{"total": 600.1, "items": {"taxi": 241.1, "museum": 136.8, "lunch": 109.2, "hotel": 113}}',
            True,
            id="keys turned round",
        ),
        pytest.param(EXPENSES.replace("113.00", "1.13e2"), True, id="an exponent"),
        pytest.param(EXPENSES.replace("600.10", "600.01"), False, id="another total"),
        pytest.param(EXPENSES.replace("241.10", "421.10"), False, id="the taxi not corrected"),
        pytest.param(EXPENSES.replace("109.20", "218.40"), False, id="the lunch not halved"),
        pytest.param(EXPENSES.replace("600.10", '"600.10"'), False, id="a number as text"),
        pytest.param(EXPENSES.replace("600.10", "600,10"), False, id="a decimal comma"),
        pytest.param(EXPENSES.replace("113.00", "113.00 EUR"), False, id="a unit"),
        pytest.param(EXPENSES.replace("hotel", "Hotel"), False, id="a key in other letters"),
        pytest.param(EXPENSES.replace(', "total": 600.10', ""), False, id="no total"),
        pytest.param(EXPENSES.replace('"total"', '"printing": null, "total"'), False, id="a key too many"),
        pytest.param(
            EXPENSES.replace('"items": {', '"items": {"printing": 0, '), False, id="an item too many"
        ),
        pytest.param(f"[{EXPENSES}]", False, id="in a list of one"),
        pytest.param(EXPENSES[:-1], False, id="cut"),
        pytest.param('{"items": [["hotel", 113]], "total": 600.1}', False, id="another structure"),
        pytest.param(f'{{"answer": {EXPENSES}}}', False, id="wrapped in another object"),
        pytest.param(
            f'{{"items": {{}}, "total": 0}}\nNo, rather:\n{EXPENSES}', False, id="the first one counts"
        ),
        pytest.param("The total is 600.10 EUR.", False, id="prose"),
        pytest.param("{}", False, id="nothing found"),
        pytest.param("", False, id="nothing"),
    ],
)
def test_answers_of_many_forms(
    answer: str, passed: bool, samples: tuple[Sample, ...], grade: IsRight
) -> None:
    (sample,) = (sample for sample in samples if sample.sample_id == "ext-008")
    assert grade(sample, answer).passed is passed


@pytest.mark.parametrize("sample_id", list(RIGHT))
def test_what_a_reader_found_by_hand_passes(
    sample_id: str, samples: tuple[Sample, ...], grade: IsRight
) -> None:
    (sample,) = (sample for sample in samples if sample.sample_id == sample_id)
    assert grade(sample, json.dumps(RIGHT[sample_id])).passed


def test_the_prompt_names_every_key_of_the_answer(samples: tuple[Sample, ...]) -> None:
    for sample in samples:
        ask = str(sample.input).partition("<document>")[0]
        for key in target_of(sample):
            assert f'"{key}"' in ask, (sample.sample_id, key)


def test_keys_within_are_named_in_the_question_or_stand_in_the_document(samples: tuple[Sample, ...]) -> None:
    def keys(value: Json) -> Iterator[str]:
        for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
            yield from keys(inner)
        if isinstance(value, dict):
            yield from value

    for sample in samples:
        text = str(sample.input).lower()
        days = (
            {"monday", "tuesday", "wednesday", "thursday", "friday"}
            if "monday, tuesday, ..." in text
            else set()
        )
        missing = [key for key in keys(target_of(sample)) if key.lower() not in text and key not in days]
        assert missing == [], sample.sample_id


def test_documents_are_tidy_and_hold_no_answer_as_json(suite: Suite) -> None:
    template = jinja2.Template(str(suite.prompt), undefined=jinja2.StrictUndefined)
    for sample in suite.samples:
        text = template.render(sample.row)
        assert not re.search(r"[ \t]+$", text.replace("\n-- \n", "\n--\n"), re.MULTILINE), sample.sample_id
        assert str(sample.target) not in text
        assert text.count("<document>") == text.count("</document>") == 1
        assert len(text) <= 3000


def test_no_rule_gets_far_without_reading(samples: tuple[Sample, ...]) -> None:
    figures = balance()
    for rule in [name for name in figures if name.startswith(("always", "the first"))]:
        assert float(figures[rule].rstrip("%")) <= 3, rule
    flags = Counter(v for s in samples for _, v in leaves(target_of(s)) if isinstance(v, bool))
    assert 0.35 <= flags[True] / flags.total() <= 0.65


def test_copies_of_a_template_have_different_answers(samples: tuple[Sample, ...]) -> None:
    for template in TEMPLATES:
        mine = [target_of(s) for s in samples if s.metadata["template"] == template.name]
        assert len(mine) == template.copies
        for one, other in pairwise(mine):
            values = [[value for _, value in leaves(target)] for target in (one, other)]
            same = sum(a == b for a, b in zip(*values, strict=False))
            assert same <= 0.6 * len(values[0]), template.name


def test_a_template_that_produces_nothing_is_reported() -> None:
    calls = []

    def nothing(_rng: Random, nth: int) -> Draft | None:
        calls.append(nth)
        return None

    with pytest.raises(RuntimeError, match="nothing: no usable draft"):
        draw(Template(nothing, "dates", "easy"), 0)
    assert len(calls) == DRAWS


def test_a_draft_whose_trap_is_the_answer_is_drawn_again() -> None:
    def sometimes(rng: Random, _nth: int) -> Draft:
        return Draft("text", "?", {"a": 1, "b": 2}, ({"b": 2, "a": rng.choice([1, 1, 3])},))

    assert draw(Template(sometimes, "dates", "easy"), 0).traps[0]["a"] == 3
