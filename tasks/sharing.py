"""What a run shares with the other processes of its home: the limits of the accounts it calls."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tasks.call.keeper import LeaseKeeper
from tasks.call.leases import StoreLeases
from tasks.home import Home
from tasks.store import Store


@asynccontextmanager
async def shared_limits(home: Home, told: list[str]) -> AsyncIterator[LeaseKeeper]:
    """Leases from the home's store, until the block ends; a sentence on a damaged store is added to `told`.

    Raises: WarehouseError: the store cannot be used; nothing has been sent.
    """
    store = Store(home.limits)
    leases = StoreLeases(store)
    try:
        await leases.take([])  # whatever is wrong with the file shows now
        if store.moved is not None:
            told.append(store.moved)
        async with LeaseKeeper(leases) as keeper:
            yield keeper
    finally:
        await asyncio.to_thread(store.close)
