"""The suite error_diagnosis: right answers hold the facts, wrong ones do not, the prompt gives none away."""

import tomllib
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from bench.make_error_diagnosis import CASES, SAMPLES, balance, render
from tasks.grade.base import Grader
from tasks.grade.registry import make_grader
from tasks.load.samples import load_suite
from tasks.model import GraderConfig, Sample

SUITE = Path(__file__).parents[2] / "datasets" / "error_diagnosis"
ANSWERS = tomllib.loads(Path(__file__).with_name("error_answers.toml").read_text(encoding="utf-8"))["answer"]
NAMES = [f"{case.category}: {case.message.splitlines()[0][:50]}" for case in CASES]


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Sample]:
    """The samples as a run reads them, by prompt."""
    suite = load_suite(SUITE, tmp_path_factory.mktemp("cache"))
    return {str(sample.input): sample for sample in suite.samples}


@pytest.fixture(scope="module")
def grader() -> Grader:
    """The suite's grader."""
    return make_grader(GraderConfig("facts"), "error_diagnosis")


def test_the_committed_file_is_what_the_cases_give() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_samples_sql_returns_every_row_with_the_columns_of_a_suite() -> None:
    with duckdb.connect() as connection:
        connection.execute(f"set file_search_path = '{SUITE}'")
        found = connection.execute((SUITE / "samples.sql").read_text(encoding="utf-8"))
        assert found.description is not None
        types = {column[0]: str(column[1]) for column in found.description}
        rows: list[Any] = found.fetchall()
    assert len(rows) == len(CASES) >= 40
    assert types == {
        "sample_id": "VARCHAR",
        "input": "VARCHAR",
        "target": "VARCHAR",
        "wrong": "VARCHAR[]",
        "facts": "VARCHAR[]",
        "forbidden": "VARCHAR[]",
        "category": "VARCHAR",
        "metadata": "STRUCT(difficulty VARCHAR)",
    }
    assert not [row for row in rows if None in row or "" in row]


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_right_answers_pass_and_wrong_ones_do_not(
    case: Any, samples: dict[str, Sample], grader: Grader
) -> None:
    sample = samples[case.prompt]
    grader.check(sample)
    for right in (case.target, case.also):
        grade = grader.grade(sample, right)
        assert grade.passed, grade.explanation
    for wrong in case.wrong:
        assert not grader.grade(sample, wrong).passed, wrong


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: str(answer["message"])[:40])
def test_right_answers_in_the_words_of_others_pass(
    answer: dict[str, str], samples: dict[str, Sample], grader: Grader
) -> None:
    (case,) = [case for case in CASES if case.message.startswith(answer["message"])]
    grade = grader.grade(samples[case.prompt], answer["text"])
    assert grade.passed, grade.explanation


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_the_first_wrong_answer_is_wrong_by_what_it_advises(
    case: Any, samples: dict[str, Sample], grader: Grader
) -> None:
    assert "advises" in str(grader.grade(samples[case.prompt], case.wrong[0]).explanation)


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_a_right_answer_may_warn_against_each_forbidden_remedy(
    case: Any, samples: dict[str, Sample], grader: Grader
) -> None:
    for phrase in case.forbidden:
        for remedy in phrase.split("|"):
            words = remedy.replace("*", "").replace(" .. ", " the ")
            warned = f"{case.target}\n\nDo not do this:\n- {words}"
            assert grader.grade(samples[case.prompt], warned).passed, words


@pytest.mark.parametrize("case", CASES, ids=NAMES)
def test_what_the_prompt_says_is_no_answer(case: Any, samples: dict[str, Sample], grader: Grader) -> None:
    assert not grader.grade(samples[case.prompt], case.prompt).passed


def test_an_answer_to_one_row_is_none_to_the_others() -> None:
    assert balance()["score of the best answer to another row, for all"] < 0.05


def test_right_and_wrong_answers_are_of_one_length() -> None:
    figures = balance()
    longer = figures["mean characters of a right answer"] / figures["mean characters of a wrong answer"]
    assert 0.85 < longer < 1.15


def test_kinds_and_difficulties_are_spread() -> None:
    categories = Counter(case.category for case in CASES)
    difficulties = Counter(case.difficulty for case in CASES)
    assert max(categories.values()) <= len(CASES) / 5
    assert min(categories.values()) >= 3
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["hard"] >= len(CASES) / 5
    assert difficulties["easy"] <= len(CASES) / 4


def test_prompts_are_tidy_and_answers_short() -> None:
    assert len({case.prompt for case in CASES}) == len(CASES)
    for case in CASES:
        assert len(case.prompt) < 2500
        assert all(len(answer.split()) <= 80 for answer in (case.target, case.also, *case.wrong))
        assert len(case.wrong) >= 2
        assert len(case.forbidden) >= 2


def test_the_duplicate_key_in_dbo_users_is_there() -> None:
    said = "Cannot insert duplicate key in object 'dbo.Users'. The duplicate key value is ("
    assert sum(said in case.message for case in CASES) == 2
