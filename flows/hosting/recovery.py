"""What `serve` has Prefect do about runs whose process died, and about those that a person cancels.

Two automations: a flow run that sent heartbeats and then nothing for `silent_s` is Crashed (Prefect's
"detect zombie flows"), and a run that becomes Crashed starts the deployment `resume`. Known of Prefect 3.9:
the first also fires for runs that have ended, where a heartbeat came late (PrefectHQ/prefect #18653, #21932);
without `force` the server refuses then, and nothing happens. It fires for a run that lives through an outage,
too: `resume` finds that one at work. A paused or suspended run sends none, and is not silent.
"""

import asyncio
import traceback
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.deployments import DEPLOYMENTS, RESUME
from tasks.home import Home, Settings
from tasks.resuming import had_turn

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun
    from prefect.events.schemas.automations import AutomationCore
    from prefect.runner import Runner

SILENT, CRASHED = "nightbench: a silent run is crashed", "nightbench: a crashed run goes on"
HEARD = ("heartbeat", "Completed", "Failed", "Cancelled", "Crashed", "Paused", "Suspended", "AwaitingRetry")
WAIT_S = 6.0  # for the automation to have begun what this process then need not
LATELY = timedelta(hours=24)
FLOW_RUN = "prefect.flow-run."
# Said at length, because Prefect makes JSON of a short "{{ flow_run.id }}", which a UUID is not.
CRASHED_RUN = {"__prefect_kind": "jinja", "template": "{{ flow_run.id }}"}


def way_on(run_id: UUID | str, *, resumable: bool) -> str:
    """How a run goes on that was cut short."""
    if resumable:
        return f"What was received is kept; `nightbench resume {run_id}` goes on with it."
    return "What it had not committed is not there; start it again."


def make_runner(limit: int, query_s: float, resumable: Sequence[UUID]) -> "Runner":
    """Prefect's runner, which says of a run that a person cancelled how it goes on.

    `resumable` may still be filled.
    """
    from prefect.runner import Runner

    class Telling(Runner):
        async def _cancel_run(self, flow_run: Any, state_msg: str | None = None) -> None:
            if isinstance(flow_run, UUID):
                flow_run = await self._client.read_flow_run(flow_run)
            words = way_on(flow_run.id, resumable=flow_run.deployment_id in resumable)
            await super()._cancel_run(flow_run, state_msg or f"Cancelled. {words}")

    return Telling(name="nightbench", query_seconds=query_s, limit=limit, pause_on_shutdown=False)


async def make_automations(client: "PrefectClient", made: Mapping[str, UUID], settings: Settings) -> None:
    """Create both automations, or bring those up to date that an earlier `serve` made.

    One that a person disabled stays so.
    """
    for wanted in _automations(made, settings.silent_s):
        await put_automation(client, wanted)


async def put_automation(client: "PrefectClient", wanted: "AutomationCore") -> None:
    """Create the automation of this name, or change it where it is another than wanted."""
    from prefect.events.schemas.automations import AutomationCore

    known = await client.read_automations_by_name(wanted.name)
    if not known:
        await client.create_automation(wanted)
        return
    wanted = wanted.model_copy(update={"enabled": known[0].enabled})
    before = AutomationCore.model_validate(known[0].model_dump(exclude={"id"}))
    if _told(before) != _told(wanted):  # an update forgets who has been heard
        await client.update_automation(known[0].id, wanted)


async def resume_left(
    client: "PrefectClient", home: Home, made: Mapping[str, UUID], wait_s: float = WAIT_S
) -> None:
    """Start `resume` for runs that lately crashed, where the automation has not: a crash may lose its event.

    `resume` itself sees to it that a run goes on once.
    """
    try:
        await asyncio.sleep(wait_s)
        for run_id in await _crashed_lately(client, made):
            if (home.runs / f"{run_id}.json").exists() and not had_turn(home, str(run_id)):
                await client.create_flow_run_from_deployment(
                    made[RESUME],
                    parameters={"options": {"run": str(run_id), "automatic": True}},
                    idempotency_key=f"resume-{run_id}",
                )
    except Exception:  # noqa: BLE001 - what is served goes on; the run's page says how to go on with it
        traceback.print_exc()


async def _crashed_lately(client: "PrefectClient", made: Mapping[str, UUID]) -> list[UUID]:
    """The resumable runs that are Crashed, and for which `resume` neither was at work nor is."""
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.objects import StateType
    from prefect.client.schemas.sorting import FlowRunSort

    async def runs(of: Sequence[UUID], types: Sequence[StateType]) -> "list[FlowRun]":
        state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))
        return await client.read_flow_runs(
            flow_run_filter=FlowRunFilter(state=state),
            deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(of))),
            sort=FlowRunSort.EXPECTED_START_TIME_DESC,
        )

    since = datetime.now(UTC) - LATELY
    resumable = [made[one.name] for one in DEPLOYMENTS if one.resumable]
    crashed = await runs(resumable, [StateType.CRASHED])
    cut = [StateType.CRASHED, StateType.CANCELLED, StateType.FAILED]
    resumes = await runs([made[RESUME]], [kind for kind in StateType if kind not in cut])
    asked = {str(run.parameters.get("options", {}).get("run")) for run in resumes}
    return [
        run.id
        for run in crashed
        if run.state is not None and run.state.timestamp >= since and str(run.id) not in asked
    ]


def _automations(made: Mapping[str, UUID], silent_s: float) -> "list[AutomationCore]":
    from prefect.client.schemas.objects import StateType
    from prefect.events.actions import ChangeFlowRunState, RunDeployment
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    silent = EventTrigger(
        match={"prefect.resource.id": f"{FLOW_RUN}*"},
        for_each={"prefect.resource.id"},
        after={f"{FLOW_RUN}heartbeat"},
        expect={f"{FLOW_RUN}{name}" for name in HEARD},
        posture=Posture.Proactive,
        threshold=1,
        within=timedelta(seconds=silent_s),
    )
    crashed = EventTrigger(
        match={"prefect.resource.id": f"{FLOW_RUN}*"},
        match_related={
            "prefect.resource.role": "deployment",
            "prefect.resource.id": [
                f"prefect.deployment.{made[one.name]}" for one in DEPLOYMENTS if one.resumable
            ],
        },
        for_each={"prefect.resource.id"},
        expect={f"{FLOW_RUN}Crashed"},
        posture=Posture.Reactive,
        threshold=1,
        within=timedelta(0),
    )
    words = (
        f"Nothing was heard of it for {silent_s:g} s. What was received is kept; `nightbench resume` goes on."
    )
    return [
        AutomationCore(
            name=SILENT,
            description=f"After {silent_s:g} s without a heartbeat a run is Crashed (NIGHTBENCH_SILENT_S).",
            trigger=silent,
            actions=[ChangeFlowRunState(state=StateType.CRASHED, name="Crashed", message=words)],
        ),
        AutomationCore(
            name=CRASHED,
            description="Starts the deployment resume for a run that crashed, which goes on with it once.",
            trigger=crashed,
            actions=[
                RunDeployment(
                    source="selected",
                    deployment_id=made[RESUME],
                    parameters={"options": {"run": CRASHED_RUN, "automatic": True}},
                )
            ],
        ),
    ]


def _told(automation: "AutomationCore") -> dict[str, Any]:
    """What the server is told of an automation, but for the ids that it gives itself."""
    fields = automation.model_dump(mode="json", exclude_unset=False)
    fields["trigger"].pop("id", None)
    return fields
