"""The watch of a run with `[stop]`: every ended call is compared, and a decided suite is asked no more."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from tasks.call.journal import AttemptEnd
from tasks.call.session import CallSession
from tasks.model import Call, Outcome
from tasks.work import Work

LOOK_S = 0.5  # a shard that waits for the other model looks so often whether the run is to stop


@asynccontextmanager
async def watching(work: Work, session: CallSession) -> AsyncIterator[None]:
    """While the block lasts, answers are compared as they end; first those that the journal has.

    A call whose failure is to be asked again is not compared until it has been.
    """
    deciding = work.deciding
    if deciding is None:
        yield
        return
    for shard in work.plan.shards:
        for call in work.plan.calls(shard):
            if session.known.has_ended(call.call_key, retry_failed=work.retry_failed):
                outcome = session.known.outcome(call.call_key)
                assert outcome is not None, "the journal's index names a call that it does not hold"
                _count(work, session, call, outcome)

    def ended(call: Call, end: Outcome | AttemptEnd) -> None:
        _count(work, session, call, end)

    session.on_end = ended
    try:
        yield
    finally:
        session.on_end = lambda *_: None


async def asked_still(work: Work, session: CallSession, index: int) -> bool:
    """Whether a shard is to be asked: waits until it is not too far ahead, and is told where it is decided.

    What the journal has of a decided suite is counted.
    """
    plan, shard = work.planned(index)
    deciding = work.deciding
    if deciding is None or plan is not work.plan:
        return True
    while not deciding.may_start(shard) and not session.stopping:
        with suppress(TimeoutError):
            await asyncio.wait_for(deciding.moved(), LOOK_S)
    if not deciding.is_decided(shard.suite.name):
        return True
    for call in plan.calls(shard):
        session.kept(call)
    return False


def _count(work: Work, session: CallSession, call: Call, end: Outcome | AttemptEnd) -> None:
    assert work.deciding is not None, "only a run with [stop] is watched"
    for decision in work.deciding.ended(call, end):
        work.said.append(decision.sentence())
        work.progress.remarks[f"decided {decision.suite} {decision.variant_a} {decision.variant_b}"] = (
            decision.sentence()
        )
        if work.deciding.is_decided(call.suite):
            session.drop(call.suite)
