"""Between a session and its money: what an attempt may cost, what it did cost, what may be billed unseen."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tasks.call.journal_records import AttemptEnd
from tasks.call.purse import ZERO, Amounts, Purse
from tasks.model import Answer, Call, Mode, Usage
from warehouse.errors import Fault

# of a call's usage, at a time, by the model that served it, in a mode
Cost = Callable[[Call, Usage, datetime, str | None, Mode], Decimal | None]


@dataclass(frozen=True)
class Till:
    """The purse of a run, and the price of an answer.

    `amounts` makes of a call's sum what each fund of the purse counts; `group` says which calls are paid
    for together, None: each for itself.
    """

    purse: Purse
    cost: Cost
    amounts: Callable[[Call, Decimal], Amounts] = lambda call, usd: ()
    group: Callable[[Call], Hashable] | None = None

    @property
    def is_bounded(self) -> bool:
        """Whether there is a budget at all."""
        return self.purse.n_funds > 0

    async def reserve(self, call: Call, worst: Decimal | None, *, first: bool) -> None:
        """Reserve an attempt's worst case; `first`: where a sample pays for its calls, out of that.

        Raises: OutOfMoney: it will never fit.
        """
        group = self.group(call) if self.group is not None and first else None
        await self.purse.reserve(self.amounts(call, worst or ZERO), group)

    def keep(self, call: Call, worst: Decimal | None) -> None:
        """An attempt for which that worst case was reserved is not sent now; its sample keeps it."""
        keep = self.group(call) if self.group is not None else None
        self.purse.settle(self.amounts(call, worst or ZERO), self.amounts(call, ZERO), keep)

    def forgo(self, call: Call, worst: Decimal | None) -> None:
        """A call will not be asked, or not again: what its sample holds for it comes back."""
        group = self.group(call) if self.group is not None else None
        if group is not None:
            self.purse.forgo(self.amounts(call, worst or ZERO), group)

    def end(self) -> None:
        """Nothing more will be asked."""
        self.purse.end()

    def settle(self, call: Call, worst: Decimal | None, end: AttemptEnd, *, again: bool = False) -> None:
        """An attempt for which that worst case was reserved has ended; `again`: another one follows."""
        spent = self.amounts(call, end.usd or end.reserved_usd or ZERO)
        keep = self.group(call) if self.group is not None and again else None
        self.purse.settle(self.amounts(call, worst or ZERO), spent, keep)

    def release(self, call: Call, worst: Decimal | None) -> None:
        """An attempt for which that worst case was reserved will not be sent."""
        self.purse.settle(self.amounts(call, worst or ZERO), self.amounts(call, ZERO))

    def adopt(self, n: int) -> None:
        """So many attempts of an earlier process are under way; their worst case counts as spent already."""
        self.purse.adopt(n)

    def settle_batch(
        self, call: Call, worst: Decimal | None, end: AttemptEnd | None, *, adopted: bool
    ) -> None:
        """A batch's attempt has ended, or (None) its end will never be seen; see `adopt`."""
        spent = (end.usd or end.reserved_usd or ZERO) if end is not None else worst or ZERO
        held = ZERO if adopted else worst or ZERO
        self.purse.settle(
            self.amounts(call, held), self.amounts(call, spent - (worst or ZERO) if adopted else spent)
        )

    def bill(
        self,
        call: Call,
        worst: Decimal | None,
        answer: Answer | None,
        at: datetime,
        mode: Mode = "realtime",
    ) -> Decimal | None:
        """What an attempt cost; None where it was not answered. An unknown cost is the worst case."""
        if answer is None:
            return None
        if answer.usage is None:
            return ZERO  # a prompt too long, a content filter: nothing was read or written
        cost = self.cost(call, answer.usage, at, answer.served_model, mode)
        return cost if cost is not None else worst


def stays_reserved(worst: Decimal | None, fault: Fault | None) -> Decimal | None:
    """What of a failed attempt may have been billed: all, unless an error status said that it failed."""
    if fault is None or fault.unsent:
        return None
    return worst if fault.http_status is None or 200 <= fault.http_status < 300 else None
