"""A limit is used to the last call and never exceeded, in order, whoever is cancelled."""

import asyncio
import random
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.call.bucket import LARGE_NS, MARGIN_NS, MINUTE_NS, Bucket
from tasks.call.limiter import Limiter, Permit
from tests.tasks.call.limiter_cases import FakeTime, Grant, limits, most_at_once, most_over, use


@pytest.mark.parametrize("late_s", [0.0, 0.05])
@pytest.mark.parametrize("per_minute", [60, 600, 3600, 30_000])
def test_98_percent_of_a_request_limit_is_used_under_load_and_no_more_than_all(
    per_minute: int, late_s: float
) -> None:
    time_, grants = FakeTime(late_s), list[float]()
    limiter = Limiter(limits(requests_per_minute=per_minute, in_flight=4096), time_.clock, time_.sleep)
    n = min(2000, per_minute * 2)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(n):
                group.create_task(use(time_, limiter, grants))

    time_.run(main())
    ideal_s = (n - 1) * 60 / per_minute
    assert ideal_s * 0.98 <= grants[-1] - grants[0] <= ideal_s / 0.98
    worst = most_over([(int(at * 1e9), 1) for at in grants], per_minute)
    assert worst <= Fraction(Bucket(per_minute, 0).capacity) + Fraction(1, 1000)


@settings(max_examples=25, deadline=None)
@given(st.data())
def test_token_limits_are_used_and_kept_with_requests_of_any_size(data: st.DataObject) -> None:
    time_, rng = FakeTime(0.02), random.Random(data.draw(st.integers(0, 1000)))
    per_minute = data.draw(st.sampled_from([6_000, 80_000, 400_000]))
    largest = data.draw(st.sampled_from([50, 2_000, per_minute // 10]))
    limiter = Limiter(
        limits(input_tokens_per_minute=per_minute, output_tokens_per_minute=10**9, in_flight=500),
        time_.clock,
        time_.sleep,
    )
    sizes = [rng.randint(1, largest) for _ in range(300)]
    grants: list[Grant] = []

    async def call(size: int) -> None:
        async with limiter.slot(size, 1) as permit:
            grants.append((int(time_.now * 1e9), size))
            permit.settle(size, 1)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for size in sizes:
                group.create_task(call(size))

    time_.run(main())
    assert [size for _, size in grants] == sizes  # in the order in which they came
    assert most_over(grants, per_minute) <= most_at_once(Bucket(per_minute, 0), largest) + Fraction(1, 10)
    used_s = (grants[-1][0] - 1000 * 10**9) / 1e9
    margins_s = sum(size * MINUTE_NS >= LARGE_NS * per_minute for size in sizes) * MARGIN_NS / 1e9
    assert used_s <= sum(sizes) * 60 / per_minute / 0.98 + margins_s + 0.1


def test_a_limiter_begins_near_empty() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(requests_per_minute=6000), time_.clock, time_.sleep)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(64):
                group.create_task(use(time_, limiter, grants, took_s=10))

    time_.run(main())
    assert sum(at == 1000 for at in grants) == 1
    assert sum(at <= 1000.1 for at in grants) <= 11


def test_one_wake_up_a_grant_and_one_timer_for_all() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(requests_per_minute=600, in_flight=4096), time_.clock, time_.sleep)

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(1000):
                group.create_task(use(time_, limiter, grants))

    time_.run(main())
    assert len(grants) == 1000
    assert time_.n_sleeps <= 1000


def test_calls_in_flight_stay_within_their_limit_and_pass_in_order() -> None:
    time_, order, most = FakeTime(), list[int](), 0
    limiter = Limiter(limits(in_flight=3), time_.clock, time_.sleep)
    rng = random.Random(1)

    async def call(number: int) -> None:
        nonlocal most
        async with limiter.slot(1) as permit:
            order.append(number)
            most = max(most, limiter.in_flight)
            assert (permit.queued_s > 0) == (number >= 3)
            await time_.wait(rng.uniform(0.01, 1))

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(50):
                group.create_task(call(number))

    time_.run(main())
    assert (order, most, limiter.in_flight, limiter.waiting) == (list(range(50)), 3, 0, 0)


def test_a_request_larger_than_the_bucket_goes_through_and_is_paid_for_after() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(input_tokens_per_minute=6000), time_.clock, time_.sleep)

    async def main() -> None:
        await use(time_, limiter, grants, tokens=1_000_000)  # 10,000 s' worth
        await use(time_, limiter, grants, tokens=1)

    time_.run(main())
    assert grants[0] <= 1001
    assert grants[1] - 1000 == pytest.approx(10_000, rel=0.001)


def test_settling_more_slows_the_next_and_settling_less_wakes_it_sooner() -> None:
    def second_grant_after(truth: int) -> float:
        time_, grants = FakeTime(), list[float]()
        limiter = Limiter(limits(input_tokens_per_minute=60_000), time_.clock, time_.sleep)

        async def first() -> None:
            async with limiter.slot(10_000) as permit:
                grants.append(time_.now)
                await time_.wait(1)
                permit.settle(90_000)
                permit.settle(truth)  # the last word counts
            await time_.wait(100)

        async def main() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(first())
                await asyncio.sleep(0)
                group.create_task(use(time_, limiter, grants, tokens=200))

        time_.run(main())
        return grants[1] - grants[0]

    assert second_grant_after(10_000) == pytest.approx(10, abs=0.1)
    assert second_grant_after(20_000) == pytest.approx(20, abs=0.1)
    assert second_grant_after(2_000) == pytest.approx(2, abs=0.1)
    assert second_grant_after(0) == pytest.approx(1, abs=0.1)


def test_tokens_given_back_amid_a_call_let_the_next_one_through_at_once() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(output_tokens_per_minute=60_000), time_.clock, time_.sleep)

    async def main() -> None:
        async with asyncio.TaskGroup() as group, limiter.slot(1, 10_000) as permit:
            group.create_task(use(time_, limiter, grants, out=100))
            await time_.wait(1)
            permit.settle(1, 0)
            await time_.wait(1)

    time_.run(main())
    assert grants == [pytest.approx(1001.15 + MARGIN_NS / 1e9, abs=0.01)]


def test_a_cancelled_waiter_gives_its_place_and_its_tokens_back() -> None:
    time_, grants = FakeTime(), list[float]()
    limiter = Limiter(limits(input_tokens_per_minute=60_000), time_.clock, time_.sleep)

    async def main() -> None:
        large = asyncio.create_task(use(time_, limiter, grants, tokens=250))
        small = asyncio.create_task(use(time_, limiter, grants, tokens=10))
        await time_.wait(0.1)  # the large one needs 0.15 s, and holds up the small
        large.cancel()
        await asyncio.wait([large, small])

    time_.run(main())
    assert grants == [pytest.approx(1000.1)]
    assert (limiter.in_flight, limiter.waiting) == (0, 0)


def test_a_waiter_cancelled_in_the_moment_of_its_turn_leaves_no_trace() -> None:
    time_ = FakeTime()
    limiter = Limiter(
        limits(requests_per_minute=60, input_tokens_per_minute=600, in_flight=1), time_.clock, time_.sleep
    )
    grants: list[float] = []

    async def main() -> None:
        holder = limiter.slot(0)
        await holder.__aenter__()
        waiter = asyncio.create_task(use(time_, limiter, grants, tokens=5))
        await time_.wait(60)
        requests, tokens, _ = limiter.rates.buckets
        assert requests is not None
        assert tokens is not None
        before = (requests.level(limiter._now_ns()), tokens.level(limiter._now_ns()))
        await holder.__aexit__(None, None, None)  # lets the waiter through
        assert limiter.in_flight == 1
        waiter.cancel()
        await asyncio.wait([waiter])
        assert waiter.cancelled()
        assert (requests.level(limiter._now_ns()), tokens.level(limiter._now_ns())) == pytest.approx(before)
        assert (limiter.in_flight, limiter.waiting, grants) == (0, 0, [])

    time_.run(main())


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 3000), st.floats(0, 2), st.none() | st.floats(0, 3), st.booleans()),
        max_size=25,
    ),
    st.integers(1, 4),
)
def test_whoever_is_cancelled_everyone_else_passes_in_order_and_nothing_leaks(
    calls: list[tuple[int, float, float | None, bool]], in_flight: int
) -> None:
    time_, order, finished = FakeTime(), list[int](), set[int]()
    limiter = Limiter(
        limits(requests_per_minute=1200, input_tokens_per_minute=60_000, in_flight=in_flight),
        time_.clock,
        time_.sleep,
    )

    async def call(number: int, tokens: int, took_s: float) -> None:
        async with limiter.slot(tokens) as permit:
            assert limiter.in_flight <= in_flight
            order.append(number)
            await time_.wait(took_s)
            permit.settle(tokens // 2)
        finished.add(number)

    async def cancelled(task: asyncio.Task[None], after_s: float, then_pause: bool) -> None:
        await time_.wait(after_s)
        task.cancel()
        if then_pause:
            limiter.pause(0.5)

    async def main() -> None:
        tasks = []
        for number, (tokens, took_s, cancel_s, then_pause) in enumerate(calls):
            task = asyncio.create_task(call(number, tokens, took_s))
            tasks.append(task)
            if cancel_s is not None:
                tasks.append(asyncio.create_task(cancelled(task, cancel_s, then_pause)))
        if tasks:
            await asyncio.wait(tasks)

    time_.run(main())
    assert order == sorted(order)
    assert finished >= {number for number, call_ in enumerate(calls) if call_[2] is None}
    assert (limiter.in_flight, limiter.waiting, limiter._timer) == (0, 0, None)


def test_against_the_real_clock_the_rate_is_used_and_kept() -> None:
    grants: list[float] = []
    limiter = Limiter(limits(requests_per_minute=12_000, in_flight=300))

    async def call() -> None:
        async with limiter.slot(1):
            grants.append(time.monotonic())

    async def main() -> None:
        async with asyncio.TaskGroup() as group:
            for _ in range(300):
                group.create_task(call())

    asyncio.run(main())
    assert grants[-1] - grants[0] > 299 / 200 * 0.99
    assert grants[-1] - grants[0] < 299 / 200 * 1.15  # the machine may be busy; the fake clock proves 98 %


def test_a_permit_that_did_not_wait_says_so() -> None:
    async def main() -> Permit:
        async with Limiter(limits()).slot(100, 10) as permit:
            return permit

    permit = asyncio.run(main())
    assert (permit.queued_s, permit.input_tokens, permit.output_tokens) == (0.0, 100, 10)
