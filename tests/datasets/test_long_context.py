"""The suites needle and long_document as a run loads them: prompts, graders, how long it takes."""

import time
from pathlib import Path
from typing import Any

import pytest

from tasks.call.facts import current_models
from tasks.grade.registry import make_graders
from tasks.load.discover import BUILT_IN
from tasks.load.made.long_document import LongDocumentOptions
from tasks.load.made.needle import NeedleOptions
from tasks.load.render import render_messages
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite
from tasks.suite_check import contexts_of, estimate_tokens

SUITES = ("needle", "long_document")


@pytest.fixture(scope="module", params=SUITES)
def suite(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """Each of the two."""
    return load_suite(BUILT_IN / request.param, tmp_path_factory.mktemp("cache"))


def prompt_of(suite: Suite, sample: Sample) -> str:
    [turn] = render_messages(suite, sample, system=None, prompt=None)
    return turn["content"]


def test_a_suite_is_there_within_three_seconds(tmp_path: Path) -> None:
    for name in SUITES:
        began = time.process_time()
        load_suite(BUILT_IN / name, tmp_path)
        assert time.process_time() - began < 3.0, name


def test_a_document_is_in_memory_once_and_in_the_tables_not_at_all(suite: Suite) -> None:
    texts = {id(sample.row["document"]): len(sample.row["document"]) for sample in suite.samples}
    assert len(texts) == len({sample.cluster for sample in suite.samples})
    assert sum(texts.values()) < 1_200_000
    for sample in suite.samples:
        assert sample.input is not None
        assert len(sample.input) < 400
        assert "document" not in sample.metadata


def test_the_prompt_is_the_document_and_then_the_question(suite: Suite) -> None:
    for sample in suite.samples:
        prompt = prompt_of(suite, sample)
        assert prompt.startswith(sample.row["document"])
        rest = prompt[len(sample.row["document"]) :]
        assert str(sample.input) in rest
        assert len(rest) < 900


def test_a_prompt_has_about_the_tokens_that_its_sample_says(suite: Suite) -> None:
    contexts = contexts_of([*current_models().values(), "openai/gpt-4o-2024-05-13"])
    for sample in suite.samples:
        length, tokens = sample.metadata["length_tokens"], estimate_tokens(prompt_of(suite, sample))
        assert 0.9 * length <= tokens <= 1.03 * length, sample.sample_id
        assert tokens + suite.params["max_tokens"] <= min(contexts.values())


def test_right_answers_are_graded_right_and_wrong_ones_wrong(suite: Suite) -> None:
    score = make_graders(suite.graders, "suite.toml")[0]
    for sample in suite.samples:
        score.check(sample)
        for right in (sample.target, *sample.targets):
            assert score.grade(sample, str(right)).passed, (sample.sample_id, right)
        assert sample.row["wrong"]
        for wrong in sample.row["wrong"]:
            assert not score.grade(sample, wrong).passed, (sample.sample_id, wrong)


def score_of(suite: Suite, sample: Sample, answer: str) -> bool:
    return make_graders(suite.graders, "suite.toml")[0].grade(sample, answer).passed


@pytest.mark.parametrize(
    ("kind", "form", "passed"),
    [
        pytest.param("single", "{}", True, id="the number"),
        pytest.param("single", "The number is **{}**.", True, id="in a sentence"),
        pytest.param("single", "{:,}", True, id="with a comma"),
        pytest.param("single", "1{}", False, id="a digit more"),
        pytest.param("single", "I could not find it.", False, id="nothing"),
        pytest.param("total", "{:,} crowns.", True, id="crowns"),
        pytest.param("total", "Answer: {}", True, id="after the word answer"),
        pytest.param("total", "About {}", False, id="about"),
        pytest.param("total", "{}0", False, id="ten times as much"),
        pytest.param("chain", "**{}**", True, id="emphasis"),
        pytest.param("chain", "{} heads it.", False, id="a sentence"),
        pytest.param("order", "The {}", True, id="an article"),
        pytest.param("order", "{} or another", False, id="two answers"),
    ],
)
def test_how_an_answer_may_be_written(kind: str, form: str, passed: bool, tmp_path: Path) -> None:
    name = "needle" if kind == "single" else "long_document"
    suite = load_suite(BUILT_IN / name, tmp_path)
    sample = next(sample for sample in suite.samples if sample.category == kind)
    target: Any = int(str(sample.target)) if str(sample.target).isdigit() else sample.target
    assert score_of(suite, sample, form.format(target)) is passed


@pytest.mark.parametrize(
    ("name", "options"), [("needle", NeedleOptions), ("long_document", LongDocumentOptions)]
)
def test_the_card_writes_the_defaults_out(name: str, options: Any) -> None:
    from tasks.load.definition import read_definition

    made = read_definition(BUILT_IN / name).made
    assert made is not None
    assert made.seed == 0
    defaults = options().model_dump(exclude={"distractors"})
    assert made.options.model_dump(exclude={"distractors"}) == defaults


def test_always_the_commonest_answer_scores_nothing(suite: Suite) -> None:
    targets = [sample.target for sample in suite.samples]
    assert max(map(targets.count, targets)) <= 0.06 * len(targets)
