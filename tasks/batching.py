"""The batches of a run: which lanes have them, and whether the deadline leaves time for one more."""

import os
from collections.abc import Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

from tasks.call.batch.desk import BatchLane
from tasks.call.batch.notes import Notes
from tasks.call.batch.pace import pace_of
from tasks.call.batch.providers import has_batches, open_batches
from tasks.call.batch.session import BatchSession
from tasks.call.endpoint import Endpoint
from tasks.call.journal import Journal, JournalState
from tasks.call.session import CallSession
from tasks.lanes import calls_in_lane
from tasks.plan import Plan
from tasks.spec import BATCH_S, ModelEntry
from tasks.work import Work


@dataclass(frozen=True)
class LanePlan:
    """A lane whose batches are not open yet."""

    name: str
    endpoint: Endpoint
    entry: ModelEntry
    fleeting: bool  # the server ends with the run


def open_batch_session(
    work: Work,
    session: CallSession,
    journal: Journal,
    known: JournalState,
    plans: Sequence[LanePlan],
    stack: AsyncExitStack,
) -> BatchSession:
    """The batches of a run, with clients of their own; the stack closes them and the notes.

    Raises: WarehouseError: the notes are damaged, or cannot be written.
    """
    lanes: dict[str, BatchLane] = {}
    for plan in plans:
        if plan.name not in lanes and has_batches(plan.endpoint):
            provider = open_batches(plan.endpoint)
            stack.push_async_callback(provider.close)
            lanes[plan.name] = BatchLane(
                name=plan.name,
                provider=provider,
                pace=pace_of(plan.endpoint, os.environ),
                account=f"{plan.endpoint.protocol}|{plan.endpoint.base_url}|{plan.entry.api_key_env or ''}",
                fleeting=plan.fleeting,
            )
    return BatchSession(
        session,
        journal,
        known,
        stack.enter_context(closing(Notes.open(work.home.journal(work.record.run_id)))),
        lanes,
        run_id=work.record.run_id,
        retry_failed=work.retry_failed,
        say=work.said.append,
    )


def in_batches(work: Work, lane: str) -> bool:
    """Whether the calls of a lane go into batches: there is time for one, or one is under way."""
    batches = work.batches
    if batches is None or not batches.has_lane(lane):
        return False
    return work.plan.spec.mode == "batch" or batches.has_open(lane) or in_time(work)


def in_time(work: Work) -> bool:
    """Whether the deadline leaves the providers' 24 hours for one more batch."""
    deadline_s = work.plan.spec.deadline_s
    left_s = (work.record.started - datetime.now(UTC)).total_seconds() + (deadline_s or 0.0)
    return deadline_s is None or left_s >= BATCH_S


async def run_batches(work: Work, lane: str, plan: Plan) -> None:
    """The calls of a lane that the journal lacks, in batches: those for answers, or those of judges.

    Judge calls that an earlier process left in batches of the lane are taken up with the answers.
    """
    assert work.batches is not None, "a lane without batches calls shard by shard"
    plans = work.plans if work.batches.has_open(lane) else [plan]
    await work.batches.run_lane(lane, calls_in_lane(plans, lane), partial(in_time, work))
