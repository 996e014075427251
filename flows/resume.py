"""The flow `resume`: goes on with a run that was cut short, asked by a person or after a crash.

Where the run is a flow run of a deployment, that flow run is planned again, under its own id: its page has
all of it, and what its flow does after the calls is done. Else, and where failed calls are to be asked again,
this flow run does the evaluation.
"""

import os
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import flow, get_run_logger
from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import FlowRun, State
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run
from prefect.states import Completed, Running, Scheduled

from flows.parameters import LAST, Resuming
from flows.running.evaluation import evaluation
from flows.running.storage import PLAIN
from tasks.home import Home, Settings
from tasks.identity import Start, starting
from tasks.resuming import KINDS, newest_resumable, take_turn
from tasks.runs import RunRecord, holder_of, is_running, read_run
from tasks.status import list_statuses
from warehouse.errors import SpecError


def _name() -> str:
    options = Resuming.model_validate(flow_run.parameters["options"])
    return f"{'after a crash: ' if options.automatic else ''}{options.run}"


@flow(name="resume", flow_run_name=_name, **PLAIN)
async def resume(options: Resuming = Resuming()) -> State[Any] | None:  # noqa: B008 - frozen
    """Goes on with a run that was cut short: only what its journal lacks is asked.

    Args:
        options: Which run, and whether calls that finally failed are asked again.
    """
    home = Settings.read(os.environ).home
    home.make()
    run_id = newest_resumable(home) if options.run == LAST else options.run
    if options.automatic and not (home.runs / f"{run_id}.json").exists():
        return Completed(message=f"{run_id} had not begun when it ended: there is nothing to go on with.")
    record = read_run(home, run_id)
    if is_running(home, run_id):
        return await _leave_alone(home, run_id)
    if record.kind not in KINDS:
        raise SpecError(
            f'run "{run_id}" is of kind {record.kind}, which is not gone on with here. Nothing was sent. '
            f"Retry on its page, or the command that began it, goes on with it."
        )
    if options.automatic and (words := _not_again(home, run_id)):
        get_run_logger().warning(words)
        return Completed(message=words)
    planned = None if options.retry_failed else await _plan_again(run_id)
    if planned is not None:
        return Completed(message=f"{planned.name} is at work again, as the flow run that it was ({run_id}).")
    return await _here(record, retry_failed=options.retry_failed)


def _not_again(home: Home, run_id: str) -> str | None:
    """Why a run that crashed is not gone on with by itself; None where it is, and that is noted."""
    status = next(one.status for one in list_statuses(home) if one.run_id == run_id)
    if status == "complete":
        return f"{run_id} is complete: there is nothing to go on with."
    if take_turn(home, run_id):
        return None
    return (
        f"{run_id} crashed again after it had been gone on with by itself, which is done once. What was "
        f"received is kept. See why it ends; this form or `nightbench resume {run_id}` then goes on with it."
    )


async def _leave_alone(home: Home, run_id: str) -> State[Any]:
    """A run that a living process works on; where Prefect holds it for crashed, that is put right."""
    async with get_client() as client:
        found = await _flow_run(client, run_id)
        if found is not None and found.state is not None and found.state.is_crashed():
            words = "It was held for crashed, and is at work: its process lives."
            await client.set_flow_run_state(found.id, Running(message=words), force=True)
    return Completed(message=f"{run_id} is at work (process {holder_of(home, run_id)}) and was left alone.")


async def _plan_again(run_id: str) -> FlowRun | None:
    """Have the flow run that is the run started again, if a deployment runs it."""
    async with get_client() as client:
        found = await _flow_run(client, run_id)
        if found is None or found.deployment_id is None or found.state is None:
            return None
        if found.state.is_final():
            state: State[None] = Scheduled(
                scheduled_time=flow_run.scheduled_start_time,  # by the server's clock, not this machine's
                name="AwaitingRetry",
                message="It goes on where it was cut short.",
            )
            await client.set_flow_run_state(found.id, state, force=True)
        return found


async def _flow_run(client: Any, run_id: str) -> FlowRun | None:
    """The flow run whose id the run has."""
    try:
        found: FlowRun = await client.read_flow_run(UUID(run_id))
    except (ValueError, ObjectNotFound):  # a run of the command line, or one of another server
        return None
    return found


async def _here(record: RunRecord, *, retry_failed: bool) -> State[Any] | None:
    settings = Settings.read(os.environ, tuple(Path(folder) for folder in record.suite_folders))
    start = Start(settings, record.run_id, record.trigger, kind=record.kind, retry_failed=retry_failed)
    with starting(start):
        return await evaluation(record.eval_spec())
