"""Ctrl-C, or Prefect's cancel: no further call, a moment for answers on their way, all of it kept."""

import asyncio
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from tasks.call.session import CallSession
from tasks.interrupts import Interrupts
from warehouse.errors import StoppedShort

SIGNALS = (signal.SIGINT, signal.SIGTERM)


@contextmanager
def stopped_by_signals(session: CallSession, interrupts: Interrupts | None) -> Iterator[None]:
    """While the block lasts, the first signal stops the session, a second one drops what is in flight.

    A Ctrl-C that came before the block stops it at once.
    Outside the main thread there are no signals to take; the block then changes nothing.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    loop = asyncio.get_running_loop()
    before = {number: signal.getsignal(number) for number in SIGNALS}

    def stop(number: signal.Signals) -> None:
        if session.stopping:
            session.give_up()
        else:
            session.stop(
                StoppedShort(f"stopped by {number.name} before the end; every received answer is kept.")
            )

    if interrupts is not None and interrupts.asked:
        stop(signal.SIGINT)
    for number in SIGNALS:
        loop.add_signal_handler(number, stop, number)
    try:
        yield
    finally:
        for number in SIGNALS:
            loop.remove_signal_handler(number)
            signal.signal(number, before[number])
        if interrupts is not None:
            interrupts.calls_are_over()
