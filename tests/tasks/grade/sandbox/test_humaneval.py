"""HumanEval in the sandbox: its solutions pass, and what one changed operator spoils fails, as outside."""

import ast
import gzip
import json
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from bench.code_generation.run import run_tests
from tasks.grade.python_tests import PythonTests
from tasks.model import Sample
from tests.tasks.grade.sandbox.conftest import TIMEOUT_S

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Add,
    ast.Mod: ast.FloorDiv,
    ast.FloorDiv: ast.Mod,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
MUTANTS = 40  # in CI; `python bench/bench_sandbox.py --mutants` makes one of each solution


def tasks_of(shared_data: Path) -> list[dict[str, Any]]:
    """The rows of the source."""
    with gzip.open(shared_data / "humaneval" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as file:
        return [json.loads(line) for line in file]


def sample_of(row: dict[str, Any]) -> Sample:
    """As datasets/humaneval/samples.sql makes it."""
    fields = {"test": row["test"], "entry_point": row["entry_point"], "prelude": row["prompt"]}
    return Sample(sample_id=row["task_id"], row=fields)


def mutants(source: str) -> Iterator[str]:
    """The program with one operator changed, once for each that can be."""
    places = [
        (number, part)
        for number, node in enumerate(ast.walk(ast.parse(source)))
        for part in ("op", "ops")
        if type(_operator(node, part)) in SWAPS
    ]
    for number, part in places:
        tree = ast.parse(source)
        node = list(ast.walk(tree))[number]
        swapped = SWAPS[type(_operator(node, part))]()
        setattr(node, part, [swapped, *node.ops[1:]] if isinstance(node, ast.Compare) else swapped)
        yield ast.unparse(tree)


def _operator(node: ast.AST, part: str) -> Any:
    found = getattr(node, part, None)
    return found[0] if isinstance(found, list) and found else found


def test_every_solution_passes(shared_data: Path, grader: PythonTests) -> None:
    rows = tasks_of(shared_data)
    assert len(rows) == 164
    for row in rows:
        sample = sample_of(row)
        grader.check(sample)
        answer = f"```python\n{row['prompt']}{row['canonical_solution']}```"
        grade = grader.grade(sample, answer)
        assert grade.passed, (row["task_id"], grade.explanation)


def test_a_changed_operator_gets_the_verdict_that_the_bare_tests_give(
    shared_data: Path, grader: PythonTests
) -> None:
    rng = random.Random(0)
    for row in rng.sample(tasks_of(shared_data), MUTANTS):
        found = list(mutants(row["prompt"] + row["canonical_solution"]))
        if not found:
            continue
        program = rng.choice(found)
        inside = grader.compare(sample_of(row), program)
        tests = f"{row['test']}\ncheck({row['entry_point']})\n"
        outside = run_tests(f"{row['prompt']}\n{program}", tests, TIMEOUT_S)
        assert inside.passed == outside.passed, (row["task_id"], program, inside.explanation, outside.said)
