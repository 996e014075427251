"""A pause, asked for or read from the headers, holds every call, and nothing bursts through at its end."""

import asyncio
from collections.abc import Awaitable
from typing import Any

import pytest

from tasks.call.limiter import Limiter, refill_s
from tasks.call.rate_headers import RateHeaders
from tests.tasks.call.limiter_cases import FakeTime, limits, use


def test_a_pause_holds_every_call_and_releases_no_burst_at_its_end() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(requests_per_minute=600, in_flight=4096), time_.clock, time_.sleep)

    async def main() -> None:
        await time_.wait(30)  # the bucket is full
        limiter.pause(7)
        limiter.pause(5)  # a shorter one does not end the longer
        async with asyncio.TaskGroup() as group:
            for _ in range(40):
                group.create_task(use(time_, limiter, grants))

    time_.run(main())
    assert min(grants) >= 1037
    for second in range(4):
        assert sum(1037 + second <= at < 1038 + second for at in grants) <= 11
    assert grants[-1] == pytest.approx(1037 + 39 * 0.1, abs=0.05)


def in_flight_of(limiter: Limiter, time_: FakeTime, levels: list[int], n: int) -> list[Awaitable[None]]:
    async def call() -> None:
        async with limiter.slot(1):
            levels.append(limiter.in_flight)
            await time_.wait(1)

    return [call() for _ in range(n)]


def test_without_a_limit_calls_in_flight_start_slowly_and_double_a_round_trip() -> None:
    time_, levels = FakeTime(), list[int]()
    limiter = Limiter(limits(in_flight=64), time_.clock, time_.sleep)

    async def main() -> None:
        await asyncio.gather(*in_flight_of(limiter, time_, levels, 400))

    time_.run(main())
    assert max(levels[:8]) == 8
    assert time_.now == pytest.approx(1000 + 9)  # 8 + 16 + 32, then 64 a second
    assert max(levels) == 64


def test_after_a_429_calls_in_flight_grow_from_one_to_half_and_then_by_one_a_round_trip() -> None:
    time_, levels = FakeTime(), list[int]()
    limiter = Limiter(limits(in_flight=64), time_.clock, time_.sleep)

    async def main() -> None:
        await asyncio.gather(*in_flight_of(limiter, time_, [], 64 + 56))
        running = asyncio.gather(*in_flight_of(limiter, time_, [], 64))
        await time_.wait(0.5)
        assert limiter.in_flight == 64
        limiter.pause(10)  # what is in flight returns, which says nothing of the time after it
        await running
        await asyncio.gather(*in_flight_of(limiter, time_, levels, 31 + 32 + 33 + 34))

    time_.run(main())
    assert levels[:3] == [1, 2, 2]  # one alone, and when it returned two
    assert max(levels[: 31 + 32]) == 32
    assert max(levels) == 34


@pytest.mark.parametrize(
    ("told", "most"),
    [
        pytest.param(None, 8, id="the provider says nothing: the configured limit may be too high"),
        pytest.param(6000, 16, id="the provider tells its limit, and the bucket keeps to it"),
    ],
)
def test_a_configured_limit_yields_to_a_429_where_the_provider_tells_none(
    told: int | None, most: int
) -> None:
    time_, levels = FakeTime(), list[int]()
    limiter = Limiter(limits(in_flight=16, requests_per_minute=6000), time_.clock, time_.sleep)
    if told is not None:
        limiter.observe(RateHeaders(requests_limit=told, requests_remaining=told))

    async def main() -> None:
        running = asyncio.gather(*in_flight_of(limiter, time_, [], 16))
        await time_.wait(0.5)
        limiter.pause(10)
        await running
        await asyncio.gather(*in_flight_of(limiter, time_, levels, 15))

    time_.run(main())
    assert max(levels) <= most
    assert (max(levels) > 8) == (most > 8)


def test_a_server_s_error_does_not_shrink_the_calls_in_flight_and_does_not_let_them_grow() -> None:
    time_ = FakeTime()
    limiter = Limiter(limits(in_flight=64), time_.clock, time_.sleep)

    async def call() -> None:
        async with limiter.slot(1) as permit:
            await time_.wait(1)
            permit.failed = True

    async def main() -> None:
        await asyncio.gather(*(call() for _ in range(80)))

    time_.run(main())
    assert limiter.ceiling.level == 8


def test_429s_of_calls_that_began_before_the_pause_halve_the_calls_in_flight_once() -> None:
    time_ = FakeTime()
    limiter = Limiter(limits(in_flight=8), time_.clock, time_.sleep)

    async def call() -> None:
        async with limiter.slot(1) as permit:
            await time_.wait(1)
            permit.failed = True
        limiter.pause(0.1, permit)

    async def main() -> None:
        await asyncio.gather(*(call() for _ in range(8)))

    time_.run(main())
    assert limiter.ceiling.level == 4


@pytest.mark.parametrize("seconds", [0.0, -5.0, float("nan")])
def test_a_pause_that_is_no_time_is_none(seconds: float) -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(), time_.clock, time_.sleep)
    limiter.pause(seconds)
    time_.run(use(time_, limiter, grants))
    assert grants == [1000]


def test_an_endless_pause_ends_after_five_minutes() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(), time_.clock, time_.sleep)
    limiter.pause(float("inf"))
    time_.run(use(time_, limiter, grants))
    assert grants == [pytest.approx(1300)]


@pytest.mark.parametrize(
    ("given", "headers", "waited_s"),
    [
        pytest.param({}, {"remaining": 0, "reset_s": 4.0}, 4, id="no limit known: until the reset"),
        pytest.param({}, {"remaining": 1, "reset_s": 4.0}, 0, id="something is left"),
        pytest.param({}, {"remaining": 0}, 0, id="no reset"),
        pytest.param({}, {"limit": 30, "remaining": 0, "reset_s": 60.0}, 2, id="until one more is there"),
        pytest.param(
            {"requests_per_minute": 30}, {"limit": 30, "remaining": 0, "reset_s": 60.0}, 0, id="kept"
        ),
        pytest.param(
            {"requests_per_minute": 600},
            {"limit": 30, "remaining": 0, "reset_s": 60.0},
            2,
            id="ours is higher",
        ),
    ],
)
def test_where_nothing_is_left_of_a_limit_the_next_call_waits(
    given: dict[str, int], headers: dict[str, Any], waited_s: float
) -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(**given), time_.clock, time_.sleep)
    limiter.observe(RateHeaders(**{f"requests_{name}": value for name, value in headers.items()}))
    time_.run(use(time_, limiter, grants))
    assert grants == [pytest.approx(1000 + waited_s, abs=0.011)]


def test_the_refill_of_a_limit_follows_from_its_reset() -> None:
    assert refill_s(60, 60.0, 1) == 1.0
    assert refill_s(3600, 5.0, 1) == pytest.approx(1 / 60)  # a bucket of 5 s of a limit a minute
    assert refill_s(200, 86_400.0, 1) == 432.0  # a limit a day
    assert refill_s(40_000, 60.0, 2_000) == 3.0
    assert refill_s(40_000, 1.0, 2_000) == 1.0
    assert refill_s(None, 5.0, 9) == refill_s(0, 5.0, 9) == 5.0
