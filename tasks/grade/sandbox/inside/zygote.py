"""The first process of a box: it makes a fresh pair of processes for each judgment, and ends them.

It never sees a program or a test: they come over lines that it only hands on, so that nothing of one judgment
lies in the memory that the next one starts from. Its own line carries what is to be started and with which
bounds; when that closes, all ends.
"""

import contextlib
import gc
import json
import os
import resource
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Callable
from typing import Any

from tasks.grade.sandbox.inside import candidate, examiner, kernel
from tasks.grade.sandbox.inside.plain import DEVICES

WORK = "/work"
LAST_S = 2.0
APART = kernel.CLONE_NEWPID | kernel.CLONE_NEWNS | kernel.CLONE_NEWIPC
# What programs import most, read once.
WARM = """
    abc argparse asyncio base64 bisect calendar cmath collections.abc concurrent.futures contextlib copy csv
    dataclasses datetime decimal enum fractions functools hashlib heapq inspect io itertools json logging math
    operator pathlib pprint queue random re statistics string struct tempfile textwrap threading time
    traceback types typing unicodedata unittest uuid weakref zlib
""".split()  # noqa: SIM905 - a list of so many words is not to be read


def main(control_fd: int, readable: list[str] | None) -> None:
    """Serve the supervisor until it hangs up; `readable` is None where there is no sandbox around."""
    control = socket.socket(fileno=control_fd)
    for name in WARM:
        __import__(name)
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": True}).encode())
    while True:
        data, fds, _, _ = socket.recv_fds(control, 1 << 16, 8)
        if not data:
            return
        order = json.loads(data)
        try:
            said = _one(order, fds, control, readable)
        except OSError as error:
            said = {"failed": str(error)}
        control.send(json.dumps(said).encode())


def _one(
    order: dict[str, Any], fds: list[int], control: socket.socket, readable: list[str] | None
) -> dict[str, Any]:
    """Start what is ordered, wait until it has ended or the supervisor says so, and end what is left."""
    limits = order["limits"]
    folder = _folder(limits, boxed=readable is not None)
    pids: dict[str, int] = {}
    left_s = 0.0
    try:
        if order["kind"] == "tests":
            calls, asks, job = fds
            pids["candidate"] = _start(lambda: _candidate(calls), [calls], limits, folder, readable)
            pids["examiner"] = _start(lambda: _examiner(asks, job), [asks, job], limits, folder, readable)
        else:
            pids["candidate"] = _start(lambda: _program(*fds), fds, limits, folder, readable)
        for fd in fds:
            os.close(fd)
        control.send(json.dumps({"started": True}).encode())
        left_s = _wait(control)
    finally:
        ended = {name: _end(pid, left_s) for name, pid in pids.items()}
        if readable is None:
            shutil.rmtree(folder, ignore_errors=True)
        else:
            kernel.unmount(folder)
    return {"ended": ended}


def _folder(limits: dict[str, int], *, boxed: bool) -> str:
    """A fresh folder for one judgment: in memory, where there is a sandbox."""
    if not boxed:
        return tempfile.mkdtemp(prefix="nightbench-code-")
    flags = kernel.MS_NOSUID | kernel.MS_NODEV
    kernel.mount("tmpfs", WORK, "tmpfs", flags, f"size={limits['disk_bytes']},nr_inodes=4096")
    return WORK


def _wait(control: socket.socket) -> float:
    """Until the supervisor has what it wanted, or is gone; how long who is just ending may still take."""
    return LAST_S if control.recv(64) == b"wait" else 0.0


def _start(
    run: Callable[[], None],
    keep: list[int],
    limits: dict[str, int],
    folder: str,
    readable: list[str] | None,
) -> int:
    """Start a process within its bounds.

    Raises: OSError: a bound cannot be set; nothing has run.
    """
    told, tells = os.pipe()
    pid = os.fork() if readable is None else kernel.clone(APART)
    if not pid:
        try:
            _close_others({0, 1, 2, tells, *keep})
            os.chdir(folder)
            _silence()
            _bound(limits, readable)
        except BaseException as error:  # noqa: BLE001 - told, and the process ends
            os.write(tells, f"{type(error).__name__}: {error}"[:1000].encode())
            os._exit(1)
        try:
            os.close(tells)
            run()
        finally:
            os._exit(0)  # nobody comes back from here into the zygote's loop
    os.close(tells)
    try:
        why = os.read(told, 4096)
    finally:
        os.close(told)
    if why:
        os.waitpid(pid, 0)
        raise OSError(why.decode())
    return pid


def _candidate(calls: int) -> None:
    candidate.answer_calls(socket.socket(fileno=calls))


def _examiner(asks: int, job: int) -> None:
    examiner.judge(socket.socket(fileno=job), socket.socket(fileno=asks))


def _program(job: int, stdin: int, stdout: int, stderr: int) -> None:
    for number, fd in enumerate((stdin, stdout, stderr)):
        os.dup2(fd, number)
    with socket.socket(fileno=job) as line:
        from tasks.grade.sandbox.inside import frames

        order = frames.receive(line)
    for fd in (stdin, stdout, stderr):
        os.close(fd)
    candidate.run_program(order["program"], order["files"])


def _silence() -> None:
    """What is printed goes nowhere: a pipe that nobody reads would hold up who prints much."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for fd in (0, 1, 2):
        os.dup2(nowhere, fd)
    os.close(nowhere)


def _bound(limits: dict[str, int], readable: list[str] | None) -> None:
    """Set every bound of this process, for good."""
    for which, value in (
        (resource.RLIMIT_AS, limits["memory_bytes"]),
        (resource.RLIMIT_CPU, limits["cpu_s"]),
        (resource.RLIMIT_FSIZE, limits["disk_bytes"]),
        (resource.RLIMIT_NOFILE, 128),
        (resource.RLIMIT_NPROC, 256),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_STACK, 8 << 20),
    ):
        hard = resource.getrlimit(which)[1]
        within = value if hard == resource.RLIM_INFINITY else min(value, hard)
        resource.setrlimit(which, (within, within))
    if readable is None:
        os.setpgid(0, 0)
        return
    kernel.drop_privileges()
    kernel.restrict_files(readable, [WORK, *DEVICES])
    kernel.refuse_calls()


def _end(pid: int, left_s: float) -> dict[str, Any]:
    """Kill what is left of a process and all that it started, and say how it ended."""
    until = time.monotonic() + left_s
    with contextlib.suppress(ProcessLookupError):
        while True:
            ended, status, usage = os.wait4(pid, os.WNOHANG)
            if ended:
                return _status(status, usage)
            if time.monotonic() >= until:
                break
            time.sleep(0.001)
        os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError, PermissionError):  # where it had a group of its own
        os.killpg(pid, signal.SIGKILL)
    _, status, usage = os.wait4(pid, 0)
    return {**_status(status, usage), "killed": True}


def _status(status: int, usage: resource.struct_rusage) -> dict[str, Any]:
    return {
        "code": os.waitstatus_to_exitcode(status),
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_kb": usage.ru_maxrss,
    }


def _close_others(keep: set[int]) -> None:
    last = 0
    for fd in sorted(keep):
        if fd > last:  # an empty range would be taken for all there are
            os.closerange(last, fd)
        last = fd + 1
    os.closerange(last, 4096)
