"""The process that judges: it runs a task's tests, and the program only through calls to its process.

A verdict is `passed` where the tests came to their end. That they did is known here, where no line of the
candidate's ever ran: what the candidate can do is to answer calls.
"""

import ast
import builtins
import linecache
import socket
import sys
import threading
import traceback
from typing import Any

from tasks.grade.sandbox.inside import frames
from tasks.grade.sandbox.inside.candidate import told
from tasks.grade.sandbox.inside.references import ConversationOver
from tasks.grade.sandbox.inside.session import Session

TESTS = "tests.py"
IMPORTED = "imported"  # in the tests: a module as the candidate's process has it, to be looked at or patched
SHOWN = 600


def judge(supervisor: socket.socket, candidate: socket.socket) -> None:
    """Take a job, judge it, and say the verdict."""
    job = frames.receive(supervisor)
    if isinstance(job, dict):
        frames.send(supervisor, verdict(job, candidate))


def verdict(job: dict[str, Any], candidate: socket.socket) -> dict[str, Any]:
    """What comes of a job: passed, or the reason (`wrong`, `error`, `unparsable`) and a sentence."""
    try:
        compile(job["program"], "program.py", "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        return failed("unparsable", f"the program cannot be read: {told(error)}")
    try:
        frames.send(candidate, {"program": job["program"], "files": job["files"]})
        said = frames.receive(candidate)
    except (OSError, frames.FrameError) as error:
        return failed("error", f"the program did not run: {told(error)}")
    if not isinstance(said, dict) or "ready" not in said:
        why = str(said["raised"])[:SHOWN] if isinstance(said, dict) and "raised" in said else "it has ended"
        return failed("error", f"the program fails before any test: {why}")
    session = Session(candidate, tests=True)
    session.start()
    try:
        run_tests(job["tests"], session)
    except ConversationOver as error:
        return failed("error", str(error))
    except AssertionError as error:
        return failed("wrong", f"{_place()}: {_asserted(error)}")
    except BaseException as error:  # noqa: BLE001 - whatever ends the tests early is no pass
        return failed("error", f"{_place()}: {told(error)}")
    if session.over is not None:
        return failed("error", session.over)
    return {"passed": True}


def run_tests(tests: str, session: Session) -> None:
    """Run the tests with the candidate's names in their module; returns where they come to their end."""
    linecache.cache[TESTS] = (len(tests), None, tests.splitlines(keepends=True), TESTS)
    tree = ast.parse(tests)
    wanted = asked_of(tree)
    threading.excepthook = lambda _: None
    module = type(sys)("tests")
    sys.modules["tests"] = module
    module.__dict__.update(session.names(sorted(wanted)))
    module.__dict__[IMPORTED] = lambda name: session.ask("import", name)
    exec(compile(tree, TESTS, "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - the suite's own


def asked_of(tree: ast.Module) -> set[str]:
    """The names in tests that may be the candidate's.

    A builtin's is the builtin, or a program that redefines `len` would have a say in the verdict; but where
    the tests name nothing else that is not their own, it is what they test (MBPP asks for a `sum`).
    """
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    every = {node.id for node in names}
    own = {node.id for node in names if isinstance(node.ctx, ast.Store)} | {IMPORTED}
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            own.add(node.name)
        elif isinstance(node, ast.arg):
            own.add(node.arg)
        elif isinstance(node, ast.alias):
            own.add((node.asname or node.name).partition(".")[0])
        elif isinstance(node, ast.ExceptHandler) and node.name:
            own.add(node.name)
    plain = every - set(dir(builtins))
    return plain if plain - own else every


def failed(reason: str, why: str) -> dict[str, Any]:
    """A verdict that is no pass."""
    return {"passed": False, "reason": reason, "why": why[: 2 * SHOWN]}


def _place() -> str:
    """The line of the tests at which the present exception came up, and the one in a function of theirs."""
    found = [frame for frame in traceback.extract_tb(sys.exc_info()[2]) if frame.filename == TESTS]
    if not found:
        return "the tests"
    lines = dict.fromkeys(
        f"line {frame.lineno}, {(frame.line or '')[:200]!r}" for frame in (found[0], found[-1])
    )
    return "the tests, " + ", in ".join(lines)


def _asserted(error: AssertionError) -> str:
    return told(error).removeprefix("AssertionError:").strip() or "not so"
