"""Run a program and the tests of its task in a process of their own."""

import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

TIMEOUT_S = 30.0
IMPORTED = "from importlib import import_module as imported"  # as the grader's tests have it


@dataclass(frozen=True)
class Outcome:
    """Whether the tests passed, and what was said where they did not."""

    passed: bool
    said: str


def run_tests(program: str, tests: str, timeout_s: float = TIMEOUT_S) -> Outcome:
    """The program, then the tests, as one module in an empty folder.

    Only for programs of this repository: nothing keeps them from the machine.
    """
    with tempfile.TemporaryDirectory(prefix="nightbench-code-") as folder:
        file = Path(folder) / "program.py"
        text = f"{program.strip()}\n\n\n{IMPORTED}\n{tests.strip()}\n"
        file.write_text(text, encoding="utf-8")
        try:
            done = subprocess.run(
                [sys.executable, "-I", "-B", str(file)],
                cwd=folder,
                capture_output=True,
                text=True,
                encoding="utf-8",
                timeout=timeout_s,
                check=False,
            )
        except subprocess.TimeoutExpired:
            return Outcome(passed=False, said=f"not done after {timeout_s} s")
    return Outcome(passed=done.returncode == 0, said=done.stderr[-2000:])
