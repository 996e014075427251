"""The money of a run: every attempt's worst case is reserved before it is sent, and settled after.

A reservation that does not fit waits for others to settle, in the order in which they came: a cheaper call
that came later does not overtake, because answers to short prompts alone would be another sample. When
nothing is reserved any more and the next does not fit, the money is at its end.

What was sent and may have been billed unseen (the connection broke, the time was up) stays spent at its
worst case.

With `groups` a sample is paid for as a whole: the first of its calls reserves for all variants, so that a
run that ends early has asked every variant the same samples.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from warehouse.errors import NightbenchError

ZERO = Decimal(0)
LOOK_AGAIN_S = 0.25  # where other processes hold what is missing


class OutOfMoney(NightbenchError):
    """The next call's worst case does not fit and nothing can come back; the text says into what."""


class Fund(Protocol):
    """A sum that reservations are taken from."""

    def take(self, usd: Decimal) -> bool:
        """Reserve, or say that it does not fit now."""
        ...

    def give_back(self, reserved: Decimal, spent: Decimal) -> None:
        """A reservation is over; so much of it was spent."""
        ...

    def may_come(self) -> bool:
        """Whether something reserved elsewhere may still come back."""
        ...

    def lacks(self, usd: Decimal) -> str:
        """A sentence for a person: why so much does not fit."""
        ...


class RunBudget:
    """`budget_usd` of one run."""

    def __init__(self, budget: Decimal, spent: Decimal) -> None:
        self.budget = budget
        self.spent = spent
        self.held = ZERO

    def take(self, usd: Decimal) -> bool:
        """Reserve, or say that it does not fit now."""
        if self.spent + self.held + usd > self.budget:
            return False
        self.held += usd
        return True

    def give_back(self, reserved: Decimal, spent: Decimal) -> None:
        """A reservation is over; so much of it was spent."""
        self.held -= reserved
        self.spent += spent

    def may_come(self) -> bool:
        """Nobody else reserves from a run's own budget."""
        return False

    def lacks(self, usd: Decimal) -> str:
        """Why so much does not fit."""
        return (
            f"the budget of ${self.budget} is used up: ${self.spent:f} are spent, and the next call may cost "
            f"${usd:f}."
        )


@dataclass(frozen=True)
class Group:
    """Calls that are paid for together: how many, and the sum of their worst cases."""

    n: int
    usd: Decimal


@dataclass
class _Paid:
    """What is left of a group's reservation, and for how many of its calls."""

    n: int
    usd: Decimal
    taking: "asyncio.Future[None]"


@dataclass
class _Waiter:
    usd: Decimal
    turn: "asyncio.Future[None]"


class Purse:
    """Reserves for the attempts of one run; its methods belong to one event loop.

    Without funds nothing is bounded. `groups` are the samples that are paid for as a whole.
    """

    def __init__(self, *funds: Fund, groups: Mapping[Hashable, Group] | None = None) -> None:
        self._funds = funds
        self._held = ZERO
        self._queue: deque[_Waiter] = deque()
        self._unpaid = dict(groups or {})
        self._paid: dict[Hashable, _Paid] = {}
        self._watch: asyncio.TimerHandle | None = None

    @property
    def bounded(self) -> bool:
        """Whether there is a budget at all."""
        return bool(self._funds)

    async def reserve(self, usd: Decimal, group: Hashable = None) -> None:
        """Reserve an attempt's worst case; waits until it fits.

        Raises: OutOfMoney: it never will.
        """
        if not self._funds:
            return
        if group in self._unpaid:
            whole = self._unpaid.pop(group)
            self._paid[group] = _Paid(whole.n, whole.usd, asyncio.ensure_future(self._take(whole.usd)))
        paid = self._paid.get(group)
        if paid is not None and paid.n > 0:
            await asyncio.shield(paid.taking)
            paid.n -= 1
            if usd <= paid.usd:
                paid.usd -= usd
                if paid.n == 0:
                    self._return(paid.usd)  # nothing, but for prices that changed at midnight
                return
        await self._take(usd)  # a further attempt

    def settle(self, reserved: Decimal, spent: Decimal) -> None:
        """An attempt has ended: it cost so much, or that much of it may have been billed unseen."""
        if not self._funds:
            return
        self._held -= reserved
        for fund in self._funds:
            fund.give_back(reserved, spent)
        self._serve()

    def _return(self, usd: Decimal) -> None:
        if usd:
            self.settle(usd, ZERO)

    async def _take(self, usd: Decimal) -> None:
        if not self._queue and self._take_now(usd):
            return
        waiter = _Waiter(usd, asyncio.get_running_loop().create_future())
        self._queue.append(waiter)
        self._serve()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.settle(usd, ZERO)  # reserved and cancelled in the same moment: nothing was sent
            raise

    def _take_now(self, usd: Decimal) -> bool:
        taken: list[Fund] = []
        for fund in self._funds:
            if not fund.take(usd):
                for other in taken:
                    other.give_back(usd, ZERO)
                return False
            taken.append(fund)
        self._held += usd
        return True

    def _serve(self) -> None:
        while self._queue:
            waiter = self._queue[0]
            if waiter.turn.done():  # cancelled
                self._queue.popleft()
            elif self._take_now(waiter.usd):
                self._queue.popleft()
                waiter.turn.set_result(None)
            elif self._held > 0:
                return  # who settles serves
            elif any(fund.may_come() for fund in self._funds):
                self._look_again()
                return
            else:
                self._queue.popleft()
                waiter.turn.set_exception(OutOfMoney(self._why(waiter.usd)))

    def _why(self, usd: Decimal) -> str:
        lacking = next((fund for fund in self._funds if not _fits(fund, usd)), self._funds[0])
        return lacking.lacks(usd)

    def _look_again(self) -> None:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._looked)

    def _looked(self) -> None:
        self._watch = None
        self._serve()


def _fits(fund: Fund, usd: Decimal) -> bool:
    if not fund.take(usd):
        return False
    fund.give_back(usd, ZERO)
    return True
