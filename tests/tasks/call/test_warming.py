"""Of the calls of one prefix the first goes alone; when it is answered the rest follow, else the next one."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.warming import LIFETIME_S, Warming
from tasks.model import SharedPrefix

PREFIX = SharedPrefix("0" * 32, 1, 0, 2000)


class Calls:
    """Calls that go through one gate and end when and as they are told."""

    def __init__(self, warming: Warming) -> None:
        self.warming = warming
        self.under_way: dict[int, asyncio.Future[bool]] = {}
        self.tasks: dict[int, asyncio.Task[None]] = {}

    def start(self, number: int, prefix: SharedPrefix | None = PREFIX) -> None:
        self.tasks[number] = asyncio.create_task(self._one(number, prefix))

    async def _one(self, number: int, prefix: SharedPrefix | None) -> None:
        async with self.warming.turn(prefix) as turn:
            self.under_way[number] = asyncio.get_running_loop().create_future()
            turn.answered = await self.under_way[number]

    async def end(self, number: int, *, answered: bool) -> None:
        self.under_way.pop(number).set_result(answered)
        await settle()

    async def cancel(self, number: int) -> None:
        self.tasks[number].cancel()
        self.under_way.pop(number, None)
        await settle()


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def run(scene: Coroutine[Any, Any, None]) -> None:
    asyncio.run(asyncio.wait_for(scene, 10))


def test_the_rest_follow_when_the_first_is_answered() -> None:
    async def scene() -> None:
        calls = Calls(Warming())
        for number in range(5):
            calls.start(number)
        await settle()
        assert list(calls.under_way) == [0]
        await calls.end(0, answered=True)
        assert list(calls.under_way) == [1, 2, 3, 4]
        calls.start(9)
        await settle()
        assert 9 in calls.under_way

    run(scene())


def test_a_first_call_that_fails_lets_the_next_one_go_first() -> None:
    async def scene() -> None:
        calls = Calls(Warming())
        for number in range(3):
            calls.start(number)
        await settle()
        await calls.end(0, answered=False)
        assert list(calls.under_way) == [1]
        await calls.end(1, answered=True)
        assert list(calls.under_way) == [2]

    run(scene())


@pytest.mark.parametrize("whose", [0, 1], ids=["the first one's", "one that waits"])
def test_a_call_that_is_dropped_holds_nobody_up(whose: int) -> None:
    async def scene() -> None:
        calls = Calls(Warming())
        for number in range(3):
            calls.start(number)
        await settle()
        await calls.cancel(whose)
        assert list(calls.under_way) == [1 if whose == 0 else 0]
        await calls.end(1 if whose == 0 else 0, answered=True)
        assert list(calls.under_way) == [2]

    run(scene())


def test_one_that_is_dropped_at_the_moment_it_is_let_in_lets_in_the_next() -> None:
    async def scene() -> None:
        calls = Calls(Warming())
        for number in range(3):
            calls.start(number)
        await settle()
        calls.under_way.pop(0).set_result(False)
        while not any(waiter.done() for waiter in [*calls.warming._states[PREFIX.key].waiting][:1]):
            if len(calls.warming._states[PREFIX.key].waiting) < 2:
                break
            await asyncio.sleep(0)
        calls.tasks[1].cancel()  # woken, and not yet run
        await settle()
        assert list(calls.under_way) == [2]

    run(scene())


def test_prefixes_do_not_wait_for_each_other_and_calls_without_one_for_nobody() -> None:
    async def scene() -> None:
        calls = Calls(Warming())
        calls.start(0)
        calls.start(1, SharedPrefix("1" * 32, 1, 0, 2000))
        calls.start(2, None)
        calls.start(3, None)
        await settle()
        assert list(calls.under_way) == [0, 1, 2, 3]

    run(scene())


@pytest.mark.parametrize("lifetime", ["5m", "1h"])
def test_after_a_pause_as_long_as_the_cache_holds_one_goes_first_again(lifetime: Any) -> None:
    async def scene() -> None:
        now = 0.0
        prefix = SharedPrefix("0" * 32, 1, 0, 2000, lifetime)
        calls = Calls(Warming(lambda: now))
        calls.start(0, prefix)
        await settle()
        await calls.end(0, answered=True)
        now = LIFETIME_S[prefix.lifetime] - 1
        calls.start(1, prefix)
        calls.start(2, prefix)
        await settle()
        assert list(calls.under_way) == [1, 2]
        await calls.end(1, answered=True)
        now += LIFETIME_S[prefix.lifetime] - 1
        calls.start(3, prefix)
        await settle()
        assert list(calls.under_way) == [2, 3], "an answer renews it"
        now += 2
        calls.start(4, prefix)
        calls.start(5, prefix)
        await settle()
        assert list(calls.under_way) == [2, 3, 4]

    run(scene())


@given(st.lists(st.sampled_from(["start", "answered", "failed", "cancel"]), max_size=40), st.randoms())
def test_whatever_happens_nobody_waits_for_ever(steps: list[str], rng: Any) -> None:
    async def scene() -> None:
        calls = Calls(Warming())
        for number, step in enumerate(steps):
            if step == "start":
                calls.start(number)
            elif step == "cancel" and calls.tasks:
                await calls.cancel(rng.choice(list(calls.tasks)))
            elif calls.under_way:
                await calls.end(rng.choice(list(calls.under_way)), answered=step == "answered")
            if rng.random() < 0.5:
                await settle()
        await settle()
        while any(not task.done() for task in calls.tasks.values()):
            assert calls.under_way, "somebody waits and nobody is under way"
            await calls.end(next(iter(calls.under_way)), answered=rng.random() < 0.5)

    run(scene())
