"""The suite code_review: every planted defect shows when its code runs, and no clean change has one."""

from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from bench.code_review.case import KINDS, NONE, Case
from bench.code_review.probe import raised
from bench.make_code_review import CASES, SAMPLES, balance, render
from tasks.grade.base import Grader
from tasks.grade.registry import make_graders
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite
from tasks.rehearsal import answer_form

SUITE = Path(__file__).parents[2] / "datasets" / "code_review"
DEFECTS = [case for case in CASES if case.kind != NONE]
CLEAN = [case for case in CASES if case.kind == NONE]


def named(case: Case) -> str:
    return f"{case.kind} {case.bait} {case.purpose[:40]}"


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run reads it."""
    return load_suite(SUITE, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def graders(suite: Suite) -> dict[str, Grader]:
    """The suite's graders by name."""
    return {grader.name: grader for grader in make_graders(suite.graders, "code_review")}


def seen(case: Case, code: str) -> Any:
    """What the probe sees; a query's rows in any order."""
    return in_order(raised(case.probe, code))


def in_order(found: Any) -> Any:
    is_rows = isinstance(found, list) and all(isinstance(row, tuple) for row in found)
    return sorted(found, key=repr) if is_rows else found


def test_the_committed_file_is_what_the_cases_give() -> None:
    assert SAMPLES.read_bytes() == render().encode()


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("case", DEFECTS, ids=named)
def test_a_planted_defect_shows_and_its_repair_works(case: Case) -> None:
    assert seen(case, case.clean) == in_order(case.right)
    assert seen(case, case.defective) != in_order(case.right)


@pytest.mark.parametrize("case", CLEAN, ids=named)
def test_a_clean_change_does_what_it_is_for(case: Case) -> None:
    assert case.defective == case.clean
    assert seen(case, case.clean) == in_order(case.right)
    if case.same:
        assert seen(case, case.before) == in_order(case.right)


@pytest.mark.parametrize("case", DEFECTS, ids=named)
def test_the_target_is_a_line_that_the_change_adds(case: Case) -> None:
    assert case.lines[0] in case.added
    assert len(case.lines) <= 4
    assert len(case.lines) < len(case.added) + 2


def test_the_numbers_in_a_prompt_are_those_of_its_lines() -> None:
    case = next(case for case in CASES if "rows between 7 preceding" in case.defective)
    (line,) = case.lines
    assert f"\n{line:>3} +         rows between 7 preceding and current row\n" in case.prompt


def test_every_row_can_be_graded_and_its_target_passes(suite: Suite, graders: dict[str, Grader]) -> None:
    assert list(graders) == ["json_schema", "line", "verdict"]
    assert len(suite.samples) == len(CASES) >= 30
    for sample in suite.samples:
        for grader in graders.values():
            grader.check(sample)
            assert grader.grade(sample, str(sample.target)).passed
        for wrong in sample.row["wrong"]:
            assert not graders["json_schema"].grade(sample, wrong).passed, (sample.sample_id, wrong)


def test_a_simulated_model_errs_with_the_findings_of_the_suite(suite: Suite) -> None:
    assert answer_form(suite) == "text", "a fence around a right finding would be no mistake"


def of_kind(suite: Suite, text: str) -> Sample:
    return next(sample for sample in suite.samples if text in str(sample.input))


OFF, OK = "rows between 7 preceding", "The API counts pages from 1"
ANSWERS = [
    pytest.param(OFF, '{"line": 7, "kind": "off_by_one"}', "111", id="right"),
    pytest.param(OFF, '{"kind": "off_by_one", "line": 7}', "111", id="keys the other way round"),
    pytest.param(OFF, '```json\n{"line": 7, "kind": "off_by_one"}\n```', "111", id="in a fence"),
    pytest.param(OFF, 'The window:\n{"line": 7, "kind": "off_by_one"}', "111", id="after a word"),
    pytest.param(OFF, '{"line": 7.0, "kind": "off_by_one"}', "111", id="the same number"),
    pytest.param(OFF, '{"line": 7, "kind": "off_by_one", "why": "8 rows"}', "111", id="a key more"),
    pytest.param(OFF, '{"line": 6, "kind": "off_by_one"}', "001", id="another line"),
    pytest.param(OFF, '{"line": 7, "kind": "null_handling"}', "011", id="another kind"),
    pytest.param(OFF, '{"line": 8, "kind": "time_zone"}', "001", id="another line and kind"),
    pytest.param(OFF, '{"line": 0, "kind": "none"}', "000", id="not seen"),
    pytest.param(OFF, '{"line": 7, "kind": "none"}', "010", id="a line without a kind"),
    pytest.param(OFF, '{"line": "7", "kind": "off_by_one"}', "001", id="a number as text"),
    pytest.param(OFF, '{"line": 7, "kind": "off by one"}', "010", id="a kind that is none"),
    pytest.param(OFF, '{"line": 7}', "010", id="no kind"),
    pytest.param(OFF, '{"kind": "off_by_one"}', "001", id="no line"),
    pytest.param(OFF, '[{"line": 7, "kind": "off_by_one"}]', "000", id="a list"),
    pytest.param(OFF, "line 7, off_by_one", "000", id="no JSON"),
    pytest.param(OFF, '{"line": 7, "kind": "off_by_one"', "000", id="cut"),
    pytest.param(OFF, '{"line": 6, "kind": "off_by_one"} {"line": 7, "kind": "off_by_one"}', "001", id="two"),
    pytest.param(OK, '{"line": 0, "kind": "none"}', "111", id="nothing to be seen"),
    pytest.param(OK, '{"line": 0, "kind": "off_by_one"}', "010", id="a kind without a line"),
    pytest.param(OK, '{"line": 4, "kind": "off_by_one"}', "000", id="a false alarm"),
    pytest.param(OK, '{"line": null, "kind": "none"}', "001", id="null is not 0"),
    pytest.param(OK, '{"line": 4, "kind": "none"}', "001", id="a line, and no defect"),
    pytest.param(OK, "There is no defect.", "000", id="in words"),
]


@pytest.mark.parametrize(("text", "answer", "passed"), ANSWERS)
def test_answers(text: str, answer: str, passed: str, suite: Suite, graders: dict[str, Grader]) -> None:
    """The three digits: the finding, the place, whether there is a defect."""
    sample = of_kind(suite, text)
    got = [grader.grade(sample, answer).passed for grader in graders.values()]
    assert "".join(str(int(bool(one))) for one in got) == passed


def test_kinds_are_balanced_and_a_third_is_clean() -> None:
    kinds = Counter(case.kind for case in DEFECTS)
    assert set(kinds) == set(KINDS)
    assert len(set(kinds.values())) == 1
    assert Counter(case.bait for case in CLEAN) == dict.fromkeys(KINDS, 2)
    assert 3 * len(CLEAN) == len(CASES)
    difficulties = Counter(case.difficulty for case in CASES)
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["hard"] >= len(CASES) / 2


def test_neither_place_nor_length_gives_the_defect_away() -> None:
    figures = balance()
    assert figures["always none"] < 0.34
    places = [value for name, value in figures.items() if name.endswith("kind known")]
    assert len(places) == 4
    assert max(places) < 1 / 3
    longer = (
        figures["mean characters of a prompt with a defect"] / figures["mean characters of a clean prompt"]
    )
    assert 0.85 < longer < 1.15
    more = figures["mean added lines with a defect"] / figures["mean added lines of a clean change"]
    assert 0.8 < more < 1.25


def test_the_prompt_lists_every_kind_as_the_cases_define_it() -> None:
    prompt = (SUITE / "prompt.jinja").read_text(encoding="utf-8")
    listed = [line.removeprefix("- ") for line in prompt.splitlines() if line.startswith("- ")]
    assert listed == [f"{kind}: {meaning}" for kind, meaning in KINDS.items()]
    assert '{"line": 0, "kind": "none"}' in prompt


def test_prompts_are_unique_and_short_and_show_no_mark() -> None:
    assert len({case.prompt for case in CASES}) == len(CASES)
    for case in CASES:
        assert len(case.prompt) < 1500
        assert "<<" not in case.prompt
        assert case.bait in KINDS if case.kind == NONE else not case.bait
