"""An evaluation, inside of a flow: load, call, grade, land, report. Read it as a table of contents.

The flows `evaluate` and `nightly` are made of it.
"""

import asyncio
import os
from collections.abc import Awaitable
from contextlib import nullcontext
from typing import Any

from prefect import get_run_logger, task
from prefect.cache_policies import NO_CACHE
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run

from flows.failures import explain, told_as, with_what_is_kept
from flows.hosting.notifying import telling_budget
from flows.keys import at_hand
from flows.pages.reporting import publish, saying_how_far, tag
from flows.running.approving import not_approved
from flows.running.ending import cancel_with_prefect, ended_short
from flows.running.outage import server_is_back
from flows.running.stopping import stopped_by_signals
from flows.running.storage import PLAIN
from flows.running.workers import Crew, crew_of
from flows.server.trigger import trigger_of_this_run
from tasks.batching import in_batches, run_batches
from tasks.call.session import CallSession
from tasks.calling import begin_judging, calling
from tasks.closing import Graded, Lander, grade_shard, judge_turn, landing
from tasks.collector import collect_rarely
from tasks.home import Settings
from tasks.identity import Start, current_start
from tasks.lanes import lane_of, shards_at_once
from tasks.owner import wait_out
from tasks.plan import Plan
from tasks.runs import RunRecord, begin_run, run_lock
from tasks.spec import EvalSpec
from tasks.watching import asked_still, watching
from tasks.work import Work, prepare
from warehouse.errors import StoppedShort


def named_by(spec: EvalSpec) -> str:
    """How the run is called in the UI: its suites, its variants, how many samples."""
    suites = ", ".join(entry.name for entry in spec.suite_entries)
    variants = " vs ".join(entry.variant for entry in spec.models)
    limit = f" · {spec.limit} samples" if spec.limit else ""
    return f"{suites}: {variants}{limit}"[:200]


async def evaluation(spec: EvalSpec) -> State[Any] | None:
    """Put the suites to the models, and land all of it; the state that the flow run ends in, if no plain one.

    To be called in a flow: the steps are its tasks, and its run is the run.
    """
    start = current_start() or await _started_by_prefect()
    home, run_id = start.settings.home, start.run_id
    flow_run_id = str(flow_run.id)
    record = begin_run(home, spec, run_id, trigger=start.trigger, kind=start.kind, flow_run_id=flow_run_id)
    await tag(spec, start.kind)
    with nullcontext() if start.holds_lock else run_lock(home, run_id):
        work = start.prepared or await load(start.settings, record)
        if work.over:
            work.check_over(retry_failed=start.retry_failed)
            await publish(home, run_id)
            return None
        if start.prepared is None and (refused := await not_approved(work, start.settings)) is not None:
            return refused
        give_up_s = start.settings.give_up_s
        await wait_out(home, run_id)
        async with (
            calling(work, retry_failed=start.retry_failed, give_up_s=give_up_s) as session,
            crew_of(work, session, start.settings) as crew,
            saying_how_far(work.progress),
            telling_budget(work),
        ):
            for sentence in work.damage:
                get_run_logger().warning(sentence)
            with stopped_by_signals(session, start.interrupts):
                work.progress.start_calling()
                async with watching(work, session):
                    await _call_all(work, session, work.plan, crew)
                await judge_all(work, session, crew)
                work.progress.end_calling()
            for sentence in work.said:
                get_run_logger().warning(sentence)
        await cancel_with_prefect(work, session)
        with told_as(session), landing(work) as lander:
            for shard in work.plan.shards:
                title = work.plan.titles[shard.index]
                await land(lander, await grade(work, lander, shard.index, title), title)
            for index, turn in (work.judging.turns if work.judging is not None else {}).items():
                assert work.judging is not None, "it has turns"
                title = work.judging.titles[turn[0].index]
                await land(lander, await grade_by_judges(work, lander, index, title), title)
            lander.commit(session.fatal, flow_run_id=flow_run_id)
        work.progress.stage = "done"
    await server_is_back(start.settings.silent_s)
    with told_as(session):
        await publish(home, run_id)
    if session.fatal is None:
        return None
    if start.holds_lock or not isinstance(session.fatal, StoppedShort):
        answered = sum(line.answered for line in work.progress.variants.values())
        raise with_what_is_kept(session.fatal, run_id, answered)
    return ended_short(session.fatal, run_id)


@task(name="load", task_run_name="load suites and plan", cache_policy=NO_CACHE, **PLAIN)
async def load(settings: Settings, record: RunRecord) -> Work:
    """Suites, samples and plan; everything that can be refused is refused here."""
    return await asyncio.to_thread(_prepare, settings, record)


def _prepare(settings: Settings, record: RunRecord) -> Work:
    environ = at_hand(settings.home.root, record.eval_spec().entries, os.environ)
    return prepare(settings, record, environ=environ)


@task(name="call", task_run_name="call {title}", cache_policy=NO_CACHE, **PLAIN)
async def call(work: Work, session: CallSession, index: int, title: str) -> None:
    """The calls of one shard that the journal lacks."""
    plan, shard = work.planned(index)
    await session.run_shard(lane_of(shard.variant.entry), plan.calls(shard))


@task(name="batch", task_run_name="batch {title}", cache_policy=NO_CACHE, **PLAIN)
async def batch(work: Work, lane: str, title: str, *, judges: bool) -> None:
    """The calls of one model that the journal lacks, in batches."""
    await run_batches(work, lane, work.plans[judges])


@task(name="grade", task_run_name="grade {title}", cache_policy=NO_CACHE, **PLAIN)
async def grade(work: Work, lander: Lander, index: int, title: str) -> Graded:
    """The grades of one shard."""
    return await asyncio.to_thread(grade_shard, work, lander.known, work.plan.shards[index])


@task(name="judge", task_run_name="judge {title}", cache_policy=NO_CACHE, **PLAIN)
async def grade_by_judges(work: Work, lander: Lander, index: int, title: str) -> Graded:
    """What judges' verdicts on one slice come to."""
    return await asyncio.to_thread(judge_turn, work, lander.known, index)


@task(name="land", task_run_name="land {title}", cache_policy=NO_CACHE, **PLAIN)
async def land(lander: Lander, graded: Graded, title: str) -> None:
    """The rows of one shard."""
    lander.land(graded)


async def judge_all(work: Work, session: CallSession, crew: Crew | None) -> None:
    """Every judge call that there are answers for, unless the run is to stop."""
    if work.judging is not None and not session.stopping:
        await begin_judging(work, session)
        await _call_all(work, session, work.judging, crew)
    if work.batches is not None:
        work.batches.told()


async def _call_all(work: Work, session: CallSession, plan: Plan, crew: Crew | None) -> None:
    """Every shard of a plan, here or on the run's workers, so many of a model at once as keep places full."""
    entries = {lane_of(shard.variant.entry): shard.variant.entry for shard in plan.shards}
    least = crew.at_once if crew is not None and work.deciding is None else 0
    gates = {
        lane: asyncio.Semaphore(max(least, shards_at_once(plan, entry))) for lane, entry in entries.items()
    }

    async def safely(calls: Awaitable[None]) -> None:
        try:
            await calls
        except Exception as error:
            reason = explain(error, work.home.root)
            if reason is None:
                raise
            session.stop(reason)  # the other shards' calls in flight have their moment to be answered

    async def one(index: int, title: str, lane: str) -> None:
        async with gates[lane]:
            if await asked_still(work, session, index) and not session.stopping:
                await safely(call(work, session, index, title) if crew is None else crew.call(index, title))

    batched = {lane: entry.model for lane, entry in entries.items() if in_batches(work, lane)}
    async with asyncio.TaskGroup() as group:
        for shard in plan.shards:
            lane = lane_of(shard.variant.entry)
            if lane not in batched:
                group.create_task(one(shard.index, plan.titles[shard.index], lane))
        for lane, model in batched.items():
            group.create_task(safely(batch(work, lane, model, judges=plan is work.judging)))


async def _started_by_prefect() -> Start:
    """The start of a run that Prefect began: from the UI, by the schedule or through its API."""
    settings = Settings.read(os.environ)
    settings.home.make()
    collect_rarely()
    return Start(settings, run_id=str(flow_run.id), trigger=await trigger_of_this_run())
