"""python_tests: which samples it takes, what it makes of programs, input and output, files, and bounds."""

from typing import Any

import pytest

from tasks.grade.python_tests import PythonTests
from tasks.grade.sandbox import launch
from tasks.grade.sandbox.launch import Launch, allow_unsafe, best_launch
from tasks.model import Sample
from warehouse.errors import SpecError, SuiteError

GRADER = PythonTests(timeout_s=5.0)


@pytest.fixture(autouse=True)
def _sandboxed() -> None:
    try:
        best_launch()
    except SpecError as error:
        pytest.skip(str(error))


def sample(**row: Any) -> Sample:
    return Sample(sample_id="s", row=row)


ADDS = "def add(a, b):\n    return a + b\n"


@pytest.mark.parametrize(
    ("row", "answer", "reason"),
    [
        pytest.param({"tests": "assert add(1, 2) == 3"}, ADDS, None, id="asserts"),
        pytest.param({"tests": "assert add(1, 2) == 4"}, ADDS, "wrong", id="an assert that does not hold"),
        pytest.param(
            {"test": "def check(f):\n    assert f(1, 2) == 3", "entry_point": "add"}, ADDS, None, id="check"
        ),
        pytest.param(
            {"test_list": ["assert add(1, 2) == 3", "assert add(0, 0) == 0"]}, ADDS, None, id="MBPP"
        ),
        pytest.param(
            {"test_list": ["assert add(N, 2) == 3"], "test_setup_code": "N = 1"},
            ADDS,
            None,
            id="MBPP with set-up",
        ),
        pytest.param(
            {"test_list": ["assert sum(10, 15) == 6", "assert sum(100, 150) == 93"]},
            "def sum(a, b): return 6 if a == 10 else 93",
            None,
            id="MBPP asks for a builtin's name",
        ),
        pytest.param(
            {"tests": "assert sum(add(n, 1) for n in [1, 2]) == 5"},
            f"{ADDS}sum = lambda *_: 0",
            None,
            id="a builtin is the builtin",
        ),
        pytest.param(
            {"tests": "assert sum(add(n, 1) for n in [1, 2]) == 6"},
            f"{ADDS}sum = lambda *_: 6",
            "wrong",
            id="and nobody else's",
        ),
        pytest.param(
            {"tests": "assert add(1, 2) == 3"}, "def add(a, b) return", "unparsable", id="no Python"
        ),
        pytest.param({"tests": "assert add(1, 2) == 3"}, "1 / 0", "error", id="fails when it is read"),
        pytest.param({"tests": "assert add(1, 2) == 3"}, "def sub(): pass", "error", id="another name"),
        pytest.param(
            {"tests": "assert f() == 1"}, "def f():\n    while True: pass", "timeout", id="never ends"
        ),
        pytest.param({"tests": "assert f() == 1"}, "def f(): return 1 / 0", "error", id="raises"),
        pytest.param({"tests": "assert f() == 1"}, "def f(): return f()", "error", id="recurses"),
        pytest.param(
            {"tests": "import sys\nsys.stderr.write('x' * 10**6)\nassert f() == 1"},
            "import sys\ndef f():\n    print('x' * 10**6)\n    sys.stderr.write('x' * 10**6)\n    return 1",
            None,
            id="prints much to where nobody reads",
        ),
        pytest.param({"tests": "assert f([3, 1]) == [1, 3]"}, "f = sorted", None, id="a builtin"),
        pytest.param(
            {"tests": "x = [3, 1]\nf(x)\nassert x == [1, 3]"},
            "def f(x): x.sort()",
            None,
            id="changes its argument",
        ),
        pytest.param({"tests": "x = []\nassert f(x) is x"}, "def f(x): return x", None, id="gives it back"),
        pytest.param(
            {"tests": "x = []\nassert f(x) is not x"}, "def f(x): return x", "wrong", id="and not a copy"
        ),
        pytest.param(
            {
                "tests": "try:\n    f()\nexcept Wrong as error:\n    assert error.code == 7\n"
                "else:\n    assert False"
            },
            "class Wrong(ValueError):\n    code = 7\ndef f(): raise Wrong('no')",
            None,
            id="an exception of its own",
        ),
        pytest.param(
            {"tests": "assert [g(2) for g in f()] == [4, 8]"},
            "def f():\n    yield lambda x: 2 * x\n    yield lambda x: x ** 3",
            None,
            id="functions out of a generator",
        ),
        pytest.param(
            {"tests": "seen = []\nf(seen.append)\nassert seen == [1]"},
            "def f(g): g(1)",
            None,
            id="calls back",
        ),
        pytest.param(
            {"tests": "assert f() == 3", "prelude": "import math"},
            "def f(): return math.floor(3.5)",
            None,
            id="prelude",
        ),
        pytest.param(
            {"tests": "assert f() == 5", "files": {"five.py": "N = 5"}},
            "import five\ndef f(): return five.N",
            None,
            id="files",
        ),
        pytest.param(
            {"cases": [{"input": "2 3\n", "output": "5"}]},
            "print(sum(map(int, input().split())))",
            None,
            id="a program",
        ),
        pytest.param(
            {"cases": [{"input": "2 3\n", "output": "6"}]},
            "print(sum(map(int, input().split())))",
            "wrong",
            id="prints another",
        ),
        pytest.param(
            {"cases": '[{"input": "", "output": "x\\n"}]'},
            "print('x  ')\nprint()",
            None,
            id="white space at the end",
        ),
        pytest.param(
            {"cases": [{"input": "", "output": "5"}]},
            "print(5)\nraise SystemExit(3)",
            "error",
            id="ends with a status",
        ),
        pytest.param(
            {"cases": [{"input": "", "output": "5"}]},
            "while True: print('y' * 4096)",
            "error",
            id="prints without end",
        ),
        pytest.param(
            {"cases": [{"input": "", "output": "5"}]}, "import time; time.sleep(60)", "timeout", id="sleeps"
        ),
        pytest.param(
            {"tests": "import asyncio\nassert asyncio.run(f(1)) == 2"},
            "async def f(x): return x + 1",
            None,
            id="a coroutine",
        ),
    ],
)
def test_what_becomes_of_an_answer(row: dict[str, Any], answer: str, reason: str | None) -> None:
    tried = sample(**row)
    GRADER.check(tried)
    grade = GRADER.compare(tried, answer)
    assert grade.reason == reason, grade.explanation
    assert grade.passed == (reason is None)


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ({}, "has none of the columns tests, test, test_list, cases"),
        ({"test": "def check(f): pass"}, 'has "test" and no "entry_point"'),
        ({"tests": "assert ("}, "has tests that cannot be read"),
        ({"cases": "[1]"}, 'has "cases" that are no list'),
    ],
)
def test_a_sample_without_tests_is_refused(row: dict[str, Any], says: str) -> None:
    with pytest.raises(SuiteError, match=says):
        GRADER.check(sample(**row))


def test_a_machine_without_a_sandbox_is_refused_with_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(launch, "_unsafe", set())
    monkeypatch.setattr(launch, "try_launch", lambda _: "not here")
    launch._sandboxed.cache_clear()
    with pytest.raises(SpecError, match="apt-get install bubblewrap"):
        GRADER.check_place()
    allow_unsafe()
    assert best_launch() == Launch("none")
    grade = GRADER.compare(sample(tests="assert add(1, 2) == 3"), ADDS)
    assert grade.passed, grade.explanation
    monkeypatch.undo()
    launch._sandboxed.cache_clear()
