"""Warm processes lent to threads: as many as there are processors, each made when it is first needed."""

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Generic, Protocol, TypeVar


class Closable(Protocol):
    """What holds a process."""

    def close(self) -> None:
        """End it."""


W = TypeVar("W", bound=Closable)


class Lender(Generic[W]):
    """Lends what `make` makes; what failed in somebody's hands is ended, and not lent again."""

    def __init__(self, make: Callable[[], W]) -> None:
        self._make = make
        self._places = threading.BoundedSemaphore(os.cpu_count() or 1)
        self._idle: list[W] = []
        self._lock = threading.Lock()
        atexit.register(self.close)

    @contextmanager
    def lent(self) -> Iterator[W]:
        """One of them, for one thread at a time; waits for its turn."""
        with self._places:
            with self._lock:
                one = self._idle.pop() if self._idle else None
            one = one or self._make()
            try:
                yield one
            except BaseException:
                one.close()
                raise
            with self._lock:
                self._idle.append(one)

    def close(self) -> None:
        """End all that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for one in idle:
            one.close()
