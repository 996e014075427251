"""The attacks and HumanEval's mutants once more, many times and several at once, as answers of a run are.

NIGHTBENCH_DRILLS sets how often each attack is made and how many mutants there are of a solution,
NIGHTBENCH_SEED their choice and order.
"""

import os
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.code_generation.run import run_tests
from tasks.grade.python_tests import PythonTests
from tasks.grade.sandbox.box import Box, BoxError, Limits
from tasks.grade.sandbox.pool import use_box
from tests.tasks.grade.sandbox.conftest import TIMEOUT_S, launch_of
from tests.tasks.grade.sandbox.test_attacks import ATTACKS, KINDS
from tests.tasks.grade.sandbox.test_humaneval import mutants, sample_of, tasks_of

DRILLS = max(1, int(os.environ.get("NIGHTBENCH_DRILLS", "1")))
SEED = int(os.environ.get("NIGHTBENCH_SEED", "0"))
RIGHT = ("x = 1\n", "assert x == 1\n", True)

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("kind", KINDS)
def test_no_attack_passes_among_others_and_no_right_answer_suffers(
    kind: str, filled: dict[str, object]
) -> None:
    launch = launch_of(kind)
    attacks = [tuple(str(text).format(**filled) for text in attack.values) for attack in ATTACKS]
    asked = [(program, tests, False) for program, tests in attacks * DRILLS]
    asked += [RIGHT] * len(asked)
    random.Random(SEED).shuffle(asked)

    def judged(program: str, tests: str) -> bool:
        def judge(box: Box) -> bool:
            return box.run_tests(program, tests, Limits(wall_s=5)).passed

        try:
            return use_box(launch, judge)
        except BoxError:  # it ended two boxes, which is no pass
            return False

    with ThreadPoolExecutor(2 * (os.cpu_count() or 1)) as threads:
        found = list(threads.map(lambda each: judged(*each[:2]), asked))
    wrong = [each for each, passed in zip(asked, found, strict=True) if passed is not each[2]]
    assert wrong == [], f"{len(wrong)} of {len(asked)}"
    assert found.count(True) == len(ATTACKS) * DRILLS


def test_mutants_get_the_verdict_of_the_bare_tests(shared_data: Path, grader: PythonTests) -> None:
    rng = random.Random(SEED)
    asked = []
    for row in tasks_of(shared_data):
        found = list(dict.fromkeys(mutants(row["prompt"] + row["canonical_solution"])))
        asked += [(row, program) for program in rng.sample(found, min(DRILLS, len(found)))]

    def both(each: tuple[dict[str, str], str]) -> tuple[bool, bool]:
        row, program = each
        tests = f"{row['test']}\ncheck({row['entry_point']})\n"
        outside = run_tests(f"{row['prompt']}\n{program}", tests, TIMEOUT_S)
        return grader.compare(sample_of(row), program).passed, outside.passed

    with ThreadPoolExecutor(os.cpu_count()) as threads:
        verdicts = list(threads.map(both, asked))
    others = [
        (row["task_id"], program)
        for (row, program), (inside, outside) in zip(asked, verdicts, strict=True)
        if inside != outside
    ]
    assert others == [], f"{len(others)} of {len(asked)}"
    missed = sum(outside for _, outside in verdicts)
    print(f"{len(asked)} mutants, of which HumanEval's own tests miss {missed}")
