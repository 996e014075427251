"""What a person sees of a run in Prefect: a line every ten seconds, a progress bar, the result."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from prefect import get_client, get_run_logger
from prefect.artifacts import (
    acreate_markdown_artifact,
    acreate_progress_artifact,
    acreate_table_artifact,
    aupdate_progress_artifact,
)
from prefect.runtime import flow_run

from flows.failures import is_outside
from flows.pages.judged import read_judged
from flows.pages.pictures import as_markdown
from flows.pages.run_tables import run_tables
from flows.pages.summary import RunSummary, run_summary
from flows.server.prefect_home import PrefectHome, read_record
from tasks.home import Home
from tasks.progress import Progress
from tasks.spec import EvalSpec

EVERY_S = 10.0
NOTHING_FAILED = [{"kind": "nothing failed"}]


@asynccontextmanager
async def saying_how_far(progress: Progress) -> AsyncIterator[None]:
    """Log a line and move the progress artifact every EVERY_S while the block lasts."""
    logger = get_run_logger()
    artifact = await acreate_progress_artifact(
        progress=0.0, key=None, description=f"calls of run {progress.run_id}"
    )

    async def say() -> None:
        logger.info(progress_line(progress))
        try:
            await aupdate_progress_artifact(artifact, progress=_percent(progress))
        except Exception as error:
            if not is_outside(error):
                raise
            logger.warning("the progress bar stands still: %s", error)  # no paid answer hangs on it

    async def keep_saying() -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await say()

    speaker = asyncio.create_task(keep_saying())
    try:
        yield
    finally:
        speaker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await speaker
        await say()


def progress_line(progress: Progress) -> str:
    """One line: how far, how fast, how much, how long."""
    left = "" if progress.left_s is None else f", {progress.left_s:,.0f} s left"
    failed = f", {progress.failed:,} failed" if progress.failed else ""
    parked = "".join(f", {name} does not answer and is parked" for name in progress.parked)
    return (
        f"{progress.done:,} of {progress.planned:,} calls{failed}, {progress.calls_per_s:,.1f} calls/s, "
        f"${progress.usd:,.4f} so far{left}{parked}"
    )


async def publish(home: Home, run_id: str) -> RunSummary:
    """The run's page: results, bill, limits and failures as tables; a summary with pictures."""
    summary = await asyncio.to_thread(run_summary, home, run_id)
    tables = await asyncio.to_thread(run_tables, home, run_id)
    judged = await asyncio.to_thread(read_judged, home, run_id)
    pictures = [] if _is_passing(home) else await asyncio.to_thread(as_markdown, summary.leaderboard)
    made_up = " (simulated models: it says nothing of real ones)" if summary.run["simulated"] else ""
    for key, table, about in (
        ("leaderboard", summary.leaderboard_rows(), f"Leaderboard{made_up}: accuracy with its 95 % interval"),
        ("cost", tables.cost, "Cost by model, and the tokens of each kind"),
        ("limits", tables.limits, "Limits used, and how long calls waited for them"),
        ("failures", tables.failures or NOTHING_FAILED, "What failed, by kind, with an example each"),
    ):
        await acreate_table_artifact(table=table, key=key, description=f"{about}. Run `{run_id}`.")
    await acreate_markdown_artifact(
        markdown=summary.markdown(pictures) + judged.markdown(),
        key="summary",
        description=f"Summary of run `{run_id}`",
    )
    return summary


async def tag(spec: EvalSpec, kind: str) -> None:
    """Tags of the flow run, to be found by in Prefect's page: its kind, its suites, its models."""
    tags = [f"kind:{kind}", *(f"suite:{entry.name}" for entry in spec.suite_entries)]
    tags += [f"model:{entry.model}" for entry in spec.entries]
    run_id = UUID(str(flow_run.id))
    try:
        async with get_client() as client:
            known = (await client.read_flow_run(run_id)).tags
            await client.update_flow_run(run_id, tags=sorted({*known, *tags}))
    except Exception as error:
        if not is_outside(error):
            raise
        get_run_logger().warning("the run has no tags: %s", error)


def _is_passing(home: Home) -> bool:
    """Whether the server is a command's own, which has no page and is gone with it."""
    record = read_record(PrefectHome.of(home.root))
    return record is not None and record.mode == "temporary"


def _percent(progress: Progress) -> float:
    return 100.0 * progress.done / progress.planned if progress.planned else 100.0
