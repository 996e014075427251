"""The money of a run: every attempt's worst case is reserved before it is sent, and settled after.

A reservation that does not fit waits for others to settle, in the order in which they came: a cheaper call
that came later does not overtake, because answers to short prompts alone would be another sample. When
nothing is reserved any more and the next does not fit, the money is at its end.

What was sent and may have been billed unseen (the connection broke, the time was up) stays spent at its
worst case.

There may be several funds (the run's budget, the home's month); an amount is a sum for each, because
simulated calls count for the first and not for the second. With `groups` a sample is paid for as a whole:
the first of its calls reserves for all variants, so that a run that ends early has asked every variant the
same samples.
"""

import asyncio
from collections import deque
from collections.abc import Hashable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from warehouse.errors import BudgetStopped, NightbenchError

Amounts = tuple[Decimal, ...]  # a sum in USD for each fund

ZERO = Decimal(0)
LOOK_AGAIN_S = 0.1  # where something may come back from elsewhere
REST_S = 1.0  # so long nothing is reserved or settled, and what others may need goes back to them


class OutOfMoney(BudgetStopped):
    """The next call's worst case does not fit and nothing can come back; the text says into what."""


class Fund(Protocol):
    """A sum that reservations are taken from."""

    def take(self, usd: Decimal) -> bool:
        """Reserve, or say that it does not fit now."""
        ...

    def give_back(self, reserved: Decimal, spent: Decimal) -> None:
        """A reservation is over; so much of it was spent."""
        ...

    def may_come(self, usd: Decimal) -> bool:
        """Whether so much may fit later, although nothing of this run is reserved."""
        ...

    def rest(self) -> bool:
        """Nothing is taken now: let others have what is kept for the next calls. False: ask again soon."""
        ...

    def lacks(self, usd: Decimal) -> OutOfMoney:
        """Why so much does not fit."""
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

    def may_come(self, usd: Decimal) -> bool:
        """Nobody else reserves from a run's own budget."""
        return False

    def rest(self) -> bool:
        """Nobody else needs it."""
        return True

    def lacks(self, usd: Decimal) -> OutOfMoney:
        """Why so much does not fit."""
        return OutOfMoney(
            f"the budget of ${self.budget} is used up: ${self.spent:f} are spent, and the next call may cost "
            f"${usd:f}."
        )


@dataclass(frozen=True)
class Group:
    """Calls that are paid for together: how many, and the sums of their worst cases."""

    n: int
    usd: Amounts


@dataclass
class _Paid:
    """What is left of a group's reservation, and for how many of its calls."""

    n: int
    usd: Amounts
    taking: "asyncio.Future[None]"


@dataclass
class _Waiter:
    usd: Amounts
    turn: "asyncio.Future[None]"


class Purse:
    """Reserves for the attempts of one run; its methods belong to one event loop.

    Without funds nothing is bounded. `groups` are the samples that are paid for as a whole.
    """

    def __init__(self, *funds: Fund, groups: Mapping[Hashable, Group] | None = None) -> None:
        self._funds = funds
        self._n_held = 0
        self._queue: deque[_Waiter] = deque()
        self._unpaid = dict(groups or {})
        self._paid: dict[Hashable, _Paid] = {}
        self._watch: asyncio.TimerHandle | None = None
        self._resting: asyncio.TimerHandle | None = None
        self._moved = False  # since the last look: something was reserved or settled

    @property
    def n_funds(self) -> int:
        """How many sums an amount has."""
        return len(self._funds)

    async def reserve(self, usd: Amounts, group: Hashable = None) -> None:
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
            fits = all(part <= whole for part, whole in zip(usd, paid.usd, strict=True))
            if fits:
                paid.usd = _less(paid.usd, usd)
            self._n_held += int(fits) - int(paid.n == 0)
            if paid.n == 0:  # nothing is left, but for prices that changed at midnight
                self._give_back(paid.usd, self._nothing)
                paid.usd = self._nothing
            if fits:
                return
        await self._take(usd, ahead=paid is not None)  # what is begun comes before what is not

    def forgo(self, usd: Amounts, group: Hashable) -> None:
        """A call will not be asked, or not again: what its group holds for it comes back."""
        paid, whole = self._paid.get(group), self._unpaid.get(group)
        if whole is not None:
            self._unpaid[group] = Group(whole.n - 1, _less(whole.usd, usd))
            if whole.n == 1:
                del self._unpaid[group]
        elif paid is not None and paid.taking.done():
            self._forgone(paid, usd)
        elif paid is not None:  # the group waits for its money
            paid.taking.add_done_callback(lambda _: self._forgone(paid, usd))

    def end(self) -> None:
        """Nothing more will be asked: what groups hold for calls that were not sent comes back."""
        for paid in self._paid.values():
            if paid.n > 0 and _is_paid(paid):
                self.settle(paid.usd, self._nothing)
                paid.n, paid.usd = 0, self._nothing

    def adopt(self, n: int) -> None:
        """So many attempts are under way that are spent already, at their worst case: each will settle."""
        self._n_held += n

    def settle(self, reserved: Amounts, spent: Amounts, keep: Hashable = None) -> None:
        """An attempt has ended: it cost so much, or that much of it may have been billed unseen.

        `keep`: its call is tried again, and this group keeps for it what the attempt did not use.
        """
        if not self._funds:
            return
        paid = self._paid.get(keep)
        if paid is None:
            self._n_held -= 1
            self._give_back(reserved, spent)
        else:
            self._n_held -= int(paid.n > 0)
            paid.n += 1
            paid.usd = tuple(a + b - c for a, b, c in zip(paid.usd, reserved, spent, strict=True))
            self._give_back(spent, spent)
        self._serve()

    @property
    def _nothing(self) -> Amounts:
        return (ZERO,) * len(self._funds)

    def _forgone(self, paid: _Paid, usd: Amounts) -> None:
        if paid.n == 0 or not _is_paid(paid):
            return
        paid.n -= 1
        back = paid.usd if paid.n == 0 else tuple(map(min, usd, paid.usd))
        paid.usd = _less(paid.usd, back)
        self._n_held -= int(paid.n == 0)
        self._give_back(back, self._nothing)
        self._serve()

    def _give_back(self, reserved: Amounts, spent: Amounts) -> None:
        for fund, of_it, used in zip(self._funds, reserved, spent, strict=True):
            fund.give_back(of_it, used)
        self._stir()

    async def _take(self, usd: Amounts, *, ahead: bool = False) -> None:
        if not self._queue and self._take_now(usd):
            return
        waiter = _Waiter(usd, asyncio.get_running_loop().create_future())
        if ahead:
            self._queue.appendleft(waiter)
        else:
            self._queue.append(waiter)
        self._serve()
        try:
            await waiter.turn
        except asyncio.CancelledError:
            if waiter.turn.done() and not waiter.turn.cancelled() and waiter.turn.exception() is None:
                self.settle(usd, self._nothing)  # reserved and cancelled in the same moment: nothing was sent
            raise

    def _take_now(self, usd: Amounts) -> bool:
        taken: list[tuple[Fund, Decimal]] = []
        for fund, amount in zip(self._funds, usd, strict=True):
            if not fund.take(amount):
                for other, reserved in taken:
                    other.give_back(reserved, ZERO)
                return False
            taken.append((fund, amount))
        self._n_held += 1
        self._stir()
        return True

    def _serve(self) -> None:
        try:
            self._serve_in_order()
        except NightbenchError as error:  # a fund cannot be asked: it is for those who wait to say so
            while self._queue:
                if not (waiter := self._queue.popleft()).turn.done():
                    waiter.turn.set_exception(error)

    def _serve_in_order(self) -> None:
        while self._queue:
            waiter = self._queue[0]
            if waiter.turn.done():  # cancelled
                self._queue.popleft()
            elif self._take_now(waiter.usd):
                self._queue.popleft()
                waiter.turn.set_result(None)
            elif (lacking := self._lacking(waiter.usd)) is not None:
                self._queue.popleft()
                waiter.turn.set_exception(lacking)
            else:
                self._look_again()  # and whoever settles serves
                return

    def _lacking(self, usd: Amounts) -> OutOfMoney | None:
        """Why it will never fit; None where it may.

        Who waits for one fund asks nothing of those after it: two processes would wait for each other.
        """
        if self._n_held > 0:
            return None
        for fund, amount in zip(self._funds, usd, strict=True):
            if fund.take(amount):
                fund.give_back(amount, ZERO)
            else:
                return None if fund.may_come(amount) else fund.lacks(amount)
        return None

    def _look_again(self) -> None:
        if self._watch is None:
            self._watch = asyncio.get_running_loop().call_later(LOOK_AGAIN_S, self._looked)

    def _looked(self) -> None:
        self._watch = None
        self._serve()

    def _stir(self) -> None:
        self._moved = True
        if self._resting is None:
            self._resting = asyncio.get_running_loop().call_later(REST_S, self._rest)

    def _rest(self) -> None:
        self._resting = None
        with suppress(NightbenchError):  # who takes next is told
            rested = [fund.rest() for fund in self._funds if not self._moved]
            if self._moved or not all(rested):
                self._stir()
                self._moved = False


def _less(whole: Amounts, part: Amounts) -> Amounts:
    return tuple(a - b for a, b in zip(whole, part, strict=True))


def _is_paid(paid: _Paid) -> bool:
    return paid.taking.done() and not paid.taking.cancelled() and paid.taking.exception() is None
