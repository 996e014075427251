"""A run's batches at each vendor: every call is answered, kept and billed once, whatever the batch does."""

import asyncio
from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from tasks.call.batch.ids import custom_id
from tasks.call.batch.notes import Notes
from tasks.call.session import CallSession
from tests.tasks.call.batch.batch_cases import (
    MODELS,
    QUICK,
    RUN,
    VENDORS,
    Plan,
    Ran,
    accepted,
    batches_at,
    billed,
    outcomes,
    price,
    run_here,
)
from warehouse.errors import Fault, StoppedShort, Transient

vendors = pytest.mark.parametrize("vendor", VENDORS)


def run(
    folder: Path, plan: Plan, settings: dict[str, Any] | None = None, **options: Any
) -> tuple[Ran, dict[str, int], list[dict[str, Any]]]:
    """One run with a server of its own: how it ended, what the server took, and what it billed."""

    async def go() -> Any:
        more = options.pop("server", {})
        async with batches_at(settings, **more) as (url, service):
            ran = await run_here(folder, url, plan, **options)
            return ran, accepted(service), billed(service)

    result: tuple[Ran, dict[str, int], list[dict[str, Any]]] = asyncio.run(go())
    return result


def statuses(folder: Path, plan: Plan) -> Counter[tuple[str, str | None]]:
    """How the calls ended, by status and kind of error."""
    found = outcomes(folder, plan.calls()).values()
    return Counter((end.status, end.error_kind) if end else ("open", None) for end in found)


@pytest.mark.parametrize("vendor", [*VENDORS, "responses"])
def test_every_call_is_answered_once_and_costs_half(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 100)
    ran, taken, bill = run(tmp_path / "j", plan)
    assert ran.session.fatal is None
    assert statuses(tmp_path / "j", plan) == {("answered", None): 100}
    assert taken == {custom_id(RUN, call.call_key): 1 for call in plan.calls()}
    ends = outcomes(tmp_path / "j", plan.calls())
    received, whole = Decimal(0), Decimal(0)
    for call in plan.calls():
        end = ends[call.call_key]
        assert end is not None
        assert (end.mode, end.latency_s, len(end.attempts)) == ("batch", None, 1)
        assert end.answer is not None
        assert end.answer.usage is not None
        half = price(call, end.answer.usage, end.started_at, "batch")
        full = price(call, end.answer.usage, end.started_at)
        assert half is not None
        assert full is not None
        received, whole = received + half, whole + full
    assert received * 2 == whole
    assert ran.progress.usd == received
    assert {end.answer.text for end in ends.values() if end and end.answer} != {""}
    tokens = Counter({"in": 0, "out": 0})
    for row in bill:
        tokens.update({"in": row["input_tokens"], "out": row["output_tokens"]})
    line = ran.progress.variants[MODELS[vendor]]
    assert (line.input_tokens, line.output_tokens) == (tokens["in"], tokens["out"])


@vendors
def test_a_second_process_sends_nothing(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 50)

    async def go() -> tuple[int, int]:
        async with batches_at() as (url, service):
            await run_here(tmp_path / "j", url, plan)
            before = service.ledger.batch_requests.total()
            again = await run_here(tmp_path / "j", url, plan)
            assert again.progress.variants[MODELS[vendor]].kept == 50
            return before, service.ledger.batch_requests.total()

    before, after = asyncio.run(go())
    assert before == after


@vendors
def test_results_may_be_partial_doubled_missing_and_broken(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 120)
    settings = {
        "errored": 0.1,
        "expired": 0.05,
        "repeated_lines": 0.1,
        "missing_lines": 0.04,
        "broken_lines": 0.04,
        "blank_ids": True,
        "repeated_pages": True,
        "faults": {"max_in_a_row": 1},
    }
    ran, taken, bill = run(tmp_path / "j", plan, settings)
    assert statuses(tmp_path / "j", plan) == {("answered", None): 120}
    assert max(taken.values()) == 2, "what has no answer is asked again once, and nothing else"
    paid = Counter(row["custom_id"] for row in bill)
    lost = sum(1 for n in paid.values() if n > 1)
    unseen = sum(
        attempt.outcome == "unseen"
        for end in outcomes(tmp_path / "j", plan.calls()).values()
        if end
        for attempt in end.attempts
    )
    assert 0 < lost <= unseen, "what may have been billed and cannot be had is an attempt that nobody saw"
    assert any("asked again" in sentence for sentence in ran.said)


@vendors
def test_what_never_passes_fails_after_three_batches(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 30)
    settings = {"errored": 1.0, "faults": {"max_in_a_row": 9}}
    _, taken, _ = run(tmp_path / "j", plan, settings, max_failed=30)
    assert statuses(tmp_path / "j", plan) == {("failed", "server_error"): 30}
    assert set(taken.values()) == {3}
    ends = outcomes(tmp_path / "j", plan.calls())
    assert {len(end.attempts) for end in ends.values() if end} == {3}


@vendors
def test_failed_calls_are_asked_again_on_request(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 20)

    async def go() -> None:
        async with batches_at({"errored": 1.0, "faults": {"max_in_a_row": 3}}) as (url, _):
            await run_here(tmp_path / "j", url, plan, max_failed=20)
            assert statuses(tmp_path / "j", plan) == {("failed", "server_error"): 20}
            await run_here(tmp_path / "j", url, plan, max_failed=20)
            assert statuses(tmp_path / "j", plan) == {("failed", "server_error"): 20}
            await run_here(tmp_path / "j", url, plan, retry_failed=True)
            assert statuses(tmp_path / "j", plan) == {("answered", None): 20}

    asyncio.run(go())


@vendors
def test_an_expired_batch_is_asked_again(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 30)
    ran, taken, bill = run(tmp_path / "j", plan, {"expired": 1.0, "faults": {"max_in_a_row": 1}})
    assert statuses(tmp_path / "j", plan) == {("answered", None): 30}
    assert (set(taken.values()), len(bill)) == ({2}, 30)
    ends = outcomes(tmp_path / "j", plan.calls())
    assert {tuple(a.error_kind for a in end.attempts) for end in ends.values() if end} == {("expired", None)}
    assert ran.said == []


@vendors
def test_a_batch_that_others_cancelled_ends_the_run_to_be_resumed(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 60)

    async def go() -> None:
        async with batches_at({"cancelled": 1.0, "seconds": 0.4}) as (url, service):
            ran = await run_here(tmp_path / "j", url, plan)
            assert isinstance(ran.session.fatal, StoppedShort)
            assert "was cancelled at 127.0.0.1" in str(ran.session.fatal)
            done = statuses(tmp_path / "j", plan)["answered", None]
            assert 0 < done < 60, "what was done is kept"
            assert len(billed(service)) == done
            while (await run_here(tmp_path / "j", url, plan)).session.fatal is not None:
                pass
            assert statuses(tmp_path / "j", plan) == {("answered", None): 60}
            assert len(billed(service)) == 60

    asyncio.run(go())


@vendors
@pytest.mark.parametrize("after", [0.5, 1.5], ids=["amid its work", "after its end"])
def test_a_batch_that_vanishes_is_asked_again_when_that_is_certain(
    tmp_path: Path, vendor: str, after: float
) -> None:
    plan = Plan(vendor, 30)
    settings = {"vanishes": 1.0, "vanish_after": after, "seconds": 0.4, "faults": {"max_in_a_row": 1}}
    ran, taken, _ = run(tmp_path / "j", plan, settings)
    assert statuses(tmp_path / "j", plan) == {("answered", None): 30}
    assert set(taken.values()) <= {1, 2}
    if set(taken.values()) == {2}:
        assert any("has vanished" in sentence for sentence in ran.said)


@vendors
def test_a_poll_that_fails_now_and_then_changes_nothing(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 60)
    faults = {"server_error": 0.2, "rate_limited": 0.1, "reset": 0.1, "cut": 0.1, "retry_after_s": 0.01}
    _, taken, bill = run(tmp_path / "j", plan, {"faults": {**faults, "max_in_a_row": 3}, "seconds": 0.5})
    assert statuses(tmp_path / "j", plan) == {("answered", None): 60}
    assert set(taken.values()) == {1}
    assert len(bill) == 60


@vendors
@pytest.mark.parametrize("what", ["lost_creations", "failed_creations", "cut_creations"])
def test_a_creation_whose_answer_is_lost_is_found_in_the_list(tmp_path: Path, vendor: str, what: str) -> None:
    plan = Plan(vendor, 40)
    ran, taken, bill = run(tmp_path / "j", plan, {what: 1.0, "seconds": 0.3})
    assert ran.session.fatal is None
    assert statuses(tmp_path / "j", plan) == {("answered", None): 40}
    assert (set(taken.values()), len(bill)) == ({1}, 40)


@vendors
def test_a_run_that_is_stopped_leaves_its_batch_and_a_resume_takes_the_results(
    tmp_path: Path, vendor: str
) -> None:
    plan = Plan(vendor, 60)

    async def stop(session: CallSession) -> None:
        await asyncio.sleep(1.0)
        session.stop(StoppedShort("stopped by SIGINT before the end."))

    async def go() -> None:
        async with batches_at({"seconds": 4.0}) as (url, service):
            ran = await run_here(tmp_path / "j", url, plan, meanwhile=stop)
            assert "goes on at 127.0.0.1" in str(ran.session.fatal)
            assert len(ran.left) == 1
            again = await run_here(tmp_path / "j", url, plan)
            assert (again.session.fatal, again.left) == (None, [])
            assert statuses(tmp_path / "j", plan) == {("answered", None): 60}
            assert set(accepted(service).values()) == {1}

    asyncio.run(go())


@vendors
def test_a_run_that_is_cancelled_keeps_what_was_done(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 60)

    async def stop(session: CallSession) -> None:
        await asyncio.sleep(1.5)
        session.stop(StoppedShort("stopped."))

    async def go() -> None:
        async with batches_at({"seconds": 5.0}) as (url, service):
            await run_here(tmp_path / "j", url, plan, meanwhile=stop)
            ran = await run_here(tmp_path / "j", url, plan, cancel=True)
            assert (ran.session.fatal, ran.left) == (None, [])
            done = statuses(tmp_path / "j", plan)["answered", None]
            assert 0 < done < 60
            assert len(billed(service)) == done
            assert service.ledger.batch_requests["cancel"] == 1
            assert service.ledger.batch_requests["create"] == 1

    asyncio.run(go())


@vendors
def test_many_calls_go_in_several_batches(tmp_path: Path, vendor: str) -> None:
    from tasks.call.batch.grouping import BatchLimits

    plan = Plan(vendor, 100)
    ran, taken, _ = run(tmp_path / "j", plan, limits=BatchLimits(30, 10**6))
    assert statuses(tmp_path / "j", plan) == {("answered", None): 100}
    assert set(taken.values()) == {1}
    assert [intent.n for intent in ran.parts.intents.values()] == [30, 30, 30, 10]


@vendors
@pytest.mark.parametrize("limit", [{"max_requests": 25}, {"max_bytes": 6000}], ids=["requests", "bytes"])
def test_a_provider_that_takes_less_at_once_gets_less(
    tmp_path: Path, vendor: str, limit: dict[str, int]
) -> None:
    plan = Plan(vendor, 80)
    ran, taken, _ = run(tmp_path / "j", plan, limit)
    assert ran.session.fatal is None
    assert statuses(tmp_path / "j", plan) == {("answered", None): 80}
    assert set(taken.values()) == {1}


@vendors
def test_there_is_no_time_for_a_batch_so_calls_are_made_now(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 20)
    _, taken, _ = run(tmp_path / "j", plan, in_time=lambda: False)
    assert statuses(tmp_path / "j", plan) == {("answered", None): 20}
    assert taken == {}
    ends = outcomes(tmp_path / "j", plan.calls())
    assert {end.mode for end in ends.values() if end} == {"realtime"}


@vendors
def test_an_outage_ends_the_run_to_be_resumed(tmp_path: Path, vendor: str) -> None:
    from dataclasses import replace

    plan = Plan(vendor, 10)
    faults = {"server_error": 1.0, "max_in_a_row": 10**6}
    ran, _, _ = run(tmp_path / "j", plan, {"faults": faults}, pace=replace(QUICK, outage_s=0.3))
    assert isinstance(ran.session.fatal, StoppedShort)
    assert "given up: 127.0.0.1" in str(ran.session.fatal)
    with_notes = Notes.read(tmp_path / "j")
    assert with_notes.intents == {}, "nothing was intended before the provider could be asked"


@vendors
def test_a_refused_key_stops_the_run_before_anything_is_sent(tmp_path: Path, vendor: str) -> None:
    plan = Plan(vendor, 10)
    keys = ["simulated", "azure-key-0123456789"]
    ran, taken, _ = run(tmp_path / "j", plan, server={"refused_keys": keys})
    assert ran.session.fatal is not None
    assert "Check the key" in str(ran.session.fatal)
    assert taken == {}


def test_a_simulated_servers_batch_is_not_said_to_go_on_and_its_end_is_told_as_it_was(tmp_path: Path) -> None:
    plan = Plan("openai", 3)

    async def stop(session: CallSession) -> None:
        await asyncio.sleep(0.8)
        session.stop(StoppedShort("stopped."))

    async def go() -> None:
        async with batches_at({"seconds": 60.0}) as (url, _):
            ran = await run_here(tmp_path / "j", url, plan, fleeting=True, meanwhile=stop)
            assert "goes on" not in str(ran.session.fatal)
            assert "batch of 3 calls" in str(ran.session.fatal)
        async with batches_at() as (url, _):
            await run_here(tmp_path / "j", url, plan, fleeting=True)
        text = "".join(path.read_text() for path in (tmp_path / "j").glob("[0-9]*.jsonl"))
        assert text.count("the simulated server that had the batch ended with its run") == 3
        assert "in no list" not in text
        assert statuses(tmp_path / "j", plan) == {("answered", None): 3}

    asyncio.run(go())


def test_an_outage_is_shown_while_it_lasts_and_no_longer(tmp_path: Path) -> None:
    plan = Plan("anthropic", 3)
    seen: list[set[str]] = []

    class Away:
        """A provider that cannot be reached for its first looks."""

        def __init__(self, inner: Any) -> None:
            self._inner, self._left = inner, 6

        def __getattr__(self, name: str) -> Any:
            return getattr(self._inner, name)

        async def list_since(self, when: Any) -> Any:
            """Not now."""
            self._left -= 1
            if self._left >= 0:
                raise Transient(Fault("connection", "no route to my-secret-prompt", unsent=True))
            return await self._inner.list_since(when)

    async def look(session: CallSession) -> None:
        for _ in range(40):
            seen.append(set(session.progress.remarks.values()))
            await asyncio.sleep(0.02)

    async def go() -> Ran:
        async with batches_at() as (url, _):
            return await run_here(tmp_path / "j", url, plan, wrap=Away, meanwhile=look)

    ran = asyncio.run(go())
    assert ran.session.fatal is None
    told = set.union(*seen)
    assert any(
        "cannot be asked about the batches of" in remark and "(connection)" in remark for remark in told
    )
    assert not any("secret" in remark for remark in told)
    assert ran.progress.remarks == {}
