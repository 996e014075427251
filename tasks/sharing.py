"""The limiters of a run: one an account, in leases that the processes of a home share."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.call.keeper import LeaseKeeper
from tasks.call.leases import StoreLeases
from tasks.call.limiter import Limiter
from tasks.home import Home
from tasks.progress import Progress
from tasks.spec import ModelEntry
from tasks.store import Store


class Accounts:
    """The limiter of each account that a run calls; each shows its share in the run's progress."""

    def __init__(self, keeper: LeaseKeeper, progress: Progress) -> None:
        self._keeper = keeper
        self._shares = progress.shares
        self._limiters: dict[str, Limiter] = {}

    def limiter_of(self, entry: ModelEntry, *, shared: bool) -> Limiter:
        """The limiter of an entry's account; `shared`: other processes may call the account, too."""
        if entry.account not in self._limiters:
            limiter = self._limiters[entry.account] = Limiter(entry.limits)
            if shared:
                self._keeper.add(entry.account, limiter)
            twin = f" at {entry.base_url}" if entry.model in self._shares else ""
            self._shares[entry.model + twin] = limiter.use
        return self._limiters[entry.account]


@asynccontextmanager
async def shared_limits(home: Home, progress: Progress, told: list[str]) -> AsyncIterator[Accounts]:
    """Limiters that share their accounts through the home's store, until the block ends.

    A sentence on a store that had to be moved aside is added to `told`.

    Raises: WarehouseError: the store cannot be used; nothing has been sent.
    """
    store = Store(home.limits)
    leases = StoreLeases(store)
    try:
        await leases.take([])  # whatever is wrong with the file shows now
        if store.moved is not None:
            told.append(store.moved)
        async with LeaseKeeper(leases) as keeper:
            yield Accounts(keeper, progress)
    finally:
        await asyncio.to_thread(store.close)
