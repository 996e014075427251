"""The boxes of this process, which stay warm between judgments."""

import threading
from collections.abc import Callable
from typing import TypeVar

from tasks.grade.lending import Lender
from tasks.grade.sandbox.box import Box, BoxError
from tasks.grade.sandbox.launch import Launch

T = TypeVar("T")


def use_box(launch: Launch, judge: Callable[[Box], T]) -> T:
    """What a box makes of it; a fresh box has a second try where the first one failed.

    Raises: BoxError: both failed.
    """
    lender = _boxes(launch)
    try:
        with lender.lent() as box:
            return judge(box)
    except BoxError:
        with lender.lent() as box:
            return judge(box)


_lenders: dict[Launch, Lender[Box]] = {}
_lock = threading.Lock()


def _boxes(launch: Launch) -> Lender[Box]:
    with _lock:
        if launch not in _lenders:
            _lenders[launch] = Lender(lambda: Box(launch))
        return _lenders[launch]
