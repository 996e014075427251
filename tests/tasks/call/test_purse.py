"""A budget is never exceeded: what does not fit waits for others to settle, in order, and then it is over."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable
from decimal import Decimal
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.call.purse import Amounts, Group, OutOfMoney, Purse, RunBudget
from warehouse.errors import WarehouseError


def usd(text: str) -> Decimal:
    return Decimal(text)


def one(text: str | int) -> Amounts:
    """The amount for a purse with one fund."""
    return (Decimal(text),)


def run(work: Callable[[], Coroutine[None, None, None]]) -> None:
    asyncio.run(asyncio.wait_for(work(), 10))


def test_without_a_fund_nothing_is_bounded() -> None:
    async def work() -> None:
        purse = Purse()
        await purse.reserve(one("1e9"))
        purse.settle(one("1e9"), one("1e9"))

    run(work)


def test_what_does_not_fit_waits_until_another_has_settled() -> None:
    async def work() -> None:
        fund = RunBudget(usd("1.00"), spent=usd("0.30"))
        purse = Purse(fund)
        await purse.reserve(one("0.60"))
        second = asyncio.create_task(purse.reserve(one("0.50")))
        await asyncio.sleep(0)
        assert not second.done()
        purse.settle(one("0.60"), one("0.10"))
        await second
        assert (fund.spent, fund.held) == (usd("0.40"), usd("0.50"))

    run(work)


def test_a_cheaper_one_does_not_overtake() -> None:
    async def work() -> None:
        purse = Purse(RunBudget(usd("1"), spent=usd("0")))
        await purse.reserve(one("0.7"))
        order: list[str] = []

        async def ask(name: str, amount: str) -> None:
            await purse.reserve(one(amount))
            order.append(name)

        tasks = [asyncio.create_task(ask("dear", "0.5")), asyncio.create_task(ask("cheap", "0.1"))]
        await asyncio.sleep(0.01)
        assert order == []
        purse.settle(one("0.7"), one("0.1"))
        await asyncio.gather(*tasks)
        assert order == ["dear", "cheap"]

    run(work)


def test_it_is_over_when_nothing_is_held_and_the_next_does_not_fit() -> None:
    async def work() -> None:
        purse = Purse(RunBudget(usd("1"), spent=usd("0.5")))
        await purse.reserve(one("0.3"))
        waiting = [asyncio.create_task(purse.reserve(one("0.4"))) for _ in range(3)]
        await asyncio.sleep(0)
        assert not any(task.done() for task in waiting)
        purse.settle(one("0.3"), one("0.2"))
        for task in waiting:
            with pytest.raises(OutOfMoney, match=r"budget of \$1 is used up: \$0.7 are spent"):
                await task

    run(work)


def test_one_that_is_cancelled_while_it_waits_holds_nothing() -> None:
    async def work() -> None:
        fund = RunBudget(usd("1"), spent=usd("0"))
        purse = Purse(fund)
        await purse.reserve(one("1"))
        gone = asyncio.create_task(purse.reserve(one("1")))
        last = asyncio.create_task(purse.reserve(one("0.5")))
        await asyncio.sleep(0)
        gone.cancel()
        purse.settle(one("1"), one("0.5"))
        await last
        assert (fund.spent, fund.held) == (usd("0.5"), usd("0.5"))

    run(work)


def test_a_sample_is_paid_for_as_a_whole() -> None:
    """The budget holds two of three pairs: the third is asked of nobody, though one half of it would fit."""

    async def work() -> None:
        groups: dict[Hashable, Group] = {name: Group(2, one("0.4")) for name in "abc"}
        fund = RunBudget(usd("1"), spent=usd("0"))
        purse = Purse(fund, groups=groups)
        for name in "aabb":
            await purse.reserve(one("0.2"), name)
        third = asyncio.create_task(purse.reserve(one("0.2"), "c"))
        await asyncio.sleep(0.01)
        assert not third.done()
        for _ in range(4):
            purse.settle(one("0.2"), one("0.2"))
        with pytest.raises(OutOfMoney):
            await third
        assert (fund.spent, fund.held) == (usd("0.8"), usd("0.0"))

    run(work)


def test_what_a_group_reserved_too_much_comes_back() -> None:
    async def work() -> None:
        fund = RunBudget(usd("1"), spent=usd("0"))
        purse = Purse(fund, groups={"a": Group(2, one("0.6"))})
        await purse.reserve(one("0.2"), "a")
        assert fund.held == usd("0.6")
        await purse.reserve(one("0.1"), "a")
        assert fund.held == usd("0.3")
        await purse.reserve(one("0.5"))  # a further attempt pays for itself
        assert fund.held == usd("0.8")

    run(work)


@settings(max_examples=150, deadline=None)
@given(
    worst=st.lists(st.integers(1, 50), min_size=1, max_size=40),
    budget=st.integers(1, 300),
    seed=st.integers(0, 2**16),
)
def test_spent_and_held_never_exceed_the_budget(worst: list[int], budget: int, seed: int) -> None:
    """Whatever comes in which order: and it ends only where the next did not fit and nothing was held."""
    rng = Random(seed)

    async def work() -> None:
        fund = RunBudget(Decimal(budget), spent=Decimal(0))
        purse = Purse(fund)
        refused: list[int] = []

        async def call(amount: int) -> None:
            try:
                await purse.reserve(one(amount))
            except OutOfMoney:
                refused.append(amount)
                return
            assert fund.spent + fund.held <= budget
            for _ in range(rng.randrange(3)):
                await asyncio.sleep(0)
            purse.settle(one(amount), one(rng.randint(0, amount)))
            assert fund.spent + fund.held <= budget

        await asyncio.gather(*(call(amount) for amount in worst))
        assert fund.held == 0
        if refused:
            assert fund.spent + refused[-1] > budget

    run(work)


class Broken(RunBudget):
    """A fund that says no, and that something may come, until it cannot be asked any more."""

    def __init__(self) -> None:
        super().__init__(usd("1"), usd("1"))
        self.asked = 0

    def take(self, usd: Decimal) -> bool:
        """Not now."""
        self.asked += 1
        if self.asked > 3:
            raise WarehouseError("limits.db cannot be read")
        return False

    def may_come(self, usd: Decimal) -> bool:
        """So it says."""
        return True


def test_a_fund_that_breaks_while_others_wait_is_an_error_of_theirs_and_no_wait_for_ever() -> None:
    async def work() -> None:
        purse = Purse(Broken())
        waiting = [asyncio.create_task(purse.reserve(one("0.1"))) for _ in range(3)]
        ends = await asyncio.gather(*waiting, return_exceptions=True)
        assert [type(end) for end in ends] == [WarehouseError] * 3

    run(work)
