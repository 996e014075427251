"""A provider is parked when it is down and not when it stumbles; one call probes it, and it comes back."""

import asyncio
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.call.breaker import (
    FIRST_PROBE_S,
    GIVE_UP_S,
    MOST_PROBE_S,
    STREAK,
    WINDOW_S,
    Breaker,
    Gate,
    is_down,
)
from warehouse.errors import Fault

DOWN = Fault("connection", "refused")


class Clock:
    """A time that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def parked(at: float = 100.0, give_up_s: float = GIVE_UP_S) -> Breaker:
    """A breaker whose provider went down at that moment."""
    breaker = Breaker(give_up_s)
    for _ in range(STREAK):
        breaker.ended(at, failed=True)
    assert breaker.parked_at == at
    return breaker


def test_a_handful_of_failures_parks_nobody() -> None:
    breaker = Breaker()
    for _ in range(STREAK - 1):
        breaker.ended(100.0, failed=True)
    assert breaker.ask(100.0) == "call"


@given(
    st.lists(st.tuples(st.floats(0.0, 3.0), st.booleans()), max_size=300),
    st.integers(0, 40),
)
def test_it_never_opens_below_half_of_the_windows_attempts(
    steps: list[tuple[float, bool]], streak: int
) -> None:
    breaker, now, seen = Breaker(), 50.0, []
    for wait_s, failed in [*steps, *[(0.01, True)] * streak]:
        now += wait_s
        seen.append((now, failed))
        breaker.ended(now, failed=failed)
        if breaker.parked_at is not None:
            window = [bad for at, bad in seen if at > now - WINDOW_S - 1]
            surely = [bad for at, bad in seen if at > now - WINDOW_S]
            assert 2 * sum(window) >= len(window) or 2 * sum(surely) >= len(surely)
            assert all(bad for _, bad in seen[-STREAK:])
            return


@pytest.mark.parametrize("share", [0.2, 0.3, 0.4, 0.45])
def test_a_storm_below_half_parks_nobody(share: float) -> None:
    draw, breaker = random.Random(4), Breaker()
    for n in range(20_000):
        breaker.ended(n / 100, failed=draw.random() < share)
        assert breaker.parked_at is None, f"after {n}"


def test_a_blip_of_a_busy_provider_parks_nobody() -> None:
    breaker = Breaker()
    for n in range(1000):
        breaker.ended(n / 100, failed=False)
    for _ in range(400):
        breaker.ended(10.1, failed=True)
    assert breaker.ask(10.1) == "call"


@pytest.mark.parametrize("per_s", [2, 50, 1000])
def test_a_provider_that_goes_down_is_parked_within_the_window(per_s: int) -> None:
    breaker = Breaker()
    for n in range(30 * per_s):
        breaker.ended(n / per_s, failed=False)
    n = 0
    while breaker.parked_at is None:
        breaker.ended(30 + n / per_s, failed=True)
        n += 1
    assert breaker.parked_at - 30 <= WINDOW_S + 1


def test_while_it_is_parked_one_call_probes_and_the_others_wait() -> None:
    breaker = parked(100.0)
    assert breaker.ask(100.5) == FIRST_PROBE_S - 0.5
    assert breaker.ask(100.0 + FIRST_PROBE_S) == "probe"
    assert breaker.ask(100.0 + FIRST_PROBE_S) == GIVE_UP_S - FIRST_PROBE_S


def test_probes_that_fail_come_at_growing_intervals() -> None:
    breaker, now, waits = parked(100.0), 100.0, []
    for _ in range(7):
        wait_s = breaker.ask(now)
        assert isinstance(wait_s, float)
        waits.append(wait_s)
        now += wait_s
        assert breaker.ask(now) == "probe"
        breaker.ended(now, failed=True, probe=True)
    assert waits == [2, 4, 8, 16, 30, 30, 30]
    assert waits[-1] == MOST_PROBE_S


def test_a_probe_that_comes_back_opens_the_way_and_all_begins_anew() -> None:
    breaker = parked(100.0)
    assert breaker.ask(102.0) == "probe"
    breaker.ended(102.5, failed=False, probe=True)
    assert breaker.ask(102.5) == "call"
    for _ in range(STREAK - 1):
        breaker.ended(102.6, failed=True)
    assert breaker.ask(102.6) == "call"
    breaker.ended(102.6, failed=True)
    assert breaker.ask(102.6) == FIRST_PROBE_S


def test_late_failures_of_calls_sent_before_change_nothing_and_a_late_answer_opens() -> None:
    breaker = parked(100.0)
    breaker.ended(101.0, failed=True)
    assert breaker.ask(101.0) == 1.0
    breaker.ended(101.0, failed=False)
    assert breaker.ask(101.0) == "call"


def test_who_stays_down_is_given_up_for_good() -> None:
    breaker = parked(100.0)
    assert breaker.ask(100.0 + GIVE_UP_S - 1) == "probe"
    assert breaker.ask(100.0 + GIVE_UP_S - 0.5) == 0.5
    assert not breaker.given_up
    assert breaker.ask(100.0 + GIVE_UP_S) == 0.0
    breaker.ended(100.0 + GIVE_UP_S + 1, failed=False)
    assert breaker.ask(100.0 + GIVE_UP_S + 2) == 0.0
    assert breaker.given_up


@pytest.mark.parametrize(
    ("fault", "down"),
    [
        (None, False),
        (Fault("connection", ""), True),
        (Fault("timeout", ""), True),
        (Fault("timeout", "", 504), True),
        (Fault("timeout", "", 408), False),
        (Fault("server_error", "", 500), True),
        (Fault("server_error", "", 529), True),
        (Fault("server_error", "", 200), True),
        (Fault("server_error", "", 409), False),
        (Fault("server_error", "", 425), False),
        (Fault("rate_limited", "", 429), False),
        (Fault("bad_request", "", 400), False),
        (Fault("auth", "", 401), False),
        (Fault("no_model", "", 404), False),
        (Fault("bad_body", "", 200), False),
    ],
)
def test_only_who_is_not_there_counts(fault: Fault | None, down: bool) -> None:
    assert is_down(fault) is down


def test_all_that_wait_go_on_as_soon_as_the_probe_is_back() -> None:
    async def run() -> tuple[list[str | None], float]:
        clock = Clock()
        gate = Gate(parked(clock.now), clock)
        clock.now += FIRST_PROBE_S
        probe = await gate.enter()
        assert probe == "probe"
        others = [asyncio.create_task(gate.enter()) for _ in range(50)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in others)
        began = asyncio.get_running_loop().time()
        gate.ended(None, probe)
        passed: list[str | None] = list(await asyncio.gather(*others))
        return passed, asyncio.get_running_loop().time() - began

    passed, took_s = asyncio.run(run())
    assert passed == ["call"] * 50
    assert took_s < 1


def test_who_waits_is_told_when_it_is_given_up_though_the_probe_hangs() -> None:
    async def run() -> list[str | None]:
        gate = Gate(Breaker(give_up_s=0.3))
        for _ in range(STREAK):
            gate.ended(DOWN, "call")
        gate.breaker._probe_at = 0.0
        assert await gate.enter() == "probe"
        return list(await asyncio.gather(*(gate.enter() for _ in range(3))))

    assert asyncio.run(run()) == [None] * 3


def test_a_call_that_was_let_through_before_the_parking_finds_the_gate_shut() -> None:
    gate = Gate(parked())
    assert gate.shut("call")
    assert not gate.shut("probe")
    assert not Gate(Breaker()).shut("call")


def test_a_probe_that_cannot_be_sent_is_given_back_and_the_next_in_line_is_it_at_once() -> None:
    async def main() -> None:
        breaker = Breaker(give_up_s=900.0)
        gate = Gate(breaker)
        for _ in range(STREAK):
            gate.ended(DOWN, "call")
        breaker._probe_at = 0.0  # its time has come
        assert await gate.enter() == "probe"
        waiting = asyncio.create_task(gate.enter())
        await asyncio.sleep(0.01)
        assert not waiting.done()
        gate.give_back()
        assert await asyncio.wait_for(waiting, 1) == "probe"
        gate.ended(None, "probe")
        assert await gate.enter() == "call"

    asyncio.run(main())
