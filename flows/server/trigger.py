"""What began a flow run: the command line, a person in Prefect's page, the schedule, or Prefect's API.

Prefect 3.9 tells it by this: a run that the scheduler made is `auto_scheduled`; a run from the page has a
first state whose message begins "Run from the Prefect UI" (Prefect's quick buttons say so, and
flows/server/page_runs.py has its form say so on the servers that nightbench starts); a night that `serve`
catches up says so there too; another run of a deployment came through the API (its client, `prefect
deployment run`, an automation). A flow that was called in a process belongs to no deployment: the command
line did that.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State

Trigger = Literal["cli", "ui", "schedule", "api"]
UI_MESSAGE = "Run from the Prefect UI"
CAUGHT_UP = "Caught up"  # a night that was missed (flows/hosting/night.py)


def flow_run_trigger(flow_run: "FlowRun", states: Sequence["State"] = ()) -> Trigger:
    """What began this run; `states` is its history, of which the first state carries the UI's message."""
    if flow_run.deployment_id is None:
        return "cli"
    if flow_run.auto_scheduled:
        return "schedule"
    history = sorted(states, key=lambda state: state.timestamp)
    first = history[0] if history else flow_run.state
    said = (first.message or "") if first is not None else ""
    if said.startswith(CAUGHT_UP):
        return "schedule"
    return "ui" if said.startswith(UI_MESSAGE) else "api"


async def trigger_of_this_run() -> Trigger:
    """What began the flow run that this code is inside of."""
    from prefect.client.orchestration import get_client
    from prefect.context import FlowRunContext

    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return "cli"
    async with get_client() as client:
        states = await client.read_flow_run_states(context.flow_run.id)
    return flow_run_trigger(context.flow_run, states)
