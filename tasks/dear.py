"""Whether a plan is dearer than a person wants to be surprised by."""

from dataclasses import dataclass
from decimal import Decimal

from tasks.budget import is_real
from tasks.estimate import Estimate, cost_in_words, range_of
from tasks.forecast import Line
from tasks.spec import EvalSpec


@dataclass(frozen=True)
class Dear:
    """What the real models of a plan are expected to cost; simulated and recorded ones cost nothing."""

    lines: tuple[Line, ...]
    usd: Decimal  # of the lines that have a price

    @property
    def in_words(self) -> str:
        """Its cost with its range."""
        between = range_of([line for line in self.lines if line.usd is not None])
        return cost_in_words(self.usd, between).removeprefix("about ")


def dearer_than(above: Decimal | None, spec: EvalSpec, estimate: Estimate) -> Dear | None:
    """The plan's cost where it is expected to be above an amount, or nobody knows it; else None."""
    real = {entry.variant for entry in spec.entries if is_real(entry.model)}
    lines = tuple(line for line in estimate.lines if line.variant in real)
    usd = sum((line.usd for line in lines if line.usd is not None), Decimal(0))
    if above is None or (usd <= above and all(line.usd is not None for line in lines)):
        return None
    return Dear(lines, usd)
