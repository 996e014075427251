"""Make datasets/code_generation/samples.jsonl from the tasks in bench/code_generation/.

python -m bench.make_code_generation              writes the file
python -m bench.make_code_generation --check      says whether the committed file is what would be written
python -m bench.make_code_generation --balance    prints what passes without being right (it runs programs)

tests/datasets/test_code_generation.py proves that every solution passes its tests, and no wrong one does.
"""

import ast
import json
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path

from bench.code_generation.run import run_tests
from bench.code_generation.task import Task, read_tasks
from bench.committed import write_or_check

TOPICS = ("resilience", "pipelines", "parsing", "scheduling")
SAMPLES = Path(__file__).parents[1] / "datasets" / "code_generation" / "samples.jsonl"


def render() -> str:
    """The whole file."""
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows())


def turns() -> Iterator[tuple[str, Task]]:
    """Each task with its id: topics take turns, so that the first rows already show all kinds."""
    mixed = [task for turn in zip_longest(*map(read_tasks, TOPICS)) for task in turn if task is not None]
    for number, task in enumerate(mixed, 1):
        yield f"code-{number:03d}", task


def rows() -> Iterator[dict[str, object]]:
    """One row a task."""
    for sample_id, task in turns():
        yield {
            "sample_id": sample_id,
            "input": task.prompt.strip(),
            "target": task.solution.strip(),
            "tests": task.tests.strip(),
            "wrong": list(task.wrong),
            "category": task.category,
            "name": task.name,
            "difficulty": task.difficulty,
        }


def balance() -> dict[str, str]:
    """What can be had without solving a task, by running it against the tests."""
    tasks = [task for _, task in turns()]
    difficulties = Counter(task.difficulty for task in tasks)
    categories = Counter(task.category for task in tasks)
    wrong = [(task, program) for task in tasks for program in task.wrong]
    return {
        "samples": str(len(tasks)),
        "easy / medium / hard": " / ".join(str(difficulties[level]) for level in ("easy", "medium", "hard")),
        "largest category": f"{max(categories.values()) / len(tasks):.1%}",
        "always an empty module": passing([(task, "pass") for task in tasks]),
        "always the names of the solution, returning None": passing(
            [(task, hollow(task.solution)) for task in tasks]
        ),
        "always the solution of the task before": passing(
            [(task, before.solution) for before, task in zip([tasks[-1], *tasks[:-1]], tasks, strict=True)]
        ),
        "solutions with one slip": str(len(wrong)),
        "of these, passing the tests": passing(wrong),
    }


def hollow(solution: str) -> str:
    """The solution with the body of every function replaced by `return None`."""
    tree = ast.parse(solution)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            node.body = [ast.Return(ast.Constant(None))]
    return ast.unparse(ast.fix_missing_locations(tree))


def passing(programs: Sequence[tuple[Task, str]]) -> str:
    """The share of programs that pass the tests of their task."""
    passed = sum(run_tests(program, task.tests).passed for task, program in programs)
    return f"{passed / len(programs):.1%}"


def main() -> int:
    """What is asked on the command line."""
    return write_or_check((__doc__ or "").partition("\n")[0], SAMPLES, render, "tasks", balance)


if __name__ == "__main__":
    sys.exit(main())
