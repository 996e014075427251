"""The journal's files as the system sees them: whose they are, where they end, what is kept free."""

import errno
import itertools
import os
from pathlib import Path

from tasks.call.journal_records import is_whole
from tasks.home import DISK_FULL
from warehouse.errors import WarehouseError
from warehouse.locks import lock_alone

_WINDOW = 1 << 20


def own_file(folder: Path) -> tuple[Path, int]:
    """The first file that nobody alive holds, made where all are held; and its locked descriptor."""
    for number in itertools.count(1):
        path = folder / f"{number}.jsonl"
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            if lock_alone(descriptor):
                return path, descriptor
        except OSError:
            os.close(descriptor)
            raise
        os.close(descriptor)
    raise AssertionError("there are more numbers than files")


def last_whole_line(descriptor: int, size: int) -> tuple[int, bytes]:
    """The last whole line and where it ends; (0, b"") where there is none."""
    window = _WINDOW
    while True:
        start = max(0, size - window)
        block = os.pread(descriptor, size - start, start)
        newline = block.rfind(b"\n")
        while newline >= 0:
            before = block.rfind(b"\n", 0, newline)
            line = block[before + 1 : newline + 1]  # not whole where it begins before the window
            if is_whole(line):
                return start + newline + 1, line
            newline = before
        if start == 0:
            return 0, b""
        window *= 4


def reserve_of(path: Path) -> Path:
    """The file beside a journal that holds disk space for the last answers."""
    return path.with_suffix(".reserve")


def allocate(path: Path, n_bytes: int) -> None:
    """Make a file that holds so much disk space.

    Raises: OSError: there is not so much.
    """
    if n_bytes == 0:
        return
    with path.open("wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, n_bytes)
        else:
            file.write(bytes(n_bytes))


def cannot(path: Path, error: OSError, state: str) -> WarehouseError:
    """What a user is told when the journal cannot be written."""
    if error.errno in DISK_FULL:
        remedy = "Free space on that disk, then resume the run."
    elif error.errno in {errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR}:
        remedy = "Make that folder writable, or set NIGHTBENCH_HOME to one that is."
    else:
        remedy = "Check that disk and its limits, then resume the run."
    return WarehouseError(f"{path}: the journal cannot be written ({error.strerror}). {state} {remedy}")
