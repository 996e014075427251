"""Cancel a run's batches at their providers, keep what was done of them, and land it."""

import asyncio
import os
from collections.abc import Mapping

from tasks.call.batch.notes import Notes
from tasks.calling import calling
from tasks.closing import grade_shard, judge_turn, landing
from tasks.home import Home, Settings
from tasks.lanes import calls_in_lane, lane_of
from tasks.runs import RunRecord
from tasks.work import Work, prepare
from warehouse.errors import StoppedShort


def has_open_batches(home: Home, run_id: str) -> bool:
    """Whether a run has, or may have, batches at a provider.

    Raises: WarehouseError: its notes are damaged.
    """
    return bool(Notes.read(home.journal(run_id)).open_parts)


async def cancel_run(
    settings: Settings, record: RunRecord, environ: Mapping[str, str] | None = None
) -> list[str]:
    """Cancel the open batches of a run, and land what they had done; for the holder of the run's lock.

    Returns a sentence on each batch that goes on all the same.

    Raises: NightbenchError: a provider cannot be asked; what was done is kept, and the rest goes on there.
    """
    work = prepare(settings, record, environ=os.environ if environ is None else environ)
    left = await cancel_batches(work)
    with landing(work) as lander:
        missing = False
        for shard in work.plan.shards:
            graded = grade_shard(work, lander.known, shard)
            missing |= len(graded.calls) < len(shard.asked)
            lander.land(graded)
        for index in work.judging.turns if work.judging is not None else ():
            judged = judge_turn(work, lander.known, index)
            missing |= len(judged.calls) < judged.due
            lander.land(judged)
        fatal = StoppedShort("cancelled") if missing else None
        lander.commit(fatal, flow_run_id=record.flow_run_id)
    return left


async def cancel_batches(work: Work) -> list[str]:
    """Have every open batch of a run stopped, wait for its end, and journal its results; nothing is sent.

    For the holder of the run's lock. The answers are in the journal then, to be graded and landed as those of
    any run that was stopped. An Anthropic batch of which it is not known whether it is this run's is waited
    for, and never cancelled. Returns a sentence on each batch that goes on all the same.

    Raises: NightbenchError: a provider cannot be asked; what was done is kept, and the rest goes on there.
    """
    async with calling(work) as session:
        batches = work.batches
        if batches is None:
            return []
        async with asyncio.TaskGroup() as group:
            for lane in dict.fromkeys(lane_of(entry) for entry in work.plan.spec.entries):
                if batches.has_lane(lane) and batches.has_open(lane):
                    group.create_task(batches.cancel_lane(lane, calls_in_lane(work.plans, lane)))
        if session.fatal is not None:
            raise session.fatal
        return batches.left()
