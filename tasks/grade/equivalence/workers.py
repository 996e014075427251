"""Processes that compare mathematics, kept warm; one that takes too long is killed and replaced."""

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections import OrderedDict
from pathlib import Path

from tasks.grade.lending import Lender
from warehouse.errors import NightbenchError

CHILD = Path(__file__).with_name("child.py")
STARTS_S = 120.0
KEPT = 10_000  # verdicts


class TookTooLong(Exception):
    """The two could not be compared in their time."""


class Worker:
    """One process; for one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", str(CHILD)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        if self._line(STARTS_S) != "ready":
            self.close()
            raise NightbenchError("mathematics cannot be compared: the process that does it does not start.")

    def equal(self, target: str, answer: str, within_s: float) -> bool | None:
        """Whether they are the same; None where one of them cannot be read.

        Raises: TookTooLong: the process is gone then.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(json.dumps([target, answer]).encode() + b"\n")
            self._process.stdin.flush()
            line = self._line(within_s)
        except OSError as error:
            raise TookTooLong("its process ended") from error
        if line is None:
            raise TookTooLong(f"not compared within {within_s:g} s")
        verdict = json.loads(line)
        return verdict if isinstance(verdict, bool) else None

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _line(self, within_s: float) -> str | None:
        assert self._process.stdout is not None
        fd, until, read = self._process.stdout.fileno(), time.monotonic() + within_s, b""
        while not read.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                return None
            part = os.read(fd, 4096)
            if not part:
                return None
            read += part
        return read.decode().strip()


_workers = Lender(Worker)
_known: OrderedDict[tuple[str, str], bool | None] = OrderedDict()
_known_lock = threading.Lock()


def equal(target: str, answer: str, within_s: float) -> bool | None:
    """See Worker.equal; what was asked before is remembered. Raises: TookTooLong."""
    with _known_lock:
        if (target, answer) in _known:
            return _known[target, answer]
    with _workers.lent() as worker:
        found = worker.equal(target, answer, within_s)
    with _known_lock:
        _known[target, answer] = found
        if len(_known) > KEPT:
            _known.popitem(last=False)
    return found
