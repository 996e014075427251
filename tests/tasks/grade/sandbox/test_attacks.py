"""What works on a plain process, and not in the sandbox: forged verdicts, and reaching out of it."""

import os
import platform
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.code_generation.run import run_tests
from tasks.grade.python_tests import PythonTests
from tasks.grade.sandbox.box import Box, Limits
from tasks.grade.sandbox.inside import kernel
from tasks.grade.sandbox.launch import Launch, try_launch
from tests.conftest import CHECKOUT
from tests.tasks.grade.sandbox.attacks import FORGERIES, INTRUSIONS

KINDS = ("bubblewrap", "namespaces")
ATTACKS = [pytest.param(program, tests, id=name) for name, program, tests in (*FORGERIES, *INTRUSIONS)]
X86 = {"a key of the kernel"}  # names a call by its number there


@pytest.fixture(scope="module", params=KINDS)
def box(request: pytest.FixtureRequest) -> Iterator[Box]:
    """A box of each kind."""
    launch = Launch(request.param)
    why = try_launch(launch)
    if why is not None:
        pytest.skip(f"no {request.param} here: {why}")
    made = Box(launch)
    yield made
    made.close()


@pytest.fixture
def filled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, object]]:
    """What an attack is after: a file, a variable, servers on this machine, each with the secret."""
    secret = f"secret-{secrets.token_hex(16)}"
    path = tmp_path / "secret.txt"
    path.write_text(secret, encoding="utf-8")
    monkeypatch.setenv("NIGHTBENCH_ATTACK", secret)
    with socket.create_server(("127.0.0.1", 0)) as server, socket.socket(socket.AF_UNIX) as unix:
        unix.bind(f"\0{secret}")
        unix.listen()
        for listener in (server, unix):
            threading.Thread(target=_tell, args=(listener, secret.encode()), daemon=True).start()
        yield {
            "secret": secret,
            "path": path,
            "port": server.getsockname()[1],
            "socket": secret,
            "root": CHECKOUT,
            "node": os.uname().nodename,
        }
        for listener in (server, unix):
            listener.shutdown(socket.SHUT_RDWR)


def _tell(listener: socket.socket, secret: bytes) -> None:
    while True:
        try:
            line, _ = listener.accept()
        except OSError:
            return
        with line:
            line.sendall(secret)


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
