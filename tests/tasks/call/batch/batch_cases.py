"""A run's batches over the real SDKs against the loopback server, without a flow: what the tests share."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import asynccontextmanager, closing
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any
from uuid import UUID

from tasks.call.batch.desk import BatchLane
from tasks.call.batch.grouping import BatchLimits
from tasks.call.batch.notes import Notes
from tasks.call.batch.pace import Pace
from tasks.call.batch.provider import BatchProvider
from tasks.call.batch.providers import open_batches
from tasks.call.batch.session import BatchSession, always
from tasks.call.course import Lane
from tasks.call.endpoint import Endpoint, resolve_endpoint
from tasks.call.journal import Journal
from tasks.call.journal_reader import JournalState, read_journal
from tasks.call.limiter import Limiter
from tasks.call.providers import open_provider
from tasks.call.purse import Purse, RunBudget
from tasks.call.session import CallSession
from tasks.call.simulated.service import Service
from tasks.call.till import Till
from tasks.model import Call, Mode, Outcome, Usage
from tasks.pricing import cost_of
from tasks.progress import Progress, VariantProgress
from tasks.spec import Limits, ModelEntry
from tests.tasks.call.simulated.loopback import serving
from tests.tasks.cases import make_call
from warehouse.prices import usd_of

VENDORS = ("anthropic", "openai", "azure")
MODELS = {
    "anthropic": "simulated/claude-3-5-sonnet-20240620",
    "openai": "simulated/gpt-4o-2024-05-13",
    "azure": "azure/gpt-4o-2024-05-13",
    "responses": "simulated/gpt-4o-2024-05-13",
}
PRICED = {
    "anthropic": "anthropic/claude-3-5-sonnet-20240620",
    "openai": "openai/gpt-4o-2024-05-13",
    "azure": "azure/gpt-4o-2024-05-13",
    "responses": "openai/gpt-4o-2024-05-13",
}
ENVIRON = {"AZURE_OPENAI_API_KEY": "azure-key-0123456789", "OPENAI_API_VERSION": "2024-10-21"}
RUN = "night-1"
QUICK = Pace(first_s=0.02, longest_s=0.05, settle_s=0.3, outage_s=5.0)
SHARD = 40


@dataclass
class Ran:
    """How a process of a run ended."""

    session: CallSession
    progress: Progress
    said: list[str]
    left: list[str]
    parts: Notes


@dataclass
class Plan:
    """The calls of one run at one vendor, in shards."""

    vendor: str
    n: int
    run_id: str = RUN
    first: int = 0
    changes: Mapping[str, Any] = field(default_factory=dict)

    def calls(self) -> list[Call]:
        model = MODELS[self.vendor]
        fields = {"model": model, "variant": model, "priced_as": PRICED[self.vendor], **self.changes}
        return [make_call(number, **fields) for number in range(self.first, self.first + self.n)]

    def shards(self) -> dict[int, Callable[[], Iterable[Call]]]:
        calls = self.calls()
        parts = [calls[start : start + SHARD] for start in range(0, len(calls), SHARD)]
        return {index: partial(list, part) for index, part in enumerate(parts)}


def endpoint_of(vendor: str, url: str) -> Endpoint:
    fields = {
        "model": MODELS[vendor],
        "base_url": url,
        **({"api": "responses"} if vendor == "responses" else {}),
    }
    entry = ModelEntry.model_validate(fields)
    return resolve_endpoint(entry, ENVIRON)


def price(call: Call, usage: Usage, at: Any, mode: Mode = "realtime") -> Decimal | None:
    assert call.priced_as is not None
    return usd_of(call.priced_as, usage, at, mode)


def till_of(budget: Decimal, known: JournalState) -> Till:
    """The till of a run with a budget, as a run makes it."""
    spent = sum((usd for _, _, usd in known.spent()), Decimal(0))
    return Till(Purse(RunBudget(budget, spent)), cost_of, lambda call, usd: (usd,))


async def run_here(
    folder: Path,
    url: str,
    plan: Plan,
    *,
    pace: Pace = QUICK,
    max_failed: int = 0,
    retry_failed: bool = False,
    cancel: bool = False,
    in_time: Callable[[], bool] = always,
    limits: BatchLimits | None = None,
    wrap: Callable[[BatchProvider], BatchProvider] = lambda provider: provider,
    meanwhile: Callable[[CallSession], Awaitable[None]] | None = None,
    sealed: bool = False,
    budget: Decimal | None = None,
    fleeting: bool = False,
    till: Till | None = None,
) -> Ran:
    """One process of a run: until its calls have ended, or it is stopped."""
    endpoint = endpoint_of(plan.vendor, url)
    model = MODELS[plan.vendor]
    progress = Progress(plan.run_id, price, {model: VariantProgress(model, plan.n)})
    said: list[str] = []
    provider = wrap(open_batches(endpoint))
    realtime = open_provider(endpoint)
    with read_journal(folder) as known, closing(Notes.open(folder)) as notes:
        async with Journal.open(folder, plan.run_id) as journal:
            session = CallSession(
                {model: Lane(realtime, Limiter(Limits(in_flight=8)))},
                journal,
                known,
                progress,
                max_failed=max_failed,
                retry_failed=retry_failed,
                sealed=frozenset({"sums"} if sealed else ()),
                till=till if budget is None else till_of(budget, known),
            )
            lane = BatchLane(
                model, provider, pace, account=endpoint.base_url, fleeting=fleeting, limits=limits
            )
            batches = BatchSession(
                session,
                journal,
                known,
                notes,
                {model: lane},
                run_id=plan.run_id,
                retry_failed=retry_failed,
                say=said.append,
            )
            try:
                shards = plan.shards()
                lane_work = (
                    batches.cancel_lane(model, shards) if cancel else batches.run_lane(model, shards, in_time)
                )
                work = asyncio.create_task(lane_work)
                if meanwhile is not None:
                    await meanwhile(session)
                await asyncio.wait_for(work, 60)
                batches.told()
                session.end()
            finally:
                await provider.close()
                await realtime.close()
            left = batches.left()
    return Ran(session, progress, said, left, notes)


def outcomes(folder: Path, calls: Iterable[Call]) -> dict[UUID, Outcome | None]:
    """How each call ended, as the journal has it."""
    with read_journal(folder) as state:
        return {call.call_key: state.outcome(call.call_key) for call in calls}


@asynccontextmanager
async def batches_at(settings: Mapping[str, Any] | None = None, **more: Any) -> Any:
    """A server whose batches take hardly any time."""
    fields = {"batch": {"seconds": 0.1, **(settings or {})}, **more}
    async with serving(fields) as (url, service):
        yield url, service


def accepted(service: Service) -> dict[str, int]:
    """How often each custom id was taken by the server."""
    counts: dict[str, int] = service.ledger.to_json(0)["accepted"]
    return counts


def billed(service: Service) -> list[dict[str, Any]]:
    """What the server has billed."""
    return [row for row in service.ledger.to_json()["rows"] if row["outcome"] == "answered"]
