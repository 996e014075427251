"""The process in which a candidate's program runs: it answers the tests' calls, and knows nothing of them."""

import io
import os
import socket
import sys
import threading
from pathlib import Path
from typing import Any

from tasks.grade.sandbox.inside import frames
from tasks.grade.sandbox.inside.session import Session

MODULE = "program"
MAX_FILES = 64
STACK_BYTES = 2 << 20  # of a thread; each of the tests' threads has a partner here


def answer_calls(connection: socket.socket) -> None:
    """Take the program over the line, run it as a module, and serve the tests until they are done."""
    job = frames.receive(connection)
    if not isinstance(job, dict):
        return
    write_files(job["files"])
    session = Session(connection, tests=False)
    threading.stack_size(STACK_BYTES)
    try:
        session.module = run_module(job["program"])
    except BaseException as error:  # noqa: BLE001 - whatever the program raises is told to the tests
        frames.send(connection, {"raised": told(error)})
        return
    frames.send(connection, {"ready": True})
    session.start()
    session.serve()


def run_program(program: str, files: dict[str, str]) -> None:
    """Run the program as one is started: standard input and output are its own."""
    write_files(files)
    sys.stdin = io.TextIOWrapper(open(0, "rb", closefd=False), encoding="utf-8")  # noqa: SIM115
    sys.stdout = io.TextIOWrapper(open(1, "wb", closefd=False), encoding="utf-8")  # noqa: SIM115
    sys.stderr = io.TextIOWrapper(open(2, "wb", closefd=False), encoding="utf-8", errors="replace")  # noqa: SIM115
    status = 0
    try:
        run_module(program, name="__main__")
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 0 if error.code is None else 1
    except BaseException as error:  # noqa: BLE001 - it is the program's end
        sys.stderr.write(told(error))
        status = 1
    for stream in (sys.stdout, sys.stderr):
        stream.flush()
    os._exit(status & 0xFF)


def write_files(files: dict[str, str]) -> None:
    """Put a task's files beside the program; it may import them."""
    for name, text in list(files.items())[:MAX_FILES]:
        path = Path(name)
        if path.is_absolute() or ".." in path.parts:
            raise ValueError(f"{name} leads out of the folder")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    if files:
        sys.path.insert(0, str(Path.cwd()))


def run_module(program: str, name: str = MODULE) -> dict[str, Any]:
    """Run source text as a module of that name; returns its names."""
    module = type(sys)(name)
    sys.modules[name] = module
    exec(compile(program, "program.py", "exec", dont_inherit=True), module.__dict__)  # noqa: S102 - in the box
    return module.__dict__


def told(error: BaseException) -> str:
    """An exception in a line."""
    try:
        text = str(error)
    except Exception:  # noqa: BLE001 - its own text fails
        text = ""
    return f"{type(error).__name__}: {text}"[:1000]
