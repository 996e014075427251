"""Python code judged by what it does: tests that call it, or input and output of a program.

The code runs in a sandbox (tasks/grade/sandbox/), and the tests in another process, which no code of the
candidate's ever enters; so what it prints, redefines or exits with makes no verdict. A sample has one of:

    tests         Python with asserts, to be run after the module, with its names
    test          Python that defines check(candidate); `entry_point` names the function (HumanEval)
    test_list     asserts, one a line or as a list; `test_setup_code` before them (MBPP)
    cases         a list of {input, output}: the program reads the one and must print the other

and may have `prelude` (code before the answer) and `files` (name to text, importable beside it). Trailing
white space of lines and of the whole is not compared in output.

Source: Chen et al. 2021 (arXiv:2107.03374), Austin et al. 2021 (arXiv:2108.07732).
"""

import ast
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, get_args

from tasks.grade.base import Grader, failed, lacking, verdict
from tasks.grade.sandbox.box import Box, BoxError, Limits, Ran, Verdict
from tasks.grade.sandbox.launch import best_launch
from tasks.grade.sandbox.pool import use_box
from tasks.model import Grade, Reason, Sample
from warehouse.errors import SpecError

KINDS = ("tests", "test", "test_list", "cases")
SHOWN = 300


@dataclass(frozen=True, kw_only=True)
class PythonTests(Grader):
    """Run a module's tests, or a program's cases; passed where all of them hold.

    `timeout_s` bounds all tests of an answer together (each case of a program for itself), in wall time and
    in processor time; `memory_mb` bounds the address space of each process.

    Raises: SuiteError: a sample without tests, or whose tests cannot be read. SpecError: no sandbox here.
    """

    type: ClassVar[str] = "python_tests"
    version: ClassVar[str] = "2"
    apart: ClassVar[bool] = True

    extract: str = "code"
    timeout_s: float = 10.0
    memory_mb: int = 512

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 < self.timeout_s <= 600:
            raise ValueError("timeout_s is between 0 and 600")
        if not 64 <= self.memory_mb <= 16_384:
            raise ValueError("memory_mb is between 64 and 16384")

    def check_place(self) -> None:
        """Refuse a machine without a sandbox. Raises: SpecError."""
        best_launch()

    def check(self, sample: Sample) -> None:
        """Refuse a sample without tests. Raises: SuiteError."""
        kind = next((kind for kind in KINDS if sample.row.get(kind)), None)
        if kind is None:
            raise lacking(sample, f"has none of the columns {', '.join(KINDS)}, which python_tests needs")
        if kind == "test" and not str(sample.row.get("entry_point") or "").isidentifier():
            raise lacking(sample, 'has "test" and no "entry_point" that names a function')
        if kind == "cases":
            _cases(sample)
            return
        try:
            ast.parse(_tests(sample))
        except (SyntaxError, ValueError) as error:
            raise lacking(sample, f"has tests that cannot be read: {error}") from error

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Run the answer against the sample's tests."""
        program = f"{sample.row.get('prelude') or ''}\n{answer}\n".lstrip("\n")
        limits = Limits(wall_s=self.timeout_s, memory_bytes=self.memory_mb << 20)
        files = _files(sample)
        launch = best_launch()
        try:
            if sample.row.get("cases") and not any(sample.row.get(kind) for kind in KINDS[:3]):
                cases = _cases(sample)
                found = use_box(launch, lambda box: _run_cases(box, program, cases, limits, files))
            else:
                tests = _tests(sample)
                found = use_box(launch, lambda box: box.run_tests(program, tests, limits, files))
        except BoxError as error:
            _check_box(error)
            return failed("error", f"two sandboxes ended under it: {error}", answer)
        if found.passed:
            return verdict(True, answer, "all tests hold")
        return failed(_reason(found.reason), found.why, answer)


def _check_box(error: BoxError) -> None:
    """Whether the sandbox still judges a program that is right; else it is no fault of the answer's.

    Raises: SpecError: it does not.
    """
    try:
        fine = use_box(best_launch(), lambda box: box.run_tests("x = 1\n", "assert x == 1\n", Limits()))
    except BoxError:
        fine = None
    if fine is None or not fine.passed:
        raise SpecError(f"the sandbox failed, and no answer can be graded without it: {error}") from error


def _reason(word: str | None) -> Reason:
    return word if word in get_args(Reason) else "error"  # type: ignore[return-value]


def _tests(sample: Sample) -> str:
    row = sample.row
    if row.get("tests"):
        return str(row["tests"])
    if row.get("test"):
        return f"{row['test']}\n\ncheck({row['entry_point']})\n"
    listed = row["test_list"]
    lines = listed if isinstance(listed, str) else "\n".join(map(str, listed))
    return f"{row.get('test_setup_code') or ''}\n{lines}\n"


def _cases(sample: Sample) -> Sequence[tuple[str, str]]:
    """Input and output of each case. Raises: SuiteError."""
    found = sample.row["cases"]
    try:
        cases = json.loads(found) if isinstance(found, str) else found
        return [(str(case["input"]), str(case["output"])) for case in cases]
    except (ValueError, TypeError, KeyError) as error:
        raise lacking(sample, 'has "cases" that are no list of {input, output}') from error


def _files(sample: Sample) -> Mapping[str, str]:
    found: Any = sample.row.get("files") or {}
    given = json.loads(found) if isinstance(found, str) else found
    return {str(name): str(text) for name, text in given.items()}


def _run_cases(
    box: Box, program: str, cases: Sequence[tuple[str, str]], limits: Limits, files: Mapping[str, str]
) -> Verdict:
    """Each case in a fresh process; the first that does not hold ends it."""
    for number, (given, wanted) in enumerate(cases, 1):
        ran = box.run_program(program, given.encode(), limits, files)
        wrong = _wrong(ran, wanted, limits)
        if wrong is not None:
            reason, why = wrong
            return Verdict(passed=False, reason=reason, why=f"case {number} of {len(cases)}: {why}")
    return Verdict(passed=True)


def _wrong(ran: Ran, wanted: str, limits: Limits) -> tuple[Reason, str] | None:
    if ran.stopped == "time":
        return "timeout", f"not done after {limits.wall_s:g} s"
    if ran.stopped == "output":
        return "error", "it prints without end"
    if ran.code != 0:
        said = ran.stderr.decode("utf-8", "replace").strip()[-SHOWN:]
        return "error", f"it ended with {ran.code}: {said}" if said else f"it ended with {ran.code}"
    printed = ran.stdout.decode("utf-8", "replace")
    if _lines(printed) == _lines(wanted):
        return None
    return "wrong", f"it printed {printed[:SHOWN]!r} and not {wanted[:SHOWN]!r}"


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.rstrip().splitlines()]
