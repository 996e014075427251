"""Processes that compare mathematics, kept warm; one that takes too long is killed and replaced."""

import atexit
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


class Workers:
    """As many as there are processors, started when they are needed; what was asked before is remembered."""

    def __init__(self) -> None:
        self._places = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._idle: list[Worker] = []
        self._lock = threading.Lock()
        self._known: OrderedDict[tuple[str, str], bool | None] = OrderedDict()

    def equal(self, target: str, answer: str, within_s: float) -> bool | None:
        """See Worker.equal. Raises: TookTooLong."""
        with self._lock:
            if (target, answer) in self._known:
                return self._known[target, answer]
        with self._places:
            with self._lock:
                worker = self._idle.pop() if self._idle else None
            worker = worker or Worker()
            try:
                found = worker.equal(target, answer, within_s)
            except BaseException:
                worker.close()
                raise
            with self._lock:
                self._idle.append(worker)
                self._known[target, answer] = found
                if len(self._known) > KEPT:
                    self._known.popitem(last=False)
            return found

    def close(self) -> None:
        """End those that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for worker in idle:
            worker.close()


workers = Workers()
atexit.register(workers.close)
