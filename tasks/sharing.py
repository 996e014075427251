"""The limiters of a run: one an account, in leases that the processes of a home share."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from tasks.call.keeper import LeaseKeeper
from tasks.call.leases import LeaseSource, StoreLeases
from tasks.call.limiter import Limiter
from tasks.home import Home
from tasks.progress import Progress
from tasks.spec import Limits, ModelEntry
from tasks.store import Store

ELSEWHERE_NS = 300_000_000  # the longest slice where it is not known when others use theirs


class Accounts:
    """The limiter of each account that a run calls; each shows its share in the run's progress."""

    def __init__(self, lease: Callable[[str, Limiter], None], progress: Progress, processes: int) -> None:
        self._lease = lease
        self._processes = processes
        self._shares = progress.shares
        self._limiters: dict[str, Limiter] = {}

    def limiter_of(self, entry: ModelEntry, *, shared: bool) -> Limiter:
        """The limiter of an entry's account; `shared`: other processes may call the account, too."""
        if entry.account not in self._limiters:
            limiter = self._limiters[entry.account] = Limiter(_part_of(entry.limits, self._processes))
            if shared:
                self._lease(entry.account, limiter)
            twin = f" at {entry.base_url}" if entry.model in self._shares else ""
            self._shares[entry.model + twin] = limiter.use
        return self._limiters[entry.account]


@asynccontextmanager
async def shared_limits(
    home: Home,
    progress: Progress,
    told: list[str],
    *,
    processes: int = 1,
    elsewhere: Callable[[], LeaseSource] | None = None,
) -> AsyncIterator[Accounts]:
    """Limiters that share their accounts through the home's store, until the block ends.

    `elsewhere` makes another source of leases, one an account, since one that waits would hold up the others.
    `processes` divide the calls in flight among them. A sentence on a store that had to be moved aside is
    added to `told`.

    Raises: WarehouseError: the store cannot be used; nothing has been sent.
    """
    if elsewhere is not None:
        async with AsyncExitStack() as stack:

            def lease(account: str, limiter: Limiter) -> None:
                keeper = LeaseKeeper(elsewhere(), longest_ns=ELSEWHERE_NS)
                keeper.add(account, limiter)
                keeper.start()
                stack.push_async_exit(keeper)

            yield Accounts(lease, progress, processes)
        return
    store = Store(home.limits)
    leases = StoreLeases(store)
    try:
        await leases.take([])  # whatever is wrong with the file shows now
        if store.moved is not None:
            told.append(store.moved)
        async with LeaseKeeper(leases) as keeper:
            yield Accounts(keeper.add, progress, processes)
    finally:
        await asyncio.to_thread(store.close)


def _part_of(limits: Limits, processes: int) -> Limits:
    """Calls in flight are not leased: each process has its part of them."""
    return limits.model_copy(update={"in_flight": max(1, limits.in_flight // processes)})
