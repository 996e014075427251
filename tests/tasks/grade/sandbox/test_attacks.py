"""What works on a plain process, and not in the sandbox: forged verdicts, and reaching out of it."""

import platform
from collections.abc import Iterator

import pytest

from bench.code_generation.run import run_tests
from tasks.grade.python_tests import PythonTests
from tasks.grade.sandbox.box import Box, Limits
from tasks.grade.sandbox.inside import kernel
from tests.tasks.grade.sandbox.attacks import FORGERIES
from tests.tasks.grade.sandbox.conftest import launch_of
from tests.tasks.grade.sandbox.intrusions import INTRUSIONS

KINDS = ("bubblewrap", "namespaces")
ATTACKS = [pytest.param(program, tests, id=name) for name, program, tests in (*FORGERIES, *INTRUSIONS)]
X86 = {"a key of the kernel"}  # names a call by its number there


@pytest.fixture(scope="module", params=KINDS)
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    """A box of each kind."""
    made = Box(launch_of(request.param))
    yield made
    made.close()


@pytest.mark.parametrize(("program", "tests"), ATTACKS)
def test_an_attack_works_on_a_plain_process(program: str, tests: str, filled: dict[str, object]) -> None:
    done = run_tests(program.format(**filled), tests.format(**filled))
    assert done.passed, done.said


@pytest.mark.parametrize(("program", "tests"), ATTACKS)
def test_and_not_in_the_sandbox(box: Box, program: str, tests: str, filled: dict[str, object]) -> None:
    verdict = box.run_tests(program.format(**filled), tests.format(**filled), Limits(wall_s=5))
    assert not verdict.passed
    assert box.run_tests("x = 1\n", "assert x == 1\n", Limits()).passed, "the next one is judged as ever"


def test_there_are_at_least_forty() -> None:
    names = [name for name, _, _ in (*FORGERIES, *INTRUSIONS)]
    assert len(names) == len(set(names)) >= 40


def test_the_filter_is_for_this_machine() -> None:
    assert kernel.supported() == (platform.machine() in kernel.MACHINES)
    assert PythonTests().extract == "code"
