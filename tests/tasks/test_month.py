"""What a run has spent of the month is in the store, whatever becomes of a transaction or of the store."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

from tasks.call.purse import ZERO
from tasks.home import Home
from tasks.month import MonthFund, MonthSoFar, month_so_far
from tasks.runs import begin_run, run_lock
from tasks.shares import TABLE, Row, month_of, rows_of
from tasks.spec import make_spec
from tasks.store import Store

LIMIT = Decimal(10)
NOVEMBER = datetime(2026, 11, 30, 23, 59, tzinfo=UTC)
DECEMBER = datetime(2026, 12, 1, 0, 1, tzinfo=UTC)


def spend(fund: MonthFund, usd: str) -> None:
    """Reserve so much and use half of it."""
    amount = Decimal(usd)
    until = time.monotonic() + 10
    while not fund.take(amount):
        assert time.monotonic() < until
        time.sleep(0.01)
    fund.give_back(amount, amount / 2)


def sums_of(home: Home) -> dict[str, Row]:
    store = Store(home.limits)
    try:
        with store.transaction() as connection:
            return rows_of(connection, month_of(datetime.now(UTC)))
    finally:
        store.close()


def sums(home: Home, when: datetime) -> MonthSoFar:
    return month_so_far(home, LIMIT, when)


def test_a_store_that_was_moved_aside_amid_a_run_is_told_all_that_the_run_has_spent(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    fund = MonthFund.open(home, "r", LIMIT, Decimal(1))
    spend(fund, "2")
    spend(fund, "0.4")
    for path in home.limits.parent.glob(f"{home.limits.name}*"):
        path.unlink()
    spend(fund, "3")
    fund.close()
    found = sums(home, datetime.now(UTC))
    assert (found.spent, found.held) == (Decimal("3.7"), Decimal(0))


def test_what_is_spent_counts_in_the_month_in_which_it_was_told(tmp_path: Path) -> None:
    home = Home(tmp_path)
    home.make()
    times = [NOVEMBER]
    fund = MonthFund(home, "r", LIMIT, lambda: times[-1])
    fund._store.ensure(TABLE)
    spend(fund, "2")
    times.append(DECEMBER)
    spend(fund, "4")
    fund.close()
    assert sums(home, NOVEMBER).spent == 1
    assert sums(home, DECEMBER).spent == 2


def test_two_runs_that_keep_too_little_do_not_wait_for_each_other(tmp_path: Path) -> None:
    """Each has a slice left that is less than its next call; together they have enough for one."""
    home = Home(tmp_path)
    home.make()
    one, two = (MonthFund.open(home, name, LIMIT, ZERO) for name in ("one", "two"))
    spend(one, "4.8")  # each uses half, and keeps the rest
    spend(two, "4.8")
    spend(one, "2.6")
    taken, until = False, time.monotonic() + 10
    while not taken:
        assert time.monotonic() < until, (one.may_come(Decimal(3)), two.may_come(Decimal(3)))
        taken = one.take(Decimal("3.6")) or two.take(Decimal("3.6"))
        time.sleep(0.01)
    one.close()
    two.close()


def test_what_a_run_holds_that_was_killed_beside_another_comes_back(tmp_path: Path) -> None:
    """The other lacks money before anybody begins a run, and would wait for it for ever."""
    home = Home(tmp_path)
    home.make()
    spec = make_spec({"suites": ["sums"], "models": [{"model": "openai/gpt-4o-2024-05-13"}]}, "the test")
    begin_run(home, spec, "dies", trigger="cli")
    with run_lock(home, "dies"):
        dies, lives = (MonthFund.open(home, name, LIMIT, ZERO) for name in ("dies", "lives"))
        spend(dies, "4")
    assert sums_of(home)["dies"].held == 4
    spend(lives, "9.8")
    assert sums_of(home)["dies"] == Row(ZERO, ZERO), "it has no journal: nothing was sent"
    lives.close()
