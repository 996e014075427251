"""What a run is called that grades or judges what is there already, and what began it."""

import asyncio
from dataclasses import dataclass

from tasks.runs import check_run_id


@dataclass(frozen=True)
class Begun:
    """The id of a regrade or calibration, and what began it."""

    run_id: str
    trigger: str
    flow_run_id: str | None = None


def begun_by_prefect() -> Begun:
    """The run that this flow run is, by its id, so that a retry goes on with it; not inside an event loop."""
    from prefect.runtime import flow_run  # the command line has no need of it

    from flows.server.trigger import trigger_of_this_run

    run_id = check_run_id(str(flow_run.id))
    return Begun(run_id, asyncio.run(trigger_of_this_run()), flow_run_id=run_id)
