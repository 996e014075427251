"""What the sandbox costs: HumanEval's 164 solutions, one after another and side by side, by kind of box.

python bench/bench_sandbox.py              needs the shared data (NIGHTBENCH_SHARED names its folder)
python bench/bench_sandbox.py --mutants    also one mutant of each solution, and how many the tests miss
"""

import os
import platform
import random
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tasks.grade.python_tests import PythonTests
from tasks.grade.sandbox.box import Box, Limits
from tasks.grade.sandbox.launch import Launch, try_launch
from tests.tasks.grade.sandbox.test_humaneval import mutants, sample_of, tasks_of

SHARED = Path(os.environ.get("NIGHTBENCH_SHARED", Path(__file__).parents[2] / "shared" / "data"))


def main(with_mutants: bool) -> None:
    """Print the figures."""
    print(f"{os.cpu_count()} cores, Python {platform.python_version()}, {platform.machine()}")
    rows = tasks_of(SHARED)
    for kind in ("bubblewrap", "namespaces"):
        launch = Launch(kind)
        if (why := try_launch(launch)) is not None:
            print(f"{kind}: not here ({why})")
            continue
        started = time.monotonic()
        box = Box(launch)
        start_s = time.monotonic() - started
        started = time.monotonic()
        passed = 0
        for row in rows:
            program = row["prompt"] + row["canonical_solution"]
            tests = f"{row['test']}\ncheck({row['entry_point']})\n"
            passed += box.run_tests(program, tests, Limits()).passed
        whole_s = time.monotonic() - started
        box.close()
        each = f"{1000 * whole_s / len(rows):.1f} ms each"
        print(
            f"{kind}: a box starts in {start_s:.2f} s; {passed} of {len(rows)} pass, {whole_s:.2f} s, {each}"
        )
    solved = [(row, row["prompt"] + row["canonical_solution"]) for row in rows]
    started = time.monotonic()
    passed = passing(solved)
    print(f"the grader, {os.cpu_count()} at once: {passed} pass in {time.monotonic() - started:.2f} s")
    if with_mutants:
        rng, spoiled = random.Random(0), []
        for row, program in solved:
            if found := list(mutants(program)):
                spoiled.append((row, rng.choice(found)))
        print(f"mutants: HumanEval's own tests miss {passing(spoiled)} of {len(spoiled)}")


def passing(programs: Sequence[tuple[dict[str, Any], str]]) -> int:
    """How many of these pass the grader, as many at once as there are processors."""
    grader = PythonTests()
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        return sum(threads.map(lambda pair: grader.compare(sample_of(pair[0]), pair[1]).passed, programs))


if __name__ == "__main__":
    main("--mutants" in sys.argv[1:])
