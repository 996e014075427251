"""Processes of one home together use an account's limit to the full, and no more; a dead one holds nobody up.

The server is a bucket of one second, as tight as any; 429s are what it denied.
"""

import asyncio
import random
from collections.abc import Coroutine
from typing import Any

import pytest

from tasks.call.keeper import LeaseKeeper
from tasks.call.leases import Ask, Lease
from tasks.call.limiter import Limiter
from tests.tasks.call.lease_cases import ACCOUNT, MemoryLeases, Server, World
from tests.tasks.call.limiter_cases import FakeTime, limits, use
from warehouse.errors import WarehouseError


def prompts(rng: random.Random) -> int:
    return rng.randint(50, 8_000)


def play(world: World, *parts: Coroutine[Any, Any, None]) -> None:
    async def main() -> None:
        await asyncio.gather(*parts)

    world.time_.run(main())


def world_of(kind: str, per_minute: int, *, told: bool = False, in_flight: int = 256) -> World:
    given = {} if told else {f"{kind}_per_minute": per_minute}
    return World(Server(per_minute), limits(**given, in_flight=in_flight), kind, tells=True)


@pytest.mark.parametrize("n", [1, 4])
def test_98_percent_of_a_request_limit_are_used_by_one_process_or_by_four(n: int) -> None:
    world = world_of("requests", 3_000)
    play(world, *(world.process(1020) for _ in range(n)))
    assert world.server.used(1000, 1020) >= 0.98 * 1_000
    assert not world.server.denied
    assert min(world.sent) >= 0.5 * max(world.sent)
    assert world.source.n_transactions <= 20 * 3 + n * 5  # never one a call


@pytest.mark.parametrize("n", [1, 4])
def test_98_percent_of_a_token_limit_are_used_with_prompts_larger_than_the_server_s_bucket(n: int) -> None:
    world = world_of("input_tokens", 400_000)
    play(world, *(world.process(1060, prompts) for _ in range(n)))
    assert world.server.used(1002, 1060) >= 0.98 * 400_000 * 58 / 60 - 4_000  # which one is the last
    assert not world.server.denied


@pytest.mark.parametrize("kind", ["requests", "input_tokens"])
@pytest.mark.parametrize("n", [1, 4])
def test_a_limit_that_is_halved_is_followed_within_seconds(kind: str, n: int) -> None:
    per_minute = 3_000 if kind == "requests" else 400_000
    world = world_of(kind, per_minute)

    async def halve() -> None:
        await world.time_.wait(10)
        world.server.change(per_minute // 2)

    size = prompts if kind == "input_tokens" else (lambda rng: 1)
    play(world, halve(), *(world.process(1025, size) for _ in range(n)))
    assert len(world.server.denied) <= 4
    assert world.server.used(1010, 1025) >= 0.75 * per_minute / 2 * 15 / 60


@pytest.mark.parametrize("n", [1, 4])
def test_a_limit_that_nobody_configured_is_learned_from_the_first_headers(n: int) -> None:
    world = world_of("requests", 3_000, told=True)
    play(world, *(world.process(1015) for _ in range(n)))
    assert world.server.used(1002, 1015) >= 0.98 * 650
    assert len(world.server.denied) <= 3 * n
    assert all(limiter.rates.told == (3_000, None, None) for limiter in world.limiters)


def test_a_process_that_comes_later_knows_what_the_others_learned() -> None:
    world = world_of("requests", 3_000, told=True)

    async def later() -> None:
        await world.time_.wait(5)
        await world.process(1006)

    play(world, world.process(1006), later())
    assert world.limiters[1].rates.told == (3_000, None, None)
    assert not world.server.denied


def test_processes_that_do_not_need_the_whole_limit_do_not_slow_each_other() -> None:
    world = world_of("requests", 3_000, in_flight=6)  # 2 x 20 calls/s of 50
    play(world, *(world.process(1020, latency_s=0.3) for _ in range(2)))
    assert sum(world.sent) >= 0.93 * 2 * 20 * 20
    assert not world.server.denied


def test_whoever_is_killed_holds_up_the_others_for_as_long_as_his_slice_lasts() -> None:
    world = world_of("requests", 3_000)

    async def dies() -> None:
        task = asyncio.create_task(world.process(1020))
        await world.time_.wait(8)
        world.limiters[1].fail(WarehouseError("dead"))  # sends nothing, gives nothing back
        task.cancel()

    play(world, world.process(1020), dies())
    assert world.server.used(1010, 1020) >= 0.98 * 500
    assert world.server.used(1008, 1010) >= 30


def test_a_pause_that_one_process_was_told_slows_the_others_too() -> None:
    world = world_of("requests", 3_000)

    async def paused() -> None:
        await world.time_.wait(5)
        world.limiters[0].pause(4.0)

    play(world, paused(), *(world.process(1012) for _ in range(3)))
    assert world.server.used(1005.5, 1009) == 0
    assert world.server.used(1009.5, 1012) >= 0.95 * 125
    assert not world.server.denied  # nothing burst at its end


def test_a_short_pause_is_kept_to_oneself() -> None:
    world = world_of("requests", 3_000)

    async def paused() -> None:
        await world.time_.wait(5)
        world.limiters[0].pause(0.1)

    play(world, paused(), *(world.process(1008) for _ in range(2)))
    assert world.source.n_news == 0


class Broken(MemoryLeases):
    async def take(self, asks: Any) -> Any:
        raise WarehouseError("the disk is full")


def test_a_source_that_cannot_be_used_is_the_error_of_every_call() -> None:
    time_, said = FakeTime(), list[str]()
    limiter = Limiter(limits(requests_per_minute=600), time_.clock, time_.sleep)

    async def call() -> None:
        try:
            await use(time_, limiter, [])
        except WarehouseError as error:
            said.append(str(error))

    async def main() -> None:
        async with LeaseKeeper(Broken(time_), time_.clock, time_.sleep) as keeper:
            keeper.add(ACCOUNT, limiter)
            await asyncio.gather(call(), call())
            await call()

    time_.run(main())
    assert said == ["the disk is full"] * 3
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


class Defect(MemoryLeases):
    async def take(self, asks: Any) -> Any:
        raise KeyError("told_at")


def test_a_defect_of_a_source_is_not_a_wait_for_ever_and_shows() -> None:
    time_, said = FakeTime(), list[str]()
    limiter = Limiter(limits(requests_per_minute=600), time_.clock, time_.sleep)

    async def main() -> None:
        async with LeaseKeeper(Defect(time_), time_.clock, time_.sleep) as keeper:
            keeper.add(ACCOUNT, limiter)
            try:
                await use(time_, limiter, [])
            except WarehouseError as error:
                said.append(str(error))

    with pytest.raises(KeyError):
        time_.run(main())
    assert said == ["no limit can be leased any more: KeyError: 'told_at'"]


class Slow(MemoryLeases):
    async def take(self, asks: Any) -> Any:
        self.took_s = 0.9
        return await super().take(asks)


def test_a_slow_disk_makes_longer_slices_and_not_a_lower_rate() -> None:
    world = world_of("requests", 3_000)
    world.source = Slow(world.time_)
    play(world, world.process(1030))
    assert world.server.used(1010, 1030) >= 0.98 * 1_000
    assert not world.server.denied


def test_what_is_left_at_the_end_is_given_back() -> None:
    time_ = FakeTime()
    source = MemoryLeases(time_)
    seen: list[Lease] = []

    async def main() -> None:
        for _ in range(2):
            limiter = Limiter(limits(requests_per_minute=60), time_.clock, time_.sleep)
            async with LeaseKeeper(source, time_.clock, time_.sleep) as keeper:
                keeper.add(ACCOUNT, limiter)
                tasks = [asyncio.create_task(use(time_, limiter, [])) for _ in range(20)]
                await time_.wait(0.5)
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        (account,) = source.states
        seen.extend(await source.take([Ask(account, (1, 0, 0))]))

    time_.run(main())
    assert seen[0].start_ns <= (time_.now + 1.5) * 1e9
