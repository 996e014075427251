"""What a register says, as facts, and what follows from them; no text is read for it.

A fact holds from its day on; a later one on the same matter overrides it. All are entered on their day, but
for inspections, some of which are entered late.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property
from typing import Literal

FIRST_DAY = date(2071, 1, 4)
N_DAYS = 3_600

Kind = Literal[
    "budget_set",  # of a work, to so many crowns
    "budget_to",  # changed to so many
    "budget_by",  # changed by so many
    "office",  # a work is under an office
    "head",  # of an office is a person
    "paid",  # a voucher of so many crowns to a firm
    "cancelled",  # a voucher
    "corrected",  # a voucher, to so many crowns
    "limit",  # above so many crowns a voucher needs two signatures
    "inspected",  # a work
    "depth",  # of a work, in feet
    "depth_corrected",  # from `other` to so many feet
]
BUDGET: frozenset[Kind] = frozenset({"budget_set", "budget_to", "budget_by"})


@dataclass(frozen=True)
class Fact:
    """One entry: where it stands in the register (0 to 1), the day it is about, and what it says."""

    at: float
    kind: Kind
    subject: str = ""  # a work, an office, a voucher's number
    value: int = 0
    other: str = ""  # an office, a person, a firm, what was bought
    day: date = FIRST_DAY

    @property
    def entered(self) -> date:
        """The day on which it was written down."""
        return day_at(self.at)


@dataclass(frozen=True)
class Register:
    """All facts in the order in which they are entered."""

    facts: tuple[Fact, ...]
    works: tuple[str, ...]
    firms: tuple[str, ...]

    def of(self, subject: str, *kinds: Kind) -> list[Fact]:
        """The facts of some kinds about one subject."""
        return [fact for fact in self._by_subject.get(subject, ()) if fact.kind in kinds]

    def paid_to(self, firm: str) -> list[Fact]:
        """The vouchers of a firm, as they were first entered."""
        return [fact for fact in self._by_subject.get(firm, ()) if fact.kind == "paid"]

    @property
    def limits(self) -> list[Fact]:
        """The limits in their order."""
        return self.of("", "limit")

    @cached_property
    def _by_subject(self) -> Mapping[str, Sequence[Fact]]:
        found: dict[str, list[Fact]] = {}
        for fact in self.facts:
            found.setdefault(fact.subject, []).append(fact)
            if fact.kind == "paid":
                found.setdefault(fact.other, []).append(fact)
        return found


def day_at(place: float) -> date:
    """The day that has come at a place of the register."""
    return FIRST_DAY + timedelta(days=int(place * N_DAYS))


def budget_after(changes: Iterable[Fact]) -> int:
    """A work's budget after its changes, in their order."""
    crowns = 0
    for fact in changes:
        crowns = crowns + fact.value if fact.kind == "budget_by" else fact.value
    return crowns


def last_named(facts: Sequence[Fact]) -> str:
    """The office, or the person, that the last of the facts names."""
    return facts[-1].other


def stands_at(register: Register, voucher: Fact) -> int:
    """What a voucher comes to after all that was entered about it: nothing where it was cancelled."""
    crowns = voucher.value
    for fact in register.of(voucher.subject, "cancelled", "corrected"):
        crowns = 0 if fact.kind == "cancelled" else fact.value
    return crowns


def limit_on(limits: Sequence[Fact], day: date) -> int:
    """The limit in force on a day."""
    return [fact.value for fact in limits if fact.day <= day][-1]


def contradicts_itself(register: Register, work: str) -> bool:
    """Whether two depths are given of a work that differ, and no entry corrects one into the other."""
    given = {fact.value for fact in register.of(work, "depth")}
    return len(given) > 1 and not register.of(work, "depth_corrected")
