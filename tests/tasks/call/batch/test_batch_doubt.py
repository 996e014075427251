"""An intent without an id: its batch is adopted by this run's ids alone; nothing is sent before that."""

import asyncio
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tasks.call.batch.doubt import tags_of
from tasks.call.batch.grouping import Group
from tasks.call.batch.ids import custom_id
from tasks.call.batch.notes import Intent, Notes
from tasks.call.batch.providers import open_batches
from tasks.call.session import CallSession
from tasks.call.simulated.service import Service
from tests.tasks.call.batch.batch_cases import (
    QUICK,
    RUN,
    VENDORS,
    Plan,
    Ran,
    accepted,
    batches_at,
    endpoint_of,
    outcomes,
    run_here,
)
from warehouse.errors import SpecError, StoppedShort

N = 30


async def submit(url: str, plan: Plan, tags: dict[str, str] | None = None, run_id: str | None = None) -> str:
    """A batch of the plan's calls, without a note; its id."""
    provider = open_batches(endpoint_of(plan.vendor, url))
    try:
        calls = plan.calls()
        named = [(call, custom_id(run_id or plan.run_id, call.call_key)) for call in calls]
        uploaded = await provider.upload([provider.encode(call, name) for call, name in named])
        return await provider.submit(uploaded, provider.kind(calls[0]), tags or {})
    finally:
        await provider.close()


def intend(folder: Path, url: str, plan: Plan, **changes: Any) -> Intent:
    """The note of a process that died before it had an id."""
    endpoint = endpoint_of(plan.vendor, url)
    provider_kind = "2023-06-01" if plan.vendor == "anthropic" else "/v1/chat/completions"
    group = Group(limits=None, kind=provider_kind)  # type: ignore[arg-type]  # it is full already
    for shard, calls in plan.shards().items():
        for call in calls():
            group.add(b"", call.call_key, shard)
    fields: dict[str, Any] = {
        "lane": plan.calls()[0].model,
        "host": endpoint.host,
        "what": provider_kind,
        "at": datetime.now(UTC),
        "since": datetime.now(UTC),
        "n_bytes": 1,
        "account": None,
        "before": (),
        "shards": group.shards,
        "keys": group.keys,
    }
    with closing(Notes.open(folder)) as notes:
        return notes.intend(**{**fields, **changes})


def creations(service: Service) -> int:
    """How many batches the server made."""
    return len(service.ledger.batches)


def answered(folder: Path, plan: Plan) -> int:
    """Calls with an answer in the journal."""
    return sum(
        end is not None and end.status == "answered" for end in outcomes(folder, plan.calls()).values()
    )


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("seconds", [0.05, 0.8], ids=["it has ended", "it has not ended"])
def test_a_batch_that_was_sent_is_adopted(tmp_path: Path, vendor: str, seconds: float) -> None:
    plan = Plan(vendor, N)

    async def go() -> None:
        async with batches_at({"seconds": seconds}) as (url, service):
            intent = intend(tmp_path / "j", url, plan)
            await submit(url, plan, tags_of(intent, RUN))
            ran = await run_here(tmp_path / "j", url, plan)
            assert (ran.session.fatal, creations(service), answered(tmp_path / "j", plan)) == (None, 1, N)

    asyncio.run(go())


@pytest.mark.parametrize("vendor", VENDORS)
def test_what_was_never_sent_is_sent_once(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, N)

    async def go() -> None:
        async with batches_at() as (url, service):
            intend(tmp_path / "j", url, plan)
            await run_here(tmp_path / "j", url, plan)
            assert (creations(service), answered(tmp_path / "j", plan)) == (1, N)

    asyncio.run(go())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_request_of_the_dead_that_arrives_late_is_not_sent_again(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, N)

    async def go() -> None:
        async with batches_at() as (url, service):
            intent = intend(tmp_path / "j", url, plan)

            async def late(_: CallSession) -> None:
                await asyncio.sleep(0.3)
                await submit(url, plan, tags_of(intent, RUN))

            await run_here(tmp_path / "j", url, plan, meanwhile=late, pace=replace(QUICK, settle_s=2.0))
            assert (creations(service), set(accepted(service).values())) == (1, {1})

    asyncio.run(go())


@pytest.mark.parametrize("vendor", VENDORS)
@pytest.mark.parametrize("hours", [-30, 30])
def test_a_wrong_clock_of_ours_does_not_matter(tmp_path: Path, vendor: str, hours: int) -> None:
    plan = Plan(vendor, N)

    async def go() -> None:
        async with batches_at() as (url, service):
            intent = intend(tmp_path / "j", url, plan, at=datetime.now(UTC) + timedelta(hours=hours))
            await submit(url, plan, tags_of(intent, RUN))
            await run_here(tmp_path / "j", url, plan)
            assert (creations(service), answered(tmp_path / "j", plan)) == (1, N)

    asyncio.run(go())


@pytest.mark.parametrize("vendor", VENDORS)
def test_a_batch_of_equal_size_and_time_of_another_run_is_never_adopted(tmp_path: Path, vendor: str) -> None:
    plan, other = Plan(vendor, N), Plan(vendor, N, run_id="night-2")

    async def go() -> None:
        async with batches_at() as (url, service):
            theirs = intend(tmp_path / "other", url, other)
            intend(tmp_path / "j", url, plan)
            await submit(url, other, tags_of(theirs, "night-2"))
            await run_here(tmp_path / "j", url, plan)
            assert (creations(service), answered(tmp_path / "j", plan)) == (2, N)
            assert set(accepted(service).values()) == {1}

    asyncio.run(go())


@pytest.mark.parametrize("vendor", ["openai", "azure"])
def test_a_run_of_the_same_name_in_another_home_is_told_apart_where_the_list_says_more(
    tmp_path: Path, vendor: str
) -> None:
    plan = Plan(vendor, N)

    async def go() -> None:
        async with batches_at() as (url, service):
            theirs = intend(tmp_path / "other", url, plan)
            intend(tmp_path / "j", url, plan)
            await submit(url, plan, tags_of(theirs, RUN))
            await run_here(tmp_path / "j", url, plan)
            assert creations(service) == 2

    asyncio.run(go())


def anthropic_resume(
    folder: Path, plan: Plan, stranger: Plan, seconds: float, **options: Any
) -> tuple[Ran, list[int]]:
    """Resume after an intent, beside a stranger's batch that was made since; how many batches there were."""

    async def go() -> tuple[Ran, list[int]]:
        async with batches_at({"seconds": seconds}) as (url, service):
            intend(folder, url, plan)
            await submit(url, stranger)
            counts: list[int] = []

            async def watch(session: CallSession) -> None:
                await asyncio.sleep(seconds - 0.2)
                counts.append(creations(service))
                if options.get("stop"):
                    session.stop(StoppedShort("stopped by SIGINT before the end."))

            ran = await run_here(folder, url, plan, meanwhile=watch)
            counts.append(creations(service))
            return ran, counts

    return asyncio.run(go())


def test_an_unfinished_batch_that_may_be_ours_is_waited_for_and_nothing_is_sent_meanwhile(
    tmp_path: Path,
) -> None:
    plan, stranger = Plan("anthropic", N), Plan("anthropic", N, run_id="night-2")
    ran, counts = anthropic_resume(tmp_path / "j", plan, stranger, 1.2)
    assert (counts, ran.session.fatal) == ([1, 2], None)
    assert answered(tmp_path / "j", plan) == N


def test_a_stop_amid_the_doubt_says_so_and_leaves_it(tmp_path: Path) -> None:
    plan, stranger = Plan("anthropic", N), Plan("anthropic", N, run_id="night-2")
    ran, counts = anthropic_resume(tmp_path / "j", plan, stranger, 1.2, stop=True)
    assert counts == [1, 1]
    assert isinstance(ran.session.fatal, StoppedShort)
    assert "It is not known whether a batch of 30 calls" in str(ran.session.fatal)
    assert Notes.read(tmp_path / "j").open_parts == [1]


def test_a_batch_of_another_size_is_not_waited_for(tmp_path: Path) -> None:
    plan, stranger = Plan("anthropic", N), Plan("anthropic", N + 1, run_id="night-2")
    _, counts = anthropic_resume(tmp_path / "j", plan, stranger, 2.5)
    assert counts == [2, 2]


def test_a_batch_that_was_in_the_list_before_is_not_waited_for(tmp_path: Path) -> None:
    plan, stranger = Plan("anthropic", N), Plan("anthropic", N, run_id="night-2")

    async def go() -> None:
        async with batches_at({"seconds": 3.0}) as (url, service):
            batch_id = await submit(url, stranger)
            intend(tmp_path / "j", url, plan, before=(batch_id,))
            resume = asyncio.create_task(run_here(tmp_path / "j", url, plan))
            await asyncio.sleep(QUICK.settle_s + 1.5)
            assert creations(service) == 2
            await resume

    asyncio.run(go())


@pytest.mark.parametrize("vendor", ["anthropic", "openai"])  # Azure names no organisation
@pytest.mark.parametrize(
    ("what", "word"),
    [({"host": "api.elsewhere.test"}, "Set the address"), ({"account": "org-b"}, "Set the key")],
)
def test_a_batch_is_not_looked_for_where_it_cannot_be(
    tmp_path: Path, vendor: str, what: dict[str, str], word: str
) -> None:
    plan = Plan(vendor, N)

    async def go() -> Ran:
        async with batches_at() as (url, service):
            intend(tmp_path / "j", url, plan, **what)
            ran = await run_here(tmp_path / "j", url, plan)
            assert creations(service) == 0
            return ran

    ran = asyncio.run(go())
    assert isinstance(ran.session.fatal, SpecError)
    assert word in str(ran.session.fatal)
