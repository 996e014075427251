"""Before a dear run a person at a terminal sees the plan and is asked."""

import sys
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
    from tasks.dear import dearer_than
    from tasks.estimate import cost_in_words, range_of

    if yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    dear = dearer_than(spec.ask_above_usd, spec, estimate)
    if dear is None:
        return
    for line in dear.lines:
        usd = cost_in_words(line.usd, range_of([line]))
        worst = "" if line.usd_worst is None else f", at worst ${line.usd_worst:,.2f}"
        note(f"  {line.suite}, {line.variant}: {line.calls:,} calls, {usd}{worst}")
    sys.stderr.write(
        f"The run is expected to cost {dear.in_words}, more than ${spec.ask_above_usd}. Go on? [y/N] "
    )
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise NightbenchError("not begun, as you said. Nothing was sent. --yes answers beforehand.")
