"""A budget holds for batches too: what is at the provider is reserved at its worst case, also by the dead."""

import asyncio
from collections.abc import Hashable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.batch.doubt import tags_of
from tasks.call.journal_reader import read_journal
from tasks.call.purse import Group, Purse, RunBudget
from tasks.call.session import CallSession
from tasks.call.till import Till
from tasks.call.worst_case import worst_usd
from tasks.pricing import cost_of as usd_of
from tests.tasks.call.batch.batch_cases import (
    QUICK,
    RUN,
    VENDORS,
    Plan,
    Ran,
    batches_at,
    billed,
    outcomes,
    run_here,
)
from tests.tasks.call.batch.drill import cost_of
from tests.tasks.call.batch.test_batch_doubt import intend, submit
from warehouse.errors import BudgetStopped, Fault, ProviderDown, Rejected, StoppedShort, Transient

pytestmark = pytest.mark.parametrize("vendor", VENDORS)
PARAMS = {"params": {"max_tokens": 300}}
N = 60


async def stop_soon(session: CallSession) -> None:
    """While the first batch is at the provider."""
    await asyncio.sleep(1.0)
    session.stop(StoppedShort("stopped."))


def spent(folder: Path) -> Decimal:
    """What the journal says was spent, or may have been."""
    with read_journal(folder) as known:
        return sum((usd for _, _, usd in known.spent()), Decimal(0))


def worst_of(plan: Plan) -> Decimal:
    """The sum of the worst cases."""
    from datetime import UTC, datetime

    worst = [worst_usd(call, datetime.now(UTC), "batch") for call in plan.calls()]
    return sum((usd for usd in worst if usd is not None), Decimal(0))


def bill_of(service: Any, plan: Plan) -> Decimal:
    """What the server has billed, at half price."""
    return sum((cost_of(row, plan.calls()[0]) for row in billed(service)), Decimal(0))


def test_a_budget_is_never_overspent_and_a_larger_one_goes_on(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, N, changes=PARAMS)

    async def go() -> None:
        async with batches_at() as (url, service):
            budget = worst_of(plan) / 10
            ran = await run_here(tmp_path / "j", url, plan, budget=budget)
            assert isinstance(ran.session.fatal, BudgetStopped)
            assert 0 < bill_of(service, plan) == spent(tmp_path / "j") <= budget
            assert len(service.ledger.batches) > 1, "what the first batch did not use paid for another"
            answered = len(billed(service))
            assert 0 < answered < N
            ran = await run_here(tmp_path / "j", url, plan, budget=worst_of(plan))
            assert ran.session.fatal is None
            assert bill_of(service, plan) == spent(tmp_path / "j")
            assert len(billed(service)) == N

    asyncio.run(go())


def test_what_a_stopped_run_left_at_the_provider_counts_until_its_results_are_here(
    tmp_path: Path, vendor: str
) -> None:
    plan = Plan(vendor, N, changes=PARAMS)

    async def go() -> None:
        async with batches_at({"seconds": 3.0}) as (url, service):
            await run_here(tmp_path / "j", url, plan, budget=worst_of(plan), meanwhile=stop_soon)
            assert spent(tmp_path / "j") == worst_of(plan)
            await run_here(tmp_path / "j", url, plan, budget=worst_of(plan))
            assert spent(tmp_path / "j") == bill_of(service, plan) > 0
            ends = outcomes(tmp_path / "j", plan.calls()).values()
            assert [len(end.attempts) for end in ends if end] == [1] * N, "one attempt, over two files"

    asyncio.run(go())


def test_what_was_never_sent_costs_nothing(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, N, changes=PARAMS)

    async def go() -> None:
        async with batches_at() as (url, service):
            intend(tmp_path / "j", url, plan)
            ran = await run_here(tmp_path / "j", url, plan, budget=worst_of(plan))
            assert (ran.session.fatal, len(billed(service))) == (None, N)
            assert spent(tmp_path / "j") == bill_of(service, plan)

    asyncio.run(go())


def test_an_adopted_batch_whose_attempts_are_not_in_the_journal_is_paid_for(
    tmp_path: Path, vendor: str
) -> None:
    plan = Plan(vendor, N, changes=PARAMS)

    async def go() -> None:
        async with batches_at() as (url, service):
            intent = intend(tmp_path / "j", url, plan)
            await submit(url, plan, tags_of(intent, RUN))
            ran = await run_here(tmp_path / "j", url, plan, budget=worst_of(plan))
            assert (ran.session.fatal, len(billed(service))) == (None, N)
            assert spent(tmp_path / "j") == bill_of(service, plan)

    asyncio.run(go())


class Choosy:
    """Batches of which the first is refused; everything else is the provider's."""

    def __init__(self, inner: Any) -> None:
        self._inner, self.refused = inner, False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def submit(self, *words: Any) -> Any:
        """No, and then yes."""
        if not self.refused:
            self.refused = True
            await asyncio.sleep(0.2)
            raise Rejected(Fault("bad_request", "not like this", http_status=400))
        return await self._inner.submit(*words)


def test_a_refused_batch_whose_money_went_elsewhere_is_sent_in_what_parts_there_is_money_for(
    tmp_path: Path, vendor: str
) -> None:
    plan = Plan(vendor, 8, changes=PARAMS)
    budget = worst_of(plan)

    async def take(session: CallSession) -> None:
        """Another lane of the run waits for most of the budget, and spends it."""
        purse, usd = session.till.purse, (budget * 3 / 4,)
        await asyncio.sleep(0.1)
        await purse.reserve(usd)
        purse.settle(usd, usd)

    async def go() -> None:
        async with batches_at() as (url, service):
            ran = await run_here(tmp_path / "j", url, plan, budget=budget, wrap=Choosy, meanwhile=take)
            assert ran.session.fatal is None or isinstance(ran.session.fatal, BudgetStopped)
            assert len(billed(service)) >= 2, "what there was money for"

    asyncio.run(asyncio.wait_for(go(), 15))


def test_what_is_at_the_provider_is_not_paid_for_once_more_by_its_sample(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 6, changes=PARAMS)
    worst = worst_of(plan) / 6

    async def go() -> None:
        async with batches_at({"seconds": 3.0}) as (url, service):
            await run_here(tmp_path / "j", url, plan, budget=worst_of(plan), meanwhile=stop_soon)
            assert spent(tmp_path / "j") == worst_of(plan)
            groups: dict[Hashable, Group] = {call.sample_id: Group(2, (2 * worst,)) for call in plan.calls()}
            fund = RunBudget(worst_of(plan), worst_of(plan))
            till = Till(
                Purse(fund, groups=groups), usd_of, lambda _, usd: (usd,), lambda call: call.sample_id
            )

            async def other(session: CallSession) -> None:
                """Another variant's calls, one after the other; each costs nearly nothing."""
                for call in plan.calls():
                    await session.till.purse.reserve((worst,), call.sample_id)
                    session.till.purse.settle((worst,), (Decimal("0.000001"),))

            ran = await run_here(tmp_path / "j", url, plan, till=till, meanwhile=other)
            till.end()
            assert ran.session.fatal is None
            assert fund.held == 0
            assert len(billed(service)) == 6

    asyncio.run(asyncio.wait_for(go(), 20))


class Away:
    """Batches that cannot be asked about; everything else is the provider's."""

    def __init__(self, inner: Any) -> None:
        self._inner = inner

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)

    async def list_since(self, when: Any) -> Any:
        """Not now."""
        raise Transient(Fault("connection", "no route", unsent=True))


async def with_half_the_money(folder: Path, vendor: str, wrap: Any) -> tuple[Ran, RunBudget]:
    """A run that half of its worst cases' money is there for, and whose provider is soon given up."""
    plan = Plan(vendor, 9, changes=PARAMS)
    async with batches_at() as (url, _):
        fund = RunBudget(worst_of(plan) / 2, Decimal(0))
        till = Till(Purse(fund), usd_of, lambda _, usd: (usd,))
        pace = replace(QUICK, outage_s=0.5)
        return await run_here(folder, url, plan, till=till, wrap=wrap, pace=pace), fund


def test_what_was_not_sent_because_of_an_outage_is_not_held_as_if_it_were(
    tmp_path: Path, vendor: str
) -> None:
    ran, fund = asyncio.run(with_half_the_money(tmp_path / "j", vendor, Away))
    assert isinstance(ran.session.fatal, ProviderDown)
    assert fund.held == fund.spent == spent(tmp_path / "j") == 0


class GoneAfterwards(Away):
    """Batches that are taken, and cannot be asked about from then on."""

    taken = False

    async def submit(self, *words: Any) -> Any:
        """Taken."""
        self.taken = True
        return await self._inner.submit(*words)

    async def list_since(self, when: Any) -> Any:
        """Not once something was taken."""
        return await (Away.list_since(self, when) if self.taken else self._inner.list_since(when))

    async def status(self, batch_id: str) -> Any:
        """Not now."""
        return await Away.list_since(self, None)


def test_who_waits_for_the_money_of_a_batch_whose_provider_is_gone_waits_no_longer(
    tmp_path: Path, vendor: str
) -> None:
    going = with_half_the_money(tmp_path / "j", vendor, GoneAfterwards)
    ran, fund = asyncio.run(asyncio.wait_for(going, 30))
    assert isinstance(ran.session.fatal, StoppedShort)
    assert len(ran.left) == 1
    assert fund.held == 0
    assert fund.spent == spent(tmp_path / "j") > 0, "what was sent may be billed"
