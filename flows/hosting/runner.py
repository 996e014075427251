"""The process of `serve` that registers the deployments of the table and runs what is asked of them.

It reads its orders as one line of JSON on standard input, reports on `report_fd` once the deployments are
there, and stops when its standard input closes: by order of `serve`, or because that died. Flow runs are
child processes; at the end each is asked to stop twice (SIGTERM: finish what is in flight; SIGTERM: drop
it), what is left is marked cancelled, and `serve` kills this process's group.
"""

import asyncio
import contextlib
import json
import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.deployments import DEPLOYMENTS, NIGHTLY, Deployment
from flows.hosting.night import SPEC, Schedule, catch_up, in_words, missed_night, read_variables
from flows.hosting.notifying import keep_telling
from flows.hosting.offers import Offers, offered
from flows.hosting.recovery import make_automations, make_runner, resume_left, way_on
from flows.keys import check_keys
from tasks.home import Settings
from tasks.spec import make_spec

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import FlowRun, State, StateType
    from prefect.runner import Runner

    from flows.hosting.choices import Choices

ASK_AGAIN_S = 0.8
GIVE_UP_S = 1.8
NOTE_S = 0.5  # for a word with the server before and after
END_S = 3.5
QUERY_S = 2.0  # a run from the UI starts within so long
CUT_SHORT = {  # what Prefect 3.9 says of a run whose process was told to end (prefect/states.py)
    "Execution was cancelled by the runtime environment.",
    "Execution was aborted by a termination signal.",
}


@dataclass(frozen=True)
class Orders:
    """What `serve` tells this process."""

    report_fd: int
    cron: str
    timezone: str
    catch_up: bool
    nightly: dict[str, Any] | None  # the flow's parameters; None: the schedule is inactive
    limit: int


@dataclass(frozen=True)
class Report:
    """What this process tells `serve`: the ids of the deployments, or why there are none."""

    ids: dict[str, str] = field(default_factory=dict)  # of each deployment, by its name
    next_at: str | None = None  # when nightly runs next
    caught_up: bool = False  # the night that was missed is being run now
    error: str | None = None


def main() -> None:
    """Run until standard input closes; leaves no flow run running."""
    orders = Orders(**json.loads(_line(sys.stdin.fileno())))
    code = 0
    try:
        asyncio.run(_run(orders))
    except Exception as error:  # noqa: BLE001 - whatever it is, `serve` has to say it
        traceback.print_exc()
        _report(orders, Report(error=f"{type(error).__name__}: {error}"))
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # the runner's loops would wait for their next turn


async def _run(orders: Orders) -> None:
    from prefect.client.orchestration import get_client

    import flows.hosting.served
    from flows.blocks import register_blocks

    if orders.nightly is not None:
        await asyncio.to_thread(_check_night, orders.nightly)
    resumable: list[UUID] = []
    runner = make_runner(orders.limit, QUERY_S, resumable)
    async with get_client() as client:
        settings = Settings.read(os.environ)
        offers = Offers(settings)
        scheduled = orders.nightly is not None or SPEC in await read_variables(client)
        schedule = Schedule(orders.cron, orders.timezone)
        now = datetime.now(UTC)
        name = f"{flows.hosting.served.nightly.name}/{NIGHTLY}"
        missed = await missed_night(client, name, schedule, now) if scheduled and orders.catch_up else None
        made = {
            one.name: await register(runner, one, orders, offers.choices, active=scheduled)
            for one in DEPLOYMENTS
        }
        ids = [*made.values()]
        resumable += [made[one.name] for one in DEPLOYMENTS if one.resumable]
        await make_automations(client, made, settings)
        left = await open_runs(client, ids) + await cut_runs(client, ids)
        why = "`nightbench serve` was gone before this run ended."
        await close_runs(client, left, resumable, "Crashed", why)
        running = asyncio.create_task(runner.start())
        if missed is not None:
            await catch_up(client, made[NIGHTLY], missed)
        next_at = in_words(await schedule.next_after(now), orders.timezone) if scheduled else None
        names = {name: str(id_) for name, id_ in made.items()}
        _report(orders, Report(names, next_at, caught_up=missed is not None))
        beside = [
            asyncio.create_task(register_blocks(client)),
            asyncio.create_task(offers.keep_new(client, made)),
            asyncio.create_task(resume_left(client, settings.home, made)),
            asyncio.create_task(keep_telling(client, made, os.environ)),
        ]
        stop = asyncio.create_task(_until_closed(sys.stdin.fileno()))
        await asyncio.wait({running, stop}, return_when=asyncio.FIRST_COMPLETED)
        if not stop.done():
            running.result()
            raise RuntimeError("Prefect's runner ended by itself")
        _end_anyway()
        for task in beside:
            task.cancel()
        cut: list[UUID] = []
        with contextlib.suppress(Exception):  # the server may have died with `serve`; then nothing is noted
            cut = await asyncio.wait_for(open_runs(client, ids), NOTE_S)
        await stop_children()
        with contextlib.suppress(Exception):
            why = "`nightbench serve` was stopped."
            await asyncio.wait_for(close_runs(client, cut, resumable, "Cancelled", why), NOTE_S)


def _check_night(parameters: dict[str, Any]) -> None:
    """Raises: SpecError: neither the environment nor a block has the keys of the nights."""
    entries = make_spec(parameters["spec"], "--nightly").entries
    check_keys(Settings.read(os.environ).home.root, entries, os.environ)


def _end_anyway() -> None:
    """End this process and its flow runs when stopping takes longer than it may."""

    def end() -> None:
        time.sleep(END_S)
        os.killpg(0, signal.SIGKILL)

    threading.Thread(target=end, daemon=True, name="end-anyway").start()


async def register(
    runner: "Runner", one: Deployment, orders: Orders, choices: "Choices", *, active: bool
) -> UUID:
    """Create or update a deployment; Prefect drops scheduled runs of the past with it."""
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    import flows.hosting.served

    schedule = Cron(orders.cron, timezone=orders.timezone, active=active, slug=one.name)
    limit = ConcurrencyLimitConfig(limit=1, collision_strategy=ConcurrencyLimitStrategy.CANCEL_NEW)
    deployment = await getattr(flows.hosting.served, one.flow_name).ato_deployment(
        name=one.name,
        schedules=[schedule] if one.scheduled else [],
        parameters=(orders.nightly or {}) if one.scheduled else {},
        description=one.description,
        entrypoint_type=EntrypointType.MODULE_PATH,
        enforce_parameter_schema=True,
        concurrency_limit=limit if one.alone else None,
        paused=False,
    )
    deployment.entrypoint = one.served
    deployment._parameter_openapi_schema = offered(deployment._parameter_openapi_schema, one, choices)
    return await runner.aadd_deployment(deployment)


async def open_runs(client: "PrefectClient", ids: Sequence[UUID]) -> list[UUID]:
    """The runs of these deployments that are under way, by Prefect's word."""
    return [run.id for run in await _runs_in(client, ids, _under_way())]


async def cut_runs(client: "PrefectClient", ids: Sequence[UUID]) -> list[UUID]:
    """The runs of these deployments that told the server that they were cut short, and nothing more.

    Where `serve` is killed, a flow run may still reach the server; Prefect's words do not say how to go on.
    """
    from prefect.client.schemas.objects import StateType

    crashed = await _runs_in(client, ids, [StateType.CRASHED])
    return [run.id for run in crashed if run.state is not None and run.state.message in CUT_SHORT]


async def _runs_in(
    client: "PrefectClient", ids: Sequence[UUID], types: Sequence["StateType"]
) -> "list[FlowRun]":
    """The latest 200 runs of these deployments in one of these types of state."""
    from prefect.client.schemas.filters import (
        DeploymentFilter,
        DeploymentFilterId,
        FlowRunFilter,
        FlowRunFilterState,
        FlowRunFilterStateType,
    )
    from prefect.client.schemas.sorting import FlowRunSort

    state = FlowRunFilterState(type=FlowRunFilterStateType(any_=list(types)))
    return await client.read_flow_runs(
        flow_run_filter=FlowRunFilter(state=state),
        deployment_filter=DeploymentFilter(id=DeploymentFilterId(any_=list(ids))),
        sort=FlowRunSort.EXPECTED_START_TIME_DESC,
    )


async def close_runs(
    client: "PrefectClient", ids: Sequence[UUID], resumable: Sequence[UUID], name: str, why: str
) -> None:
    """Give a final state to runs whose process is gone and that have none, or only the word of its end.

    `resumable` are the deployments whose runs go on where they ended.
    """
    from prefect.client.schemas.objects import StateType

    for run_id in ids:
        run = await client.read_flow_run(run_id)
        if run.state_type in [*_under_way(), StateType.CRASHED]:
            words = f"{why} {way_on(run_id, resumable=run.deployment_id in resumable)}"
            await client.set_flow_run_state(run_id, _final(name, words), force=True)


def _under_way() -> list["StateType"]:
    from prefect.client.schemas.objects import StateType

    return [StateType.PENDING, StateType.RUNNING, StateType.PAUSED, StateType.CANCELLING]


def _final(name: str, message: str) -> "State":
    from prefect.client.schemas.objects import State, StateType

    return State(type=StateType(name.upper()), name=name, message=message)


async def stop_children() -> None:
    """Ask every flow run's process to stop, ask again, and return when they are gone or time is up."""
    loop = asyncio.get_running_loop()
    began = loop.time()
    asked = 0
    while (children := child_processes(os.getpid())) and loop.time() - began < GIVE_UP_S:
        if asked <= (loop.time() - began) // ASK_AGAIN_S < 2:
            asked += 1
            for pid in children:
                _signal(pid, signal.SIGTERM)
        await asyncio.sleep(0.05)


def child_processes(pid: int) -> list[int]:
    """The direct children of a process."""
    found = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        found += [int(word) for word in task.read_text(encoding="ascii").split()]
    return found


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _report(orders: Orders, report: Report) -> None:
    os.write(orders.report_fd, json.dumps(asdict(report)).encode() + b"\n")


def _line(fd: int) -> bytes:
    read = b""
    while not read.endswith(b"\n") and (more := os.read(fd, 65536)):
        read += more
    return read


async def _until_closed(fd: int) -> None:
    loop = asyncio.get_running_loop()
    closed = asyncio.Event()

    def look() -> None:
        if not os.read(fd, 1024):
            loop.remove_reader(fd)
            closed.set()

    loop.add_reader(fd, look)
    await closed.wait()


if __name__ == "__main__":
    main()
