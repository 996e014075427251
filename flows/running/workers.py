"""A run's calls on more than one process: its shards go through Prefect's Dask task runner.

    [engine]
    workers = 2                          processes that the run starts here and ends with itself
    address = "tcp://scheduler:8786"     or those of a Dask cluster, which share the home

What Dask does is left to it: which worker takes which shard, and that a killed worker's shards start again
elsewhere. What is ours is the owner's token (tasks/owner.py), and that a shard is counted here when it comes
back, from what its worker journalled (tasks/helping.py). Batches, grades and tables stay in the flow.
"""

import asyncio
import logging
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from prefect import task
from prefect.cache_policies import NO_CACHE
from prefect.settings import get_current_settings

from flows.failures import first_line
from flows.keys import at_hand
from flows.running.server_leases import ServerLeases
from flows.running.storage import PLAIN
from flows.server.prefect_home import QUIET
from tasks.call.session import CallSession
from tasks.helping import Errand, Helped, help_run
from tasks.home import Settings
from tasks.owner import Owner
from tasks.spec import EvalSpec
from tasks.spec_parts import Workers
from tasks.work import Work
from warehouse.errors import EngineError

if TYPE_CHECKING:
    from prefect_dask import DaskTaskRunner
    from prefect_dask.task_runners import PrefectDaskFuture

THREADS = 6  # shards that a worker has at once: while one ends the others keep its places full
JOIN_S = 30.0  # so long somebody else's workers are waited for
TASK_LEVEL = "PREFECT_LOGGING_LOGGERS_PREFECT_TASK_RUNS_LEVEL"
AGAIN_S = 2.0  # and as much longer each time
TRIES = 5  # of a shard whose worker did not see that the run is alive


class Crew:
    """The workers of a run, while it calls."""

    def __init__(
        self, work: Work, session: CallSession, runner: "DaskTaskRunner", owner: Owner, errand: Errand
    ) -> None:
        self._work, self._session, self._runner = work, session, runner
        self._owner, self._errand = owner, errand
        self.at_once = 2 * max(1, sum(runner.client.nthreads().values()))

    async def call(self, index: int, title: str) -> None:
        """The calls of one shard that the journal lacks, on some worker; they are counted when it is back."""
        plan, shard = self._work.planned(index)
        session, known = self._session, self._session.known
        due = [
            (call, known.next_attempt_number(call.call_key))
            for call in plan.calls(shard)
            if not session.kept(call)
        ]
        task = asyncio.current_task()
        assert task is not None, "a shard is called in a task"
        session.join(task, self._owner.let_go)
        for n_before in range(TRIES):
            await asyncio.sleep(n_before * AGAIN_S)
            if not due or session.stopping:
                return
            try:
                helped = await self._helped(index, title)
            except EngineError as error:
                session.stop(error)
                helped = Helped()
            known.refresh()
            due = [
                (call, n)
                for call, n in due
                if known.next_attempt_number(call.call_key) == n or not session.seen(call)
            ]
            for host, after_s in helped.down.items():
                session.given_up(host, after_s)
            if not helped.is_orphaned:
                if (reason := helped.reason()) is not None:
                    session.stop(reason)
                return
        session.stop(
            EngineError(
                f"workers do not see that the run is alive: {self._errand.home} must be one and the same "
                "folder for all of them. Every received answer is kept. Mend that, then resume the run."
            )
        )

    async def _helped(self, index: int, title: str) -> Helped:
        loop, back = asyncio.get_running_loop(), asyncio.Event()
        future = self._runner.submit(
            call_there, {"errand": self._errand, "index": index, "title": title}, wait_for=None
        )
        future.wrapped_future.add_done_callback(lambda _: loop.call_soon_threadsafe(back.set))
        await back.wait()
        return await asyncio.to_thread(_result, future)


@asynccontextmanager
async def crew_of(work: Work, session: CallSession, settings: Settings) -> AsyncIterator[Crew | None]:
    """The workers that the run's spec wants; None where this process makes the calls.

    Raises: EngineError: the scheduler is not there, or no worker has joined it.
    """
    engine = work.plan.spec.engine
    if engine is None:
        yield None
        return
    with ExitStack() as opened, tempfile.TemporaryDirectory(prefix="nightbench-dask-") as scratch:
        runner = _runner(engine, scratch)
        opened.enter_context(runner)
        try:
            await asyncio.to_thread(_join, runner, engine)
            owner = opened.enter_context(Owner(work.home, work.record.run_id))
            errand = Errand(
                home=str(work.home.root.absolute()),
                run_id=work.record.run_id,
                token=owner.token,
                suite_folders=tuple(map(str, settings.suite_folders)),
                processes=len(runner.client.nthreads()),
                server_url=work.server_url if engine.address is None else None,
                leased_elsewhere=engine.address is not None,
                retry_failed=work.retry_failed,
                give_up_s=settings.give_up_s,
                monthly_usd=work.monthly_usd,
            )
            work.progress.shares.clear()  # what is used of the limits is used elsewhere
            yield Crew(work, session, runner, owner, errand)
        finally:
            await asyncio.to_thread(opened.close)


@task(name="call", task_run_name="call {title}", cache_policy=NO_CACHE, **PLAIN)
def call_there(errand: Errand, index: int, title: str) -> Helped:
    """The calls of one shard that no process of the run has journalled, on a worker."""
    if TASK_LEVEL not in os.environ:  # a worker elsewhere: its lines would go to the run's page
        logging.getLogger("prefect.task_runs").setLevel(QUIET[TASK_LEVEL])
    return help_run(
        errand, index, partial(_environ, errand), ServerLeases if errand.leased_elsewhere else None
    )


def _environ(errand: Errand, spec: EvalSpec) -> Mapping[str, str]:
    """Where this worker has keys: its environment, then the blocks of the server that the flow told it."""
    environ = dict(os.environ)
    if api_url := get_current_settings().api.url:
        environ.setdefault("PREFECT_API_URL", api_url)
    return at_hand(Path(errand.home), spec.entries, environ)


def _runner(engine: Workers, scratch: str) -> "DaskTaskRunner":
    import dask
    from prefect_dask import DaskTaskRunner

    dask.config.set({"distributed.worker.profile.enabled": False})  # a hundred looks a second at each thread
    if engine.address is not None:
        return DaskTaskRunner(address=engine.address, client_kwargs={"timeout": JOIN_S})
    return DaskTaskRunner(
        cluster_kwargs={
            "n_workers": engine.workers,
            "threads_per_worker": THREADS,
            "host": "127.0.0.1",
            "dashboard_address": None,
            "memory_limit": 0,
            "local_directory": scratch,
            "silence_logs": logging.ERROR,
        }
    )


def _join(runner: "DaskTaskRunner", engine: Workers) -> None:
    """Reach the cluster, and wait until it has a worker."""
    where = engine.address or "on this machine"
    try:
        runner.client.wait_for_workers(engine.workers or 1, timeout=JOIN_S)
    except TimeoutError as error:
        raise EngineError(
            f"[engine] {where}: no worker has joined within {JOIN_S:.0f} s. Nothing was sent. Start one: "
            f"dask worker {engine.address} --nthreads {THREADS}"
        ) from error
    except OSError as error:
        raise EngineError(
            f"[engine] address = {where}: no Dask scheduler answers there ({first_line(error)}). "
            "Nothing was sent. Start it, or take [engine] out of the spec."
        ) from error


def _result(future: "PrefectDaskFuture[Helped]") -> Helped:
    from distributed.client import FutureCancelledError
    from distributed.scheduler import KilledWorker

    try:
        helped = future.result()
    except (KilledWorker, FutureCancelledError, OSError) as error:
        raise EngineError(
            f"the Dask cluster has lost a shard ({type(error).__name__}: {first_line(error)}). Every "
            "received answer is kept. `nightbench resume` goes on with the run."
        ) from error
    assert isinstance(helped, Helped), "call_there returns one"
    return helped
