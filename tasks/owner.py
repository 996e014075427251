"""Who a run's workers work for: a token in the home, which the flow renews and its workers watch.

When the process of a flow dies or its machine is cut off, a scheduler drops the shards that wait, but those
that run would go on to their end. So a worker starts no call once it has not seen its token change for
FENCE_S, and none before it has seen it change once. A run that is resumed waits the old token out: then no
two processes ask the same. Everybody measures by a clock of his own; those of two machines need not agree.

A token that was let go (the run is over, or was cancelled) is gone from the home, and stops its workers at
once. What no token can promise: a call that is in flight.
"""

import asyncio
import json
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from tasks.home import Home
from tasks.runs import write_json
from warehouse.errors import WarehouseError

RENEW_S = 1.0
LOOK_S = 0.25
FENCE_S = 4.0  # without a change for so long, and no call is started: 5 s with a look, and time to read
WAIT_OUT_S = 5.0  # so long after it changed last a token stops every worker


class Owner:
    """As a context manager it holds the token of a run: a thread renews it until the block ends."""

    def __init__(self, home: Home, run_id: str) -> None:
        self.token = secrets.token_hex(8)
        self._path = owner_file(home, run_id)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._keep, daemon=True, name="owner")
        self._n = 0

    def __enter__(self) -> Self:
        try:
            self._renew()
        except OSError as error:
            raise WarehouseError(
                f"{self._path}: cannot be written ({error.strerror}), and without it no worker begins. "
                "Nothing was sent. Make room on that disk, or mend the permissions."
            ) from error
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.let_go()

    def let_go(self) -> None:
        """Stop the workers: none of them starts another call."""
        self._over.set()
        if self._thread.is_alive():
            self._thread.join()
        with suppress(OSError):  # where it cannot be removed it stops them by not changing
            self._path.unlink(missing_ok=True)

    def _keep(self) -> None:
        while not self._over.wait(RENEW_S):
            with suppress(OSError):  # a disk that refuses for longer than FENCE_S stops the workers
                self._renew()

    def _renew(self) -> None:
        self._n += 1
        write_json(self._path, {"token": self.token, "renewed": self._n})


class Watch:
    """A worker's view of its run's token."""

    def __init__(
        self, home: Home, run_id: str, token: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._token, self._clock = owner_file(home, run_id), token, clock
        self._seen: int | None = None
        self._changed_at = clock()
        self._moved = False  # it changed while we looked

    def is_held(self) -> bool:
        """Whether the run still has this owner, as far as can be known; looks at the file."""
        fields = read_owner(self._path)
        if fields is None or fields[0] != self._token:
            return False
        if fields[1] != self._seen:
            self._moved = self._seen is not None
            self._seen, self._changed_at = fields[1], self._clock()
        return self._clock() - self._changed_at < FENCE_S

    async def begun(self) -> bool:
        """Wait until the token changes: its owner is alive. False: it is not, or not any more."""
        while await asyncio.to_thread(self.is_held):
            if self._moved:
                return True
            await asyncio.sleep(LOOK_S)
        return False

    async def lost(self) -> None:
        """Wait until the run has no owner, or another."""
        while True:
            if not await asyncio.to_thread(self.is_held):
                return
            await asyncio.sleep(LOOK_S)


def owner_file(home: Home, run_id: str) -> Path:
    """Where the token of a run lies."""
    return home.runs / f"{run_id}.owner.json"


def read_owner(path: Path) -> tuple[str, int] | None:
    """Token and number of a file; None where there is none."""
    try:
        fields = json.loads(path.read_bytes())
        return str(fields["token"]), int(fields["renewed"])
    except (OSError, ValueError, KeyError, TypeError):  # gone, or cut: nobody's
        return None


async def wait_out(home: Home, run_id: str) -> bool:
    """Wait until no worker of an earlier process of the run starts a call any more; whether there was one.

    To be called by who holds the run's lock: then whatever token is there is a dead process's.
    """
    path = owner_file(home, run_id)
    if not await asyncio.to_thread(path.exists):
        return False
    await asyncio.sleep(WAIT_OUT_S)
    with suppress(OSError):
        path.unlink(missing_ok=True)
    return True
