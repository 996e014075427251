"""The suite code_generation: every solution passes its tests, and none with a slip does."""

import ast
import json
import re
from collections import Counter
from pathlib import Path

import pytest

from bench.code_generation.run import run_tests
from bench.code_generation.task import FOLDER as TASKS
from bench.code_generation.task import Task
from bench.make_code_generation import SAMPLES, TOPICS, hollow, render, turns
from tasks.grade.extract import extract
from tasks.grade.registry import make_graders
from tasks.load.samples import load_suite
from tasks.model import Sample, Suite
from warehouse.errors import SpecError

FOLDER = Path(__file__).parents[2] / "datasets" / "code_generation"
ROWS = [json.loads(line) for line in SAMPLES.read_text(encoding="utf-8").splitlines()]
IDS = [row["sample_id"] for row in ROWS]
NAMES = [row["name"] for row in ROWS]
SLIPS = [
    pytest.param(row["name"], n, id=f"{row['name']}-{n}") for row in ROWS for n in range(len(row["wrong"]))
]


@pytest.fixture(scope="module")
def suite(tmp_path_factory: pytest.TempPathFactory) -> Suite:
    """The suite as a run loads it."""
    return load_suite(FOLDER, tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def samples(suite: Suite) -> dict[str, Sample]:
    """By the name of the task."""
    return {str(sample.metadata["name"]): sample for sample in suite.samples}


@pytest.fixture
def sample(samples: dict[str, Sample], name: str) -> Sample:
    return samples[name]


def test_the_committed_file_is_what_the_tasks_give() -> None:
    assert SAMPLES.read_bytes() == render().encode()


def test_every_row_has_all_columns_and_ids_names_and_prompts_are_unique(suite: Suite) -> None:
    assert [sample.sample_id for sample in suite.samples] == IDS
    assert len(IDS) >= 20
    assert len({sample.metadata["name"] for sample in suite.samples}) == len(IDS)
    assert len({sample.input for sample in suite.samples}) == len(IDS)
    for sample in suite.samples:
        empty = [name for name, value in sample.row.items() if value in (None, "", [])]
        assert empty == [], sample.sample_id


def test_every_file_of_tasks_is_in_the_suite() -> None:
    assert {path.stem for path in TASKS.glob("*.toml")} == set(TOPICS)
    assert [task.name for _, task in turns()] == NAMES


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_passes_its_tests(sample: Sample) -> None:
    outcome = run_tests(str(sample.target), sample.row["tests"])
    assert outcome.passed, outcome.said


@pytest.mark.parametrize("name", NAMES)
def test_the_solution_is_found_in_the_answer_that_holds_it(sample: Sample) -> None:
    answer = f"Here is the module.\n\n```python\n{sample.target}\n```\n\nIt keeps all the rules."
    assert extract("code", answer) == sample.target


@pytest.mark.parametrize(("name", "n"), SLIPS)
def test_a_solution_with_a_slip_fails_its_tests(sample: Sample, n: int) -> None:
    wrong = sample.row["wrong"][n]
    ast.parse(wrong)
    outcome = run_tests(wrong, sample.row["tests"])
    assert not outcome.passed
    assert "SyntaxError" not in outcome.said
    assert "NameError" not in outcome.said, "a slip that breaks a name would be found by any test"


@pytest.mark.parametrize("name", NAMES)
def test_an_empty_or_hollow_module_fails(sample: Sample) -> None:
    assert not run_tests("pass", sample.row["tests"]).passed
    assert not run_tests(hollow(str(sample.target)), sample.row["tests"]).passed


@pytest.mark.parametrize("name", NAMES)
def test_solution_and_tests_use_the_standard_library_and_keep_to_the_folder(sample: Sample) -> None:
    allowed = {"asyncio", "ast", "collections", "contextlib", "copy", "datetime", "fractions", "heapq"}
    allowed |= {"itertools", "os", "pathlib", "re", "stat", "tempfile", "threading", "time"}
    for text in (str(sample.target), sample.row["tests"]):
        imported = {
            name.split(".")[0]
            for node in ast.walk(ast.parse(text))
            for name in (
                [alias.name for alias in node.names]
                if isinstance(node, ast.Import)
                else [str(node.module)]
                if isinstance(node, ast.ImportFrom)
                else []
            )
        }
        assert imported <= allowed


@pytest.mark.parametrize("name", NAMES)
def test_the_prompt_names_the_interface_that_the_tests_use(sample: Sample) -> None:
    defined = {
        node.name
        for node in ast.parse(str(sample.target)).body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        and not node.name.startswith("_")
    }
    used = set(re.findall(r"\w+", sample.row["tests"]))
    assert defined & used
    assert all(re.search(rf"\b{name}\b", str(sample.input)) for name in defined)
    assert "```python" in str(sample.input)
    assert len(str(sample.input)) < 4500


def test_categories_and_difficulties_are_spread(samples: dict[str, Sample]) -> None:
    difficulties = Counter(sample.metadata["difficulty"] for sample in samples.values())
    categories = Counter(sample.category for sample in samples.values())
    assert set(difficulties) == {"easy", "medium", "hard"}
    assert difficulties["hard"] >= len(samples) / 4
    assert difficulties["easy"] >= 4
    assert len(categories) >= 7
    assert max(categories.values()) <= len(samples) / 4
    pool = samples["azure_sql_pool"]
    assert pool.metadata["difficulty"] == "hard"
    assert len(pool.row["wrong"]) >= 5


def test_the_grader_judges_the_solution_right_and_every_slip_wrong(suite: Suite) -> None:
    grader, judge = make_graders(suite.graders, "suite.toml")
    assert judge.asks
    assert (grader.name, grader.extract) == ("python_tests", "code")
    try:
        grader.check_place()
    except SpecError as error:
        pytest.skip(str(error))
    for sample in suite.samples:
        grader.check(sample)
        grade = grader.grade(sample, f"Here it is:\n```python\n{sample.target}\n```\n")
        assert grade.passed, (sample.metadata["name"], grade.explanation)
        for wrong in sample.row["wrong"]:
            spoiled = grader.grade(sample, f"```python\n{wrong}\n```")
            assert not spoiled.passed, (sample.metadata["name"], wrong)
            assert spoiled.reason in {"wrong", "error"}, spoiled.explanation


def test_a_program_that_does_not_end_is_stopped() -> None:
    outcome = run_tests("while True:\n    pass", "assert True", timeout_s=0.5)
    assert not outcome.passed
    assert "not done" in outcome.said


@pytest.mark.parametrize(
    ("slips", "error"),
    [
        pytest.param([("a", "b"), ("x = 1", "x = 2")], "is there 0 times", id="no such part"),
        pytest.param([("x", "y"), ("x = 1", "x = 2")], "is there 2 times", id="two such parts"),
    ],
)
def test_a_slip_names_one_part_of_the_solution(slips: list[tuple[str, str]], error: str) -> None:
    task = Task(
        name="t",
        category="c",
        difficulty="easy",
        prompt="p",
        solution="x = 1 + 1  # x",
        tests="",
        slips=slips,
    )
    with pytest.raises(ValueError, match=error):
        _ = task.wrong
