"""What a run's calls are paid from, opened and closed: a budget of its own and the home's month, or shares.

In a run with workers the flow's process writes first what the journals say was spent; then each process has a
share, the flow's too, and at the end one row a month is left of them (tasks/shares.py).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tasks.budget import counts_in_month, join_budget, join_month, make_till, real_calls
from tasks.call.journal_reader import JournalState
from tasks.call.till import Till
from tasks.home import Home
from tasks.shares import TABLE, Shares, month_of
from tasks.slices import Part
from tasks.store import Store
from tasks.work import Work

LEAVE_S = 2.0  # so long the workers of a run that is over are waited for
LOOK_S = 0.05


@asynccontextmanager
async def paying(
    work: Work, known: JournalState, journal: Path, *, leads: bool = True
) -> AsyncIterator[Till]:
    """The till of this process, which writes the file `journal`; `leads`: the run is this process's.

    Raises: WarehouseError: the store of the home cannot be used.
    """
    part = await asyncio.to_thread(_part, work, journal)
    async with AsyncExitStack() as stack:
        budget = None
        if part is not None:
            if leads:
                await asyncio.to_thread(_begin, work, part.shares, known)
                stack.push_async_callback(asyncio.to_thread, _end, part, known)
            budget = await asyncio.to_thread(join_budget, work.plan, part)
        if budget is not None:
            stack.push_async_callback(asyncio.to_thread, budget.close)
        month = await asyncio.to_thread(join_month, work.home, work.plans, work.monthly_usd, known, part)
        if month is not None:
            stack.push_async_callback(asyncio.to_thread, month.close)
        till = make_till(work.plan, known, month, retry_failed=work.retry_failed, budget=budget)
        stack.callback(till.end)
        yield till


def _part(work: Work, journal: Path) -> Part | None:
    """What this process is among those of the run; None: it is alone, or no money is bounded."""
    spec = work.plan.spec
    in_month = counts_in_month(work.plans, work.monthly_usd)
    if spec.engine is None or (spec.budget_usd is None and not in_month):
        return None
    shares = Shares(work.home, work.record.run_id, real_calls(work.plans) if in_month else lambda key: True)
    return Part(shares, journal)


def _begin(work: Work, shares: Shares, known: JournalState) -> None:
    names = [shares.budget] if work.plan.spec.budget_usd is not None else []
    if counts_in_month(work.plans, work.monthly_usd):
        names.append(month_of(datetime.now(UTC)))
    with _store(work.home) as store:
        shares.begin(store, known, names)


def _end(part: Part, known: JournalState) -> None:
    """Make one row of all, once the workers have left; where one does not, it is for who looks next."""
    until = time.monotonic() + LEAVE_S
    with _store(part.shares.home) as store:
        while not part.shares.end(store, known, part.journal) and time.monotonic() < until:
            time.sleep(LOOK_S)


@contextmanager
def _store(home: Home) -> Iterator[Store]:
    store = Store(home.limits)
    try:
        store.ensure(TABLE)
        yield store
    finally:
        store.close()
