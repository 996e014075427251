"""Before a dear run a person at a terminal sees the plan and is asked."""

import sys
from decimal import Decimal
from pathlib import Path

from flows.cli.show import note
from tasks.plan import Plan
from warehouse.errors import NightbenchError


def ask_first(plan: Plan, warehouse: Path, *, yes: bool) -> None:
    """Ask, where real models are expected to cost more than `ask_above_usd` and somebody is there to answer.

    Raises: NightbenchError: the answer was no; nothing was sent.
    """
    from tasks.budget import is_real
    from tasks.estimate import estimate_plan

    above = plan.spec.ask_above_usd
    if above is None or yes or not (sys.stdin.isatty() and sys.stderr.isatty()):
        return
    real = {entry.variant for entry in plan.spec.models if is_real(entry.model)}
    if not real:
        return
    lines = [line for line in estimate_plan(plan, warehouse).lines if line.variant in real]
    expected = sum((line.usd for line in lines if line.usd is not None), Decimal(0))
    if expected <= above and all(line.usd is not None for line in lines):
        return
    for line in lines:
        usd = "of an unknown price" if line.usd is None else f"about ${line.usd:,.2f}"
        worst = "" if line.usd_worst is None else f", at worst ${line.usd_worst:,.2f}"
        note(f"  {line.suite}, {line.variant}: {line.calls:,} calls, {usd}{worst}")
    sys.stderr.write(f"The run is expected to cost ${expected:,.2f}, more than ${above}. Go on? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise NightbenchError("not begun, as you said. Nothing was sent. --yes answers beforehand.")
