"""Boxes that stay warm between judgments: as many as there are processors, started when first needed."""

import atexit
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from tasks.grade.sandbox.box import Box, BoxError
from tasks.grade.sandbox.launch import Launch

T = TypeVar("T")


class Boxes:
    """Lends boxes to threads; a box that failed is not lent again."""

    def __init__(self, launch: Launch, most: int | None = None) -> None:
        self._launch = launch
        self._places = threading.BoundedSemaphore(most or os.cpu_count() or 1)
        self._idle: list[Box] = []
        self._lock = threading.Lock()

    def use(self, judge: Callable[[Box], T]) -> T:
        """What a box makes of it; a fresh box has a second try where the first one failed.

        Raises: BoxError: both failed.
        """
        with self._places:
            try:
                with self._lent() as box:
                    return judge(box)
            except BoxError:
                with self._lent() as box:
                    return judge(box)

    def close(self) -> None:
        """End all that are idle."""
        with self._lock:
            idle, self._idle = self._idle, []
        for box in idle:
            box.close()

    @contextmanager
    def _lent(self) -> Iterator[Box]:
        with self._lock:
            box = self._idle.pop() if self._idle else None
        box = box or Box(self._launch)
        try:
            yield box
        except BaseException:
            box.close()
            raise
        with self._lock:
            self._idle.append(box)


_pools: dict[Launch, Boxes] = {}
_pools_lock = threading.Lock()


def boxes(launch: Launch) -> Boxes:
    """The boxes of this process for a way to start them."""
    with _pools_lock:
        if launch not in _pools:
            _pools[launch] = Boxes(launch)
            atexit.register(_pools[launch].close)
        return _pools[launch]
