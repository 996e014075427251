"""A flow run tells what began it: `cli`, `ui`, `schedule` or `api`."""

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import TYPE_CHECKING, cast
from uuid import uuid4

import pytest

from flows.server.trigger import CAUGHT_UP, UI_MESSAGE, flow_run_trigger

if TYPE_CHECKING:
    from prefect.client.schemas.objects import FlowRun, State

# Stand-ins, because Prefect reads its settings once a process and other tests have servers of their own;
# tests/flows/hosting/test_serve.py asks the same of the real thing.
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def state(message: str | None, after_s: float = 0) -> "State":
    return cast("State", SimpleNamespace(message=message, timestamp=NOW + timedelta(seconds=after_s)))


def run(deployed: bool, scheduled: bool = False, now: "State | None" = None) -> "FlowRun":
    deployment_id = uuid4() if deployed else None
    return cast(
        "FlowRun",
        SimpleNamespace(deployment_id=deployment_id, auto_scheduled=scheduled, state=now or state(None)),
    )


@pytest.mark.parametrize(
    ("flow_run", "states", "trigger"),
    [
        pytest.param(run(deployed=False), [], "cli", id="called in a process"),
        pytest.param(
            run(deployed=True, scheduled=True), [state("Flow run scheduled")], "schedule", id="nightly"
        ),
        pytest.param(run(deployed=True), [state(None)], "api", id="Prefect's client"),
        pytest.param(run(deployed=True), [state(f"{CAUGHT_UP}: ...")], "schedule", id="a missed night"),
        pytest.param(run(deployed=True), [state(UI_MESSAGE)], "ui", id="the page"),
        pytest.param(run(deployed=True), [state(f"{UI_MESSAGE} with defaults")], "ui", id="its quick button"),
        pytest.param(
            run(deployed=True), [state(None, 5), state(UI_MESSAGE, 1)], "ui", id="the first state says it"
        ),
        pytest.param(
            run(deployed=True),
            [state(None, 1), state(UI_MESSAGE, 5)],
            "api",
            id="a later state does not count",
        ),
        pytest.param(
            run(deployed=True, now=state(UI_MESSAGE)), [], "ui", id="no history: the state it is in"
        ),
    ],
)
def test_trigger(flow_run: "FlowRun", states: "list[State]", trigger: str) -> None:
    assert flow_run_trigger(flow_run, states) == trigger
