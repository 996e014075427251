"""Who is told of a failure, a drift, money: through a block of Prefect's with the name `nightbench-notify`.

Any notification block will do (Slack, e-mail, Teams, a custom webhook, ...), and so will a Webhook block; of
several types all are told. `serve` makes automations for what there is, and a Webhook block of
NIGHTBENCH_NOTIFY_WEBHOOK. What is sent are names, numbers and an address; never what a model was asked or
said.
"""

import asyncio
import traceback
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from flows.hosting.recovery import FLOW_RUN, put_automation
from tasks.night.summary import NightSummary
from tasks.work import Work

if TYPE_CHECKING:
    from prefect.client.orchestration import PrefectClient
    from prefect.client.schemas.objects import BlockDocument
    from prefect.events.schemas.automations import AutomationCore

BLOCK = "nightbench-notify"
VARIABLE = "NIGHTBENCH_NOTIFY_WEBHOOK"
ALARM, BUDGET = "nightbench.night.alarm", "nightbench.budget.used"
MUCH = 0.8  # of a budget
LOOK_S = 5.0
RUN = "nightbench.run."


@dataclass(frozen=True)
class _Told:
    """What somebody is told of; `body` is a template."""

    name: str
    expect: tuple[str, ...]
    subject: str
    body: str


TOLD = (
    _Told(
        "nightbench: tell of a failure",
        (f"{FLOW_RUN}Failed", f"{FLOW_RUN}Crashed"),
        "nightbench: a run failed",
        "{{ flow_run.name }} is {{ flow_run.state.name }} (run {{ flow_run.id }}): {{ flow_run|ui_url }}",
    ),
    _Told(
        "nightbench: tell of a drift", (ALARM,), "nightbench: a drop is shown", "{{ event.payload.words }}"
    ),
    _Told(
        "nightbench: tell of the budget",
        (BUDGET,),
        "nightbench: most of a budget is used",
        "{{ event.payload.words }}",
    ),
)


def tell_night(summary: NightSummary) -> None:
    """Have those told who want to know of a night in which a drop was shown."""
    if summary.alarms:
        words = "\n".join([f"run {summary.run_id}", *summary.alarms])
        _emit(ALARM, summary.run_id, words)


@asynccontextmanager
async def telling_budget(work: Work) -> AsyncIterator[None]:
    """While the block lasts, have those told who want to know that most of the run's budget is used; once."""
    budget, progress = work.plan.spec.budget_usd, work.progress

    def used() -> bool:
        return budget is not None and float(progress.usd) > MUCH * float(budget)

    def tell() -> None:
        words = f"run {progress.run_id}: ${progress.usd:,.4f} of its budget of ${budget} are used."
        _emit(BUDGET, progress.run_id, words)

    async def watch() -> None:
        while not used():  # noqa: ASYNC110 - nobody says when money was spent
            await asyncio.sleep(LOOK_S)
        tell()

    watcher = asyncio.create_task(watch()) if budget is not None and not used() else None
    try:
        yield
    finally:
        if watcher is not None and not watcher.done():
            watcher.cancel()
            with suppress(asyncio.CancelledError):
                await watcher
            if used():
                tell()


async def keep_telling(client: "PrefectClient", made: Mapping[str, UUID], environ: Mapping[str, str]) -> None:
    """Look every LOOK_S which blocks there are, and let the automations be of these."""
    before: list[UUID] | None = None
    while True:
        try:
            if before is None and environ.get(VARIABLE):
                await _save_webhook(environ[VARIABLE])
            found = await _blocks(client)
            if (ids := [block.id for block in found]) != before:
                await _tell_of(client, made, found)
            before = ids
        except Exception:  # noqa: BLE001 - flows run without it; it is looked again
            traceback.print_exc()
        await asyncio.sleep(LOOK_S)


def _emit(event: str, run_id: str, words: str) -> None:
    from prefect.events import emit_event

    resource = {"prefect.resource.id": f"{RUN}{run_id}", "prefect.resource.name": run_id}
    emit_event(event, resource=resource, payload={"run_id": run_id, "words": words})


async def _save_webhook(url: str) -> None:
    from prefect.blocks.webhook import Webhook
    from prefect.types import SecretDict
    from pydantic import SecretStr

    headers = SecretDict({"content-type": "application/json"})
    block: Any = Webhook(method="POST", url=SecretStr(url), headers=headers)
    await block.save(BLOCK, overwrite=True)


async def _blocks(client: "PrefectClient") -> "list[BlockDocument]":
    found = await client.read_block_documents(include_secrets=False)
    return sorted((block for block in found if block.name == BLOCK), key=lambda block: block.id)


async def _tell_of(
    client: "PrefectClient", made: Mapping[str, UUID], blocks: "Sequence[BlockDocument]"
) -> None:
    if blocks:
        for wanted in _automations(made, blocks):
            await put_automation(client, wanted)
        return
    for told in TOLD:  # whoever was told is gone
        for known in await client.read_automations_by_name(told.name):
            await client.delete_automation(known.id)


def _automations(made: Mapping[str, UUID], blocks: "Sequence[BlockDocument]") -> "Iterator[AutomationCore]":
    from prefect.events.schemas.automations import AutomationCore, EventTrigger, Posture

    ours = {
        "prefect.resource.role": "deployment",
        "prefect.resource.id": [f"prefect.deployment.{id_}" for id_ in made.values()],
    }
    for told in TOLD:
        of_runs = told.expect[0].startswith(FLOW_RUN)
        yield AutomationCore(
            name=told.name,
            description=f"Through the blocks with the name {BLOCK}.",
            trigger=EventTrigger(
                match={"prefect.resource.id": f"{FLOW_RUN if of_runs else RUN}*"},
                match_related=ours if of_runs else {},
                expect=set(told.expect),
                posture=Posture.Reactive,
                threshold=1,
                within=timedelta(0),
            ),
            actions=[_action(block, told) for block in blocks],
        )


def _action(block: "BlockDocument", told: _Told) -> Any:
    """Let a Webhook block be called, any other notify; `text` is what Slack and its like show."""
    from prefect.events.actions import CallWebhook, SendNotification

    if block.block_type is not None and block.block_type.slug == "webhook":
        words = "{% set words %}" + told.body + "{% endset %}"
        payload = f'{words}{{"subject": "{told.subject}", "text": {{{{ words|tojson }}}}}}'
        return CallWebhook(block_document_id=block.id, payload=payload)
    return SendNotification(block_document_id=block.id, subject=told.subject, body=told.body)
