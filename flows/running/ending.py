"""How a flow run ends that was stopped before its end: batches, the state in Prefect, the words.

SIGTERM says little: a person cancelled the run (Prefect's state is Cancelling), `serve` was stopped, or its
runner died and the run is an orphan (flows/hosting/served.py). Batches at a provider are cancelled in the
first case only; an orphan is Crashed, so that it goes on by itself.
"""

import asyncio
import os
from typing import Any

from prefect.client.orchestration import get_client
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.states import Cancelled, Crashed, Failed

from flows.failures import is_outside, with_way_on
from flows.hosting.served import ORPHAN
from tasks.call.session import CallSession
from tasks.cancelling import cancel_batches
from tasks.work import Work
from warehouse.errors import NightbenchError, StoppedShort

BATCHES_S = 8.0  # of the 30 s until Prefect's runner kills the process; a request to stop takes less than one
ASK_S = 3.0


async def cancel_with_prefect(work: Work, session: CallSession) -> None:
    """Where a person cancelled the run in Prefect, have its batches stopped at the provider too.

    What they had done by then is in the journal afterwards; for the holder of the run's lock.
    """
    if work.batches is None or type(session.fatal) is not StoppedShort or not await _cancelled_by_a_person():
        return
    session.fatal = StoppedShort(await _cancel_batches(work))


def ended_short(fatal: StoppedShort, run_id: str) -> State[Any]:
    """The state of a flow run that was stopped short, with how it goes on."""
    message = str(with_way_on(fatal, run_id))
    if os.environ.get(ORPHAN):
        return Crashed(message=f"What had started it ended. {message}")
    return Failed(message=message) if fatal.status == "partial" else Cancelled(message=message)


async def _cancelled_by_a_person() -> bool:
    try:
        async with asyncio.timeout(ASK_S), get_client() as client:
            found = await client.read_flow_run(flow_run.id)
    except Exception as error:
        if not (is_outside(error) or isinstance(error, TimeoutError)):
            raise
        return False  # the batches go on, and the run's words say so
    return found.state is not None and found.state.is_cancelling()


async def _cancel_batches(work: Work) -> str:
    """What has become of them."""
    try:
        async with asyncio.timeout(BATCHES_S):
            left = await cancel_batches(work)
    except TimeoutError:
        return (
            "cancelled; every received answer is kept. Its batches were told to stop, and the provider takes "
            "its time: what was done of them is taken when the run goes on."
        )
    except NightbenchError as error:
        return f"cancelled; every received answer is kept. Its batches may go on: {error}"
    told = " ".join(left) if left else "Its batches are cancelled at the provider."
    return f"cancelled; every received answer is kept. {told}"
