"""Leases are slices of one line of time; they overlap by no more than a bucket holds, whoever asks."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.call.leases import (
    CREDIT_NS,
    NO_TIME,
    TOLD_FOR_NS,
    AccountState,
    Ask,
    Lease,
    StoreLeases,
    account_hash,
    serve,
)
from tasks.store import Store
from warehouse.errors import WarehouseError

ROOT = Path(__file__).parents[3]
SECOND = 10**9
NOW = 1_800_000_000 * SECOND
ACCOUNT = account_hash("openai/gpt|https://api.test|MY_KEY")


def lease_of(state: AccountState, now_ns: int, times: tuple[int, int, int]) -> tuple[AccountState, Lease]:
    return serve(state, Ask(ACCOUNT, times), now_ns)


@given(st.lists(st.tuples(st.integers(0, 3 * SECOND), st.integers(1, 2 * SECOND)), min_size=1, max_size=40))
def test_slices_follow_each_other_and_begin_at_once_where_the_account_is_not_busy(
    asks: list[tuple[int, int]],
) -> None:
    state, now, leases = AccountState(), NOW, list[Lease]()
    for idle_ns, time_ns in asks:
        now += idle_ns
        state, lease = lease_of(state, now, (time_ns, time_ns // 2, 0))
        assert lease.start_ns == max(now, leases[-1].end_ns if leases else now)
        assert lease.free_ns <= lease.start_ns <= lease.free_ns + CREDIT_NS
        leases.append(lease)
    for one, two in pairwise(leases):
        assert one.end_ns <= two.start_ns
    # in no span of time is more lent than it has, and what nobody had used for an instant before
    for at, first in enumerate(leases):
        lent = 0
        for last in leases[at:]:
            lent += last.times[0]
            assert lent <= last.end_ns - first.start_ns + CREDIT_NS


def test_an_account_nobody_has_used_begins_without_credit() -> None:
    _, lease = lease_of(AccountState(), NOW, (SECOND, 0, 0))
    assert (lease.start_ns, lease.end_ns) == (NOW, NOW + SECOND)


def test_all_kinds_wait_for_the_one_that_is_used_most() -> None:
    state, _ = lease_of(AccountState(), NOW, (SECOND // 100, 3 * SECOND, 0))
    _, lease = lease_of(state, NOW, (SECOND // 100, SECOND // 100, 0))
    assert lease.start_ns == NOW + 3 * SECOND


def test_what_is_given_back_is_whole_while_nobody_has_leased_after_it() -> None:
    state, mine = lease_of(AccountState(), NOW, (2 * SECOND, 0, 0))
    back = Ask(ACCOUNT, unused=(SECOND, 0, 0), generation=mine.generation, serial=mine.serial)
    alone, _ = serve(state, back, NOW)
    assert lease_of(alone, NOW, (1, 0, 0))[1].start_ns == NOW + SECOND
    followed, _ = lease_of(state, NOW, (SECOND, 0, 0))
    busy, _ = serve(followed, back, NOW)
    assert lease_of(busy, NOW, (1, 0, 0))[1].start_ns == NOW + 3 * SECOND
    later = NOW + 5 * SECOND // 2
    idle, _ = serve(followed, back, later)
    assert lease_of(idle, later, (1, 0, 0))[1].start_ns == NOW + 3 * SECOND - SECOND // 4


def test_a_pause_is_known_to_whoever_asks_and_no_slice_begins_before_its_end() -> None:
    state, _ = serve(AccountState(), Ask(ACCOUNT, pause_ns=7 * SECOND), NOW)
    _, lease = lease_of(state, NOW + SECOND, (SECOND, 0, 0))
    assert lease.paused_until_ns == lease.start_ns == lease.free_ns == NOW + 7 * SECOND
    again, _ = serve(state, Ask(ACCOUNT, pause_ns=SECOND), NOW + SECOND)
    assert again.paused_until_ns == NOW + 7 * SECOND  # a shorter one does not end it


def test_a_lowered_limit_makes_older_leases_void_and_a_raised_one_does_not() -> None:
    state, first = lease_of(AccountState(), NOW, (9 * SECOND, 0, 0))
    state, learned = serve(state, Ask(ACCOUNT, told=(3000, None, None)), NOW)
    state, raised = serve(state, Ask(ACCOUNT, told=(4000, None, None)), NOW)
    assert first.generation == learned.generation == raised.generation
    state, lowered = serve(state, Ask(ACCOUNT, (SECOND, 0, 0), told=(1500, None, None)), NOW)
    assert lowered.generation == first.generation + 1
    assert lowered.start_ns == NOW
    state, _ = serve(state, Ask(ACCOUNT, unused=(SECOND, 0, 0), generation=first.generation), NOW)
    assert max(state.free_at_ns) == NOW + SECOND  # what was void cannot be given back


def test_what_a_provider_told_is_believed_for_an_hour() -> None:
    state, _ = serve(AccountState(), Ask(ACCOUNT, told=(3000, 400_000, None)), NOW)
    assert serve(state, Ask(ACCOUNT), NOW + TOLD_FOR_NS - 1)[1].told == (3000, 400_000, None)
    assert serve(state, Ask(ACCOUNT), NOW + TOLD_FOR_NS)[1].told == (None, None, None)


@settings(max_examples=30)
@given(st.integers(2 * SECOND, 10**6 * SECOND))
def test_a_wall_clock_that_is_set_back_costs_nobody_a_wait(back_ns: int) -> None:
    state, lease = lease_of(AccountState(), NOW, (SECOND, 0, 0))
    _, later = lease_of(state, NOW - back_ns, (SECOND, 0, 0))
    assert later.start_ns == lease.end_ns - back_ns


def test_looking_changes_nothing() -> None:
    state, _ = lease_of(AccountState(), NOW, (SECOND, SECOND, 0))
    assert serve(state, Ask(ACCOUNT), NOW + SECOND // 2)[0] == state


def test_neither_address_nor_variable_is_in_the_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "limits.sqlite")
    asyncio.run(StoreLeases(store).take([Ask(ACCOUNT, (SECOND, 0, 0))]))
    store.close()
    content = store.path.read_bytes()
    assert ACCOUNT.encode() in content
    for word in (b"gpt", b"api.test", b"MY_KEY"):
        assert word not in content


def test_leases_come_in_the_process_s_own_clock_and_survive_it(tmp_path: Path) -> None:
    store = Store(tmp_path / "limits.sqlite")
    source = StoreLeases(store, wall_ns=lambda: NOW, clock_ns=lambda: 5 * SECOND)
    (lease,) = asyncio.run(source.take([Ask(ACCOUNT, (SECOND, 0, 0))]))
    assert (lease.start_ns, lease.end_ns) == (5 * SECOND, 6 * SECOND)
    store.close()
    other = Store(tmp_path / "limits.sqlite")
    later = StoreLeases(other, wall_ns=lambda: NOW, clock_ns=lambda: 77 * SECOND)
    (lease,) = asyncio.run(later.take([Ask(ACCOUNT, (SECOND, 0, 0))]))
    assert lease.start_ns == 78 * SECOND
    other.close()


def test_a_damaged_store_is_tried_again_in_a_new_file(tmp_path: Path) -> None:
    path = tmp_path / "limits.sqlite"
    store = Store(path)
    source = StoreLeases(store)
    asyncio.run(source.take([Ask(ACCOUNT, (9 * SECOND, 0, 0))]))
    with path.open("r+b") as file:
        file.seek(24)
        file.write(b"\x00\x00\xff\xff")
        file.seek(4096)
        file.write(b"\xa5" * 8192)
    (lease,) = asyncio.run(source.take([Ask(ACCOUNT, (SECOND, 0, 0))]))
    assert lease.serial == 1
    assert store.moved is not None
    store.close()


def test_a_store_that_cannot_be_used_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="cannot be used"):
        asyncio.run(StoreLeases(Store(tmp_path / "none" / "limits.sqlite")).take([]))


ENDLESS = """
import asyncio, sys
from pathlib import Path
from tasks.call.leases import Ask, StoreLeases
from tasks.store import Store
source = StoreLeases(Store(Path(sys.argv[1])))
async def main():
    while True:
        (lease,) = await source.take([Ask("a", (200_000_000, 0, 0))])
        print(lease.serial, lease.start_ns, lease.end_ns, flush=True)
asyncio.run(main())
"""


def test_slices_of_processes_that_are_killed_never_overlap(tmp_path: Path) -> None:
    path = tmp_path / "limits.sqlite"
    processes = [
        subprocess.Popen([sys.executable, "-c", ENDLESS, str(path)], stdout=subprocess.PIPE, cwd=ROOT)
        for _ in range(3)
    ]
    for process in processes:
        assert process.stdout is not None
        process.stdout.readline()
    leases = []
    for process in processes:
        time.sleep(0.3 * int(os.environ.get("NIGHTBENCH_DRILLS", "1")))
        process.send_signal(signal.SIGKILL)
        with process:
            assert process.stdout is not None
            lines = process.stdout.read().decode().splitlines()
        leases += [tuple(map(int, line.split())) for line in lines if line.count(" ") == 2]
    leases.sort()
    assert len(leases) > 10
    assert len({serial for serial, _, _ in leases}) == len(leases)
    for (_, _, end), (_, start, _) in pairwise(leases):
        assert start >= end - SECOND // 100  # each process reads its two clocks one after the other
    store = Store(path)
    (mine,) = asyncio.run(StoreLeases(store).take([Ask("a", (SECOND, 0, 0))]))
    assert mine.start_ns >= leases[-1][2] - SECOND // 100
    store.close()


def test_an_ask_without_times_is_no_lease() -> None:
    state = replace(AccountState(), serial=5)
    _, lease = serve(state, Ask(ACCOUNT), NOW)
    assert (lease.serial, lease.times) == (5, NO_TIME)
