"""Judges are asked about answers that are there: the calls of a regrade, and of a calibration."""

import asyncio

from flows.cli.live import watching
from flows.failures import interrupted
from flows.running.stopping import stopped_by_signals
from tasks.calling import begin_judging, call_plan, calling
from tasks.interrupts import Interrupts
from tasks.work import Work
from warehouse.errors import NightbenchError, StoppedShort


def ask_judges(work: Work, interrupts: Interrupts, way_on: str) -> None:
    """Every judge call that the journal lacks; `way_on` says how a run that stops short goes on.

    Raises: StoppedShort: Ctrl-C, or the budget. NightbenchError: what ended it. What was received is kept.
    """
    with watching(work.progress):
        try:
            fatal = asyncio.run(_ask(work, interrupts))
        except (KeyboardInterrupt, asyncio.CancelledError):
            fatal = interrupted(work.record.run_id)
    if fatal is None:
        return
    if isinstance(fatal, StoppedShort):
        raise type(fatal)(f"{str(fatal).rstrip('.')}. Nothing was graded yet. {way_on}")
    raise NightbenchError(f"{fatal} What was received is kept. {way_on}") from fatal


async def _ask(work: Work, interrupts: Interrupts) -> NightbenchError | None:
    interrupts.in_loop()
    assert work.judging is not None, "there are judges to ask"
    async with calling(work) as session:
        with stopped_by_signals(session, interrupts):
            await begin_judging(work, session)
            work.progress.start_calling()
            await call_plan(session, work.judging)
            work.progress.end_calling()
        return session.fatal
