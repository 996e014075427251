"""The processes that run queries, kept warm; one that takes too long is killed and replaced."""

import contextlib
import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from tasks.grade.lending import Lender
from warehouse.errors import NightbenchError

ROOT = str(Path(__file__).parents[3])
STARTS_S = 120.0
LOADS_S = 120.0  # a schema and its right queries
PROGRAM = "import sys; sys.path.insert(0, sys.argv[1]); from tasks.grade.sql.child import main; main()"


class EndedError(Exception):
    """The process came to no verdict; `timed_out` says whether it was its time."""

    def __init__(self, *, timed_out: bool) -> None:
        super().__init__()
        self.timed_out = timed_out


class NotLoadedError(Exception):
    """The process ended, or took too long, before the right results were there."""


class Worker:
    """One process; for one thread at a time."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-I", "-B", "-c", PROGRAM, ROOT],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.defpath, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0"},
            start_new_session=True,
        )
        try:
            self._line(STARTS_S)
        except EndedError:
            self.close()
            raise NightbenchError("SQL cannot be graded: the process that runs it does not start.") from None

    def judge(self, job: bytes, within_s: float) -> dict[str, Any]:
        """What the child says of an answer, within so much time once the right results are there.

        Raises: EndedError, NotLoadedError: the process is of no use then.
        """
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(job + b"\n")
            self._process.stdin.flush()
            self._line(LOADS_S)
        except (EndedError, OSError) as error:
            raise NotLoadedError("the process that runs it ended, or took too long") from error
        verdict: dict[str, Any] = json.loads(self._line(within_s))
        return verdict

    def close(self) -> None:
        """End the process."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()

    def _line(self, within_s: float) -> bytes:
        assert self._process.stdout is not None
        fd, until, read = self._process.stdout.fileno(), time.monotonic() + within_s, b""
        while not read.endswith(b"\n"):
            left = until - time.monotonic()
            if left <= 0 or not select.select([fd], [], [], left)[0]:
                raise EndedError(timed_out=True)
            part = os.read(fd, 1)
            if not part:
                raise EndedError(timed_out=self._process.wait() == -24)
            read += part
        return read


workers = Lender(Worker)


def judge(job: bytes, within_s: float) -> dict[str, Any]:
    """See Worker.judge; several at once, from threads. Raises: EndedError."""
    try:
        with workers.lent() as worker:
            return worker.judge(job, within_s)
    except NotLoadedError as error:
        return {"broken": str(error)}
