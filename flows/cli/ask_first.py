"""Before a dear run a person at a terminal sees the plan and is asked."""

import sys
from decimal import Decimal
from typing import TYPE_CHECKING

from flows.cli.show import note
from tasks.spec import EvalSpec
from warehouse.errors import NightbenchError

if TYPE_CHECKING:  # at run time it would load what a help text has no need of
    from tasks.estimate import Estimate


def ask_first(spec: EvalSpec, estimate: "Estimate", *, yes: bool) -> None:
    """Ask, where real models are expected to cost more than `ask_above_usd` and somebody is there to answer.

    Raises: NightbenchError: the answer was no; nothing was sent.
    """
    from tasks.budget import is_real
    from tasks.estimate import cost_in_words, range_of

    above = spec.ask_above_usd
    if above is None or yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    real = {entry.variant for entry in spec.entries if is_real(entry.model)}
    lines = [line for line in estimate.lines if line.variant in real]
    expected = sum((line.usd for line in lines if line.usd is not None), Decimal(0))
    if expected <= above and all(line.usd is not None for line in lines):
        return
    for line in lines:
        usd = cost_in_words(line.usd, range_of([line]))
        worst = "" if line.usd_worst is None else f", at worst ${line.usd_worst:,.2f}"
        note(f"  {line.suite}, {line.variant}: {line.calls:,} calls, {usd}{worst}")
    between = range_of([line for line in lines if line.usd is not None])
    cost = cost_in_words(expected, between).removeprefix("about ")
    sys.stderr.write(f"The run is expected to cost {cost}, more than ${above}. Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise NightbenchError("not begun, as you said. Nothing was sent. --yes answers beforehand.")
