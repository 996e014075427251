"""A dear run that Prefect began waits for a person: the flow run is Paused, with the plan and a form.

The command line asks at its terminal instead (flows/cli/ask_first.py). Nothing is sent before; that somebody
agreed is noted in the home, so that a run that goes on after a crash does not ask again.
"""

import asyncio
import secrets
from collections.abc import Iterator
from typing import Any

from prefect.client.schemas.objects import State
from prefect.exceptions import FlowPauseTimeout
from prefect.flow_runs import apause_flow_run
from prefect.input import RunInput
from prefect.states import Cancelled
from pydantic import Field

from flows.pages.summary import markdown_table
from tasks.dear import Dear, dearer_than
from tasks.home import Settings
from tasks.work import Work

LOOK_S = 2
LATER_S = 3600  # Prefect's own end of the pause comes after ours, which has the words


class Approval(RunInput):
    """What a person is asked."""

    go_on: bool = Field(False, title="Go on", description="Ticked: the run begins. Else it is cancelled.")


async def not_approved(work: Work, settings: Settings) -> State[Any] | None:
    """Wait until a person agrees with a dear run; the state that it ends in where nobody does."""
    spec, run_id = work.plan.spec, work.record.run_id
    note = work.home.runs / f"{run_id}.approved"
    dear = dearer_than(spec.approve_above_usd, spec, work.estimate)
    if dear is None or note.exists():
        return None
    page = "\n".join(_page(dear, work))
    try:
        async with asyncio.timeout(settings.approve_s):
            said = await apause_flow_run(
                Approval.with_initial_data(description=page, go_on=False),
                timeout=int(settings.approve_s) + LATER_S,
                poll_interval=LOOK_S,
                key=f"approval-{secrets.token_hex(4)}",  # a key of before counts as answered
            )
    except (TimeoutError, FlowPauseTimeout):
        return Cancelled(message=f"Nobody agreed within {_hours(settings.approve_s)}. {_way_on(run_id)}")
    if said is None or not said.go_on:
        return Cancelled(message=f"Not begun: a person refused it. {_way_on(run_id)}")
    note.write_text(f"{dear.usd}\n", encoding="ascii")
    return None


def _page(dear: Dear, work: Work) -> Iterator[str]:
    """The plan, for the person who decides."""
    above = work.plan.spec.approve_above_usd
    yield f"**This run is expected to cost {dear.in_words}, more than ${above}.** Nothing was sent yet."
    yield ""
    yield from markdown_table(
        [
            {
                "suite": line.suite,
                "variant": line.variant,
                "calls": f"{line.calls:,}",
                "expected": "no price" if line.usd is None else f"${line.usd:,.2f}",
                "at worst": "no price" if line.usd_worst is None else f"${line.usd_worst:,.2f}",
            }
            for line in dear.lines
        ]
    )
    yield ""
    hours = work.estimate.within_hours
    batches = "" if hours is None else f", batches within {hours:g} h"
    yield f"It would take about {max(1, round(work.estimate.minutes)):,} min{batches}."


def _way_on(run_id: str) -> str:
    return f"Nothing was sent. Retry on this page asks again; `nightbench resume {run_id}` begins it."


def _hours(seconds: float) -> str:
    return f"{seconds / 3600:g} h" if seconds >= 3600 else f"{seconds:g} s"
