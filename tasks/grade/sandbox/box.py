"""A box: a sandboxed process that stays warm, and in which one judgment after another gets fresh processes.

    supervisor (this process) ── control ── zygote (inside, never sees a program)
        │                                    ├─ examiner   runs the tests; says the verdict
        └────────── job, verdict ────────────┘  │ calls
                                             └─ candidate  runs the program; cannot see the examiner

A verdict is made in the examiner, where no code of the candidate ever runs. Examiner and candidate have
process namespaces of their own, no network, no capability, no files but Python's library (read-only) and a
folder in memory that goes with them; a filter of system calls refuses other processes and programs.
"""

import contextlib
import json
import os
import selectors
import signal
import socket
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tasks.grade.sandbox.inside import frames
from tasks.grade.sandbox.launch import ENVIRONMENT, Launch

STARTS_S = 30.0
ENDS_S = 10.0
MAX_OUTPUT = 1 << 20


class BoxError(Exception):
    """The box itself failed; the judgment may be tried in another."""


@dataclass(frozen=True)
class Limits:
    """What a program may use."""

    wall_s: float = 10.0
    memory_bytes: int = 512 << 20
    disk_bytes: int = 64 << 20

    def as_order(self) -> dict[str, int]:
        """As the zygote takes them."""
        return {
            "memory_bytes": self.memory_bytes,
            "disk_bytes": self.disk_bytes,
            "cpu_s": int(self.wall_s) + 1,
        }


@dataclass(frozen=True)
class Verdict:
    """What came of a judgment; `reason` is a word of grades.reason, None where it passed."""

    passed: bool
    reason: str | None = None
    why: str = ""


@dataclass(frozen=True)
class Ran:
    """How a program ended that ran by itself."""

    stdout: bytes
    stderr: bytes
    code: int | None  # None: it was stopped
    stopped: str | None = None  # time | output


class Box:
    """One box; for one thread at a time."""

    def __init__(self, launch: Launch) -> None:
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._control = ours
        with theirs:
            self._process = subprocess.Popen(
                launch.argv(theirs.fileno()),
                pass_fds=[theirs.fileno()],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                env=ENVIRONMENT | {"PATH": os.environ.get("PATH", os.defpath)},
                start_new_session=True,
            )
        try:
            self._told(STARTS_S)
        except (OSError, ValueError, BoxError) as error:
            said = self._last_words()
            raise BoxError(said or f"the sandbox does not start ({error})") from error

    def run_tests(
        self, program: str, tests: str, limits: Limits, files: Mapping[str, str] | None = None
    ) -> Verdict:
        """Judge a program by tests that call it.

        Raises: BoxError: the box failed.
        """
        calls, asks = socket.socketpair()
        job, theirs = socket.socketpair()
        with calls, asks, job, theirs:
            self._order("tests", limits, [calls.fileno(), asks.fileno(), theirs.fileno()])
            calls.close()
            asks.close()
            theirs.close()
            job.settimeout(limits.wall_s)
            try:
                frames.send(job, {"program": program, "tests": tests, "files": dict(files or {})})
                said = frames.receive(job)
            except TimeoutError:
                said = {"passed": False, "reason": "timeout", "why": f"not done after {limits.wall_s:g} s"}
            except (OSError, frames.FrameError) as error:
                said = {"passed": False, "reason": "error", "why": f"the tests broke off ({error})"}
        ended = self._end()
        if not isinstance(said, dict):
            said = {"passed": False, "reason": "error", "why": "the tests broke off"}
        if said.get("passed") is True:
            return Verdict(passed=True)
        if said["reason"] == "error" and ended["candidate"]["cpu_s"] >= limits.as_order()["cpu_s"]:
            return Verdict(
                passed=False, reason="timeout", why=f"more than {limits.wall_s:g} s of processor time"
            )
        return Verdict(passed=False, reason=str(said["reason"]), why=str(said["why"]))

    def run_program(
        self, program: str, stdin: bytes, limits: Limits, files: Mapping[str, str] | None = None
    ) -> Ran:
        """Run a program by itself, with standard input and output.

        Raises: BoxError: the box failed.
        """
        job, theirs = socket.socketpair()
        to_program, feed = os.pipe()
        out, out_end = os.pipe()
        err, err_end = os.pipe()
        with job:
            try:
                self._order("program", limits, [theirs.fileno(), to_program, out_end, err_end])
            finally:
                theirs.close()
                for fd in (to_program, out_end, err_end):
                    os.close(fd)
            with contextlib.suppress(OSError):  # it may be gone already
                frames.send(job, {"program": program, "files": dict(files or {})})
            stdout, stderr, stopped = _converse(feed, stdin, out, err, limits.wall_s)
        ended = self._end(b"end" if stopped else b"wait")["candidate"]
        code = None if stopped or ended.get("killed") else int(ended["code"])
        return Ran(stdout, stderr, code, stopped)

    def close(self) -> None:
        """End the box and all in it."""
        self._control.close()
        try:
            self._process.wait(ENDS_S)
        except subprocess.TimeoutExpired:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(ENDS_S)
        if self._process.stderr is not None:
            self._process.stderr.close()

    def _order(self, kind: str, limits: Limits, fds: Sequence[int]) -> None:
        message = json.dumps({"kind": kind, "limits": limits.as_order()}).encode()
        try:
            socket.send_fds(self._control, [message], list(fds))
            self._told(ENDS_S)
        except (OSError, ValueError) as error:
            raise BoxError(f"the sandbox has ended ({error})") from error

    def _end(self, word: bytes = b"end") -> dict[str, Any]:
        """Have what was started ended, or (`wait`) end by itself; how it did."""
        try:
            self._control.send(word)
            return dict(self._told(ENDS_S)["ended"])
        except (OSError, ValueError, KeyError) as error:
            raise BoxError(f"the sandbox has ended ({error})") from error

    def _told(self, within_s: float) -> dict[str, Any]:
        self._control.settimeout(within_s)
        data = self._control.recv(1 << 16)
        if not data:
            raise BoxError("the sandbox has ended")
        said = dict(json.loads(data))
        if "failed" in said:
            raise BoxError(f"the sandbox cannot set a bound: {said['failed']}")
        return said

    def _last_words(self) -> str:
        self._control.close()
        try:
            _, said = self._process.communicate(timeout=ENDS_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            _, said = self._process.communicate()
        lines = said.decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""


def _converse(feed: int, stdin: bytes, out: int, err: int, wall_s: float) -> tuple[bytes, bytes, str | None]:
    """Write all of stdin and read all of stdout and stderr, within time and size."""
    until = time.monotonic() + wall_s
    found: dict[int, bytearray] = {out: bytearray(), err: bytearray()}
    waiting = memoryview(stdin)
    stopped: str | None = None
    open_fds = {feed, out, err}

    def done(fd: int) -> None:
        selector.unregister(fd)
        os.close(fd)
        open_fds.discard(fd)

    with selectors.DefaultSelector() as selector:
        for fd in (feed, out, err):
            os.set_blocking(fd, False)
        selector.register(feed, selectors.EVENT_WRITE)
        selector.register(out, selectors.EVENT_READ)
        selector.register(err, selectors.EVENT_READ)
        while open_fds & {out, err}:
            left = until - time.monotonic()
            if left <= 0:
                stopped = "time"
                break
            for key, _ in selector.select(left):
                fd = int(key.fd)
                if fd == feed:
                    try:
                        waiting = waiting[os.write(fd, waiting[:65536]) :]
                    except BrokenPipeError:
                        waiting = memoryview(b"")
                    if not waiting:
                        done(fd)
                elif part := os.read(fd, 65536):
                    if len(found[fd]) <= MAX_OUTPUT:
                        found[fd] += part
                else:
                    done(fd)
            if len(found[out]) > MAX_OUTPUT:
                stopped = "output"
                break
    for fd in open_fds:
        os.close(fd)
    return bytes(found[out]), bytes(found[err][:MAX_OUTPUT]), stopped
