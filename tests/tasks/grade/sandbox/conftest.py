"""Boxes, the grader that uses them, and what attacks are after."""

import os
import secrets
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.grade.python_tests import PythonTests
from tasks.grade.registry import make_grader
from tasks.grade.sandbox.launch import Launch, try_launch
from tasks.model import GraderConfig
from tests.conftest import CHECKOUT
from warehouse.errors import SpecError

TIMEOUT_S = 5.0


def launch_of(kind: str) -> Launch:
    """The way to start a box of a kind; skips the test where there is none."""
    launch = Launch(kind)
    why = try_launch(launch)
    if why is not None:
        pytest.skip(f"no {kind} here: {why}")
    return launch


@pytest.fixture(scope="session")
def grader() -> PythonTests:
    """The grader, where there is a sandbox."""
    made = make_grader(GraderConfig("python_tests", {"timeout_s": TIMEOUT_S}), "here")
    assert isinstance(made, PythonTests)
    try:
        made.check_place()
    except SpecError as error:
        pytest.skip(str(error))
    return made


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
