"""What a run holds open while it calls: journal, clients, limiters, gates, the month, batches, a server."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from decimal import Decimal

from tasks.batching import LanePlan, open_batch_session
from tasks.call.breaker import GIVE_UP_S, Breaker, Gate
from tasks.call.course import Lane
from tasks.call.endpoint import Endpoint, host_of, needs_endpoint, resolve_endpoint
from tasks.call.journal import Journal
from tasks.call.journal_reader import JournalState, read_journal
from tasks.call.providers import open_provider
from tasks.call.session import CallSession
from tasks.call.till import Till
from tasks.call.tokens import counter_for
from tasks.funds import paying
from tasks.lanes import lane_of, shards_at_once
from tasks.plan import Plan, Shard
from tasks.progress import keep_writing
from tasks.rehearsal import Rehearsal, simulated_server
from tasks.reuse import reuse_answers
from tasks.sharing import Accounts, shared_limits
from tasks.spec import EvalSpec, ModelEntry
from tasks.work import Work


@asynccontextmanager
async def calling(
    work: Work, *, retry_failed: bool = False, give_up_s: float = GIVE_UP_S
) -> AsyncIterator[CallSession]:
    """Open journal, clients, limiters and (for simulated models) the loopback server; close them all."""
    spec, folder = work.plan.spec, work.home.journal(work.record.run_id)
    work.retry_failed = retry_failed
    async with AsyncExitStack() as stack:
        known = await asyncio.to_thread(read_journal, folder)
        work.damage = known.damage()
        journal = await stack.enter_async_context(Journal.open(folder, work.record.run_id))
        work.judge_from(known)
        work.progress.reused = await reuse_answers(
            work.home, work.plan, journal, known, _hosts(spec, work.environ)
        )
        till = await stack.enter_async_context(paying(work, known, journal.path))
        if any(not needs_endpoint(entry) for entry in spec.entries):
            work.server_url = await stack.enter_async_context(simulated_server(work.plan, rehearsed(work)))
        accounts = await stack.enter_async_context(shared_limits(work.home, work.progress, work.damage))
        lanes = open_lanes(work, accounts, stack, give_up_s=give_up_s)
        writer = asyncio.create_task(
            keep_writing(work.progress, work.home.progress / f"{work.record.run_id}.json")
        )
        stack.push_async_callback(_end, writer)
        session = session_of(work, lanes, journal, known, till)
        if spec.mode != "realtime":
            plans = [
                LanePlan(
                    lane_of(entry),
                    _endpoint(entry, work.server_url, work.environ),
                    entry,
                    fleeting=not needs_endpoint(entry),
                )
                for entry in spec.entries
            ]
            work.batches = open_batch_session(work, session, journal, known, plans, stack)
        yield session
        session.end()


def open_lanes(
    work: Work, accounts: Accounts, stack: AsyncExitStack, *, give_up_s: float, alone: bool = True
) -> dict[str, Lane]:
    """A client, a limiter and a gate for what the run calls; the stack closes them.

    `alone`: no other process calls the run's own server.
    """
    rehearsal = rehearsed(work)
    lanes: dict[str, Lane] = {}
    gates: dict[str, Gate] = {}
    for entry in work.plan.spec.entries:
        if lane_of(entry) not in lanes:
            provider = open_provider(_endpoint(entry, work.server_url, work.environ))
            stack.push_async_callback(provider.close)
            # without an endpoint the account is this run's own server
            at = entry if needs_endpoint(entry) else entry.model_copy(update={"base_url": work.server_url})
            limiter = accounts.limiter_of(at, shared=needs_endpoint(entry) or not alone)
            gate = gates.setdefault(entry.account, Gate(Breaker(give_up_s)))
            counter = counter_for(entry.model, work.fits.get(entry.model, {}))
            counter.counts_all |= rehearsal is not None and entry.model in rehearsal.counts_all
            lanes[lane_of(entry)] = Lane(provider, limiter, gate, counter)
    return lanes


def rehearsed(work: Work) -> Rehearsal | None:
    """How the run is rehearsed, if it is."""
    return None if work.record.rehearsal is None else Rehearsal.read(work.record.rehearsal)


def session_of(
    work: Work, lanes: Mapping[str, Lane], journal: Journal, known: JournalState, till: Till
) -> CallSession:
    """What makes the run's calls in this process."""
    spec = work.plan.spec
    return CallSession(
        lanes,
        journal,
        known,
        work.progress,
        max_failed=int(Decimal(str(spec.max_failed)) * sum(plan.n_calls for plan in work.plans)),
        retry_failed=work.retry_failed,
        seed=spec.seed,
        sealed=frozenset(suite.name for suite in work.plan.suites if suite.sealed),
        till=till,
    )


async def begin_judging(work: Work, session: CallSession) -> None:
    """The answers are there: read them, take from earlier runs what judges said of the same, and count.

    Raises: WarehouseError: the journal cannot be read or written, or the catalog not read.
    """
    assert work.judging is not None, "a run without judges has nothing to judge"
    known = session.known
    await asyncio.to_thread(known.refresh)
    work.judge_from(known)
    reused = await reuse_answers(
        work.home, work.judging, session.journal, known, _hosts(work.plan.spec, work.environ)
    )
    work.progress.reused += reused
    for name, n in (await asyncio.to_thread(work.judging.due)).items():
        work.progress.variants[name].planned = n


async def call_plan(session: CallSession, plan: Plan) -> None:
    """Every call of a plan that the journal lacks, shard by shard, as many at once as keep places full."""
    entries = {lane_of(shard.variant.entry): shard.variant.entry for shard in plan.shards}
    gates = {lane: asyncio.Semaphore(shards_at_once(plan, entry)) for lane, entry in entries.items()}

    async def one(shard: Shard) -> None:
        lane = lane_of(shard.variant.entry)
        async with gates[lane]:
            if not session.stopping:
                await session.run_shard(lane, plan.calls(shard))

    async with asyncio.TaskGroup() as group:
        for shard in plan.shards:
            group.create_task(one(shard))


def _hosts(spec: EvalSpec, environ: Mapping[str, str]) -> dict[str, str | None]:
    return {entry.variant: host_of(entry, environ) for entry in spec.entries}


def _endpoint(entry: ModelEntry, server_url: str | None, environ: Mapping[str, str]) -> Endpoint:
    if not needs_endpoint(entry):
        assert server_url is not None, "a simulated model without an address has its server"
        entry = entry.model_copy(update={"base_url": server_url})
    return resolve_endpoint(entry, environ)


async def _end(task: "asyncio.Task[None]") -> None:
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
