"""The suite instructions: every prompt can be followed, and each of its instructions missed alone."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bench.instructions.orders import DRAWS, compatible
from bench.make_instructions import COPIES, SAMPLES, render
from tasks.grade.instructions.kinds import KINDS
from tasks.grade.registry import make_graders
from tasks.load.samples import load_suite
from tasks.model import Suite

FOLDER = Path(__file__).parents[2] / "datasets" / "instructions"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run loads it."""
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


def test_the_committed_file_is_what_the_program_writes() -> None:
    assert SAMPLES.read_text(encoding="utf-8") == render()


def test_three_hundred_prompts_of_every_kind(suite: Suite) -> None:
    used = Counter(kind for sample in suite.samples for kind in sample.metadata["kinds"])
    assert len(suite.samples) >= 300
    assert set(used) == set(KINDS) == set(DRAWS)
    assert min(used.values()) >= COPIES
    assert len({sample.input for sample in suite.samples}) == len(suite.samples)


def test_no_prompt_asks_for_kinds_that_exclude_each_other(suite: Suite) -> None:
    assert [s.sample_id for s in suite.samples if not compatible(set(s.metadata["kinds"]))] == []


@pytest.mark.parametrize(
    "kinds",
    [
        pytest.param({"lowercase", "uppercase"}, id="two cases"),
        pytest.param({"no_digits", "numbered"}, id="numbers without digits"),
        pytest.param({"ends_with", "postscript"}, id="two ends"),
        pytest.param({"one_of", "no_digits"}, id="an option and something else"),
        pytest.param({"language", "required_words"}, id="English words in another language"),
    ],
)
def test_the_table_knows_contradictions(kinds: set[str]) -> None:
    assert not compatible(kinds)


def test_the_right_answer_follows_all(suite: Suite) -> None:
    graders = make_graders(suite.graders, "suite.toml")
    assert [grader.name for grader in graders][:2] == ["instructions", "instructions_loose"]
    for sample in suite.samples:
        for grader in graders:
            grader.check(sample)
            grade = grader.grade(sample, str(sample.target))
            assert (grade.score, grade.passed) == (1, True), (sample.sample_id, grade.explanation)


def test_each_wrong_answer_misses_its_own_instruction_alone(suite: Suite) -> None:
    strict, _, share, _ = make_graders(suite.graders, "suite.toml")
    for sample in suite.samples:
        kinds, wrong = sample.metadata["kinds"], sample.row["wrong"]
        assert len(wrong) == len(kinds), sample.sample_id
        for kind, answer in zip(kinds, wrong, strict=True):
            grade = strict.grade(sample, answer)
            assert json.loads(str(grade.explanation))["missed"] == [kind], sample.sample_id
            assert grade.score == 0
            assert share.grade(sample, answer).score == pytest.approx(1 - 1 / len(kinds))
