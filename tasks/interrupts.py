"""Ctrl-C from a command's first moment to its last: none is lost, wherever it falls.

Left to Python, it is an exception at some point of the code that happens to run: an import that catches
everything swallows it, and the run goes on as if nobody had said anything; pydantic makes an error of its
own of it. Here the first is remembered, and found where the run can stop in order.
"""

import asyncio
import signal
import threading
from types import FrameType


class Interrupts:
    """What SIGINT does while the block lasts, in the main thread.

    The first is kept, for `check` to raise it as KeyboardInterrupt or for the session of calls to find it
    (`asked`). A second, or one after `calls_are_over`, cancels the main task of the event loop; where there
    is no loop, and from the third on, it raises KeyboardInterrupt at once.
    """

    def __init__(self) -> None:
        self._n = 0
        self._over = False
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> "Interrupts":
        if threading.current_thread() is threading.main_thread():
            self._before = signal.signal(signal.SIGINT, self._take)
        return self

    def __exit__(self, *_: object) -> None:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, self._before)

    @property
    def asked(self) -> bool:
        """Whether Ctrl-C came at any time."""
        return self._n > 0

    def check(self) -> None:
        """Raise KeyboardInterrupt if one came."""
        if self.asked:
            raise KeyboardInterrupt

    def in_loop(self) -> None:
        """The event loop runs, and this is its main task."""
        self._loop, self._task = asyncio.get_running_loop(), asyncio.current_task()

    def calls_are_over(self) -> None:
        """No session is there any more that could be stopped."""
        self._over = True

    def _take(self, _number: int, _frame: FrameType | None) -> None:
        self._n += 1
        if self._n == 1 and not self._over:
            return
        if self._loop is None or self._task is None or self._loop.is_closed() or self._n > 2:
            raise KeyboardInterrupt
        self._loop.call_soon_threadsafe(self._task.cancel)
