"""A Ctrl-C is never lost: before the event loop, before the calls, after them."""

import asyncio
import os
import signal

import pytest

from tasks.interrupts import Interrupts


def ctrl_c() -> None:
    os.kill(os.getpid(), signal.SIGINT)


def test_the_first_waits_for_the_next_check_and_the_second_does_not() -> None:
    with Interrupts() as interrupts:
        interrupts.check()
        ctrl_c()
        with pytest.raises(KeyboardInterrupt):
            interrupts.check()
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()


def test_in_the_loop_the_first_is_kept_and_the_second_cancels() -> None:
    with Interrupts() as interrupts:

        async def work() -> str:
            interrupts.in_loop()
            ctrl_c()
            await asyncio.sleep(0.01)
            assert interrupts.asked
            ctrl_c()
            await asyncio.sleep(30)
            return "never"

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(work())
        with pytest.raises(KeyboardInterrupt):
            ctrl_c()  # the loop is gone


def test_after_the_calls_the_first_cancels() -> None:
    with Interrupts() as interrupts:

        async def work() -> None:
            interrupts.in_loop()
            interrupts.calls_are_over()
            ctrl_c()
            await asyncio.sleep(30)

        with pytest.raises(asyncio.CancelledError):
            asyncio.run(work())


def test_what_was_there_before_is_put_back() -> None:
    before = signal.getsignal(signal.SIGINT)
    with Interrupts():
        assert signal.getsignal(signal.SIGINT) != before
    assert signal.getsignal(signal.SIGINT) == before
