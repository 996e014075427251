"""Locks that die with their holder: `flock`s, which the kernel gives up with the last descriptor."""

import fcntl
import os
import time
from pathlib import Path


def is_locked(path: Path) -> bool:
    """Whether somebody holds the file alone; False where there is none. Locks it shared for an instant."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(descriptor)
    return False


def lock_alone(descriptor: int, patience_s: float = 0.0) -> bool:
    """Take the lock of an open file alone if nobody else has it within the patience; whether it was taken.

    A patience above 0.1 outlasts `is_locked` of other processes.
    """
    deadline = time.monotonic() + patience_s
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.02)
        else:
            return True
