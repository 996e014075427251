"""Where money meets what else may happen to a call: a provider that is given up, a stop, a broken line."""

import asyncio
from collections.abc import Callable, Coroutine, Hashable, Mapping
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from tasks.call.breaker import STREAK, Breaker, Gate
from tasks.call.course import Lane
from tasks.call.journal import Journal
from tasks.call.journal_reader import read_journal
from tasks.call.purse import Group, Purse, RunBudget
from tasks.call.session import CallSession
from tasks.call.till import Till
from tasks.call.worst_case import worst_usd
from tasks.model import Call
from tasks.progress import Progress, VariantProgress
from tests.tasks.call.test_session import BUSY, Pauses, Scripted
from tests.tasks.cases import GPT, make_call
from warehouse.errors import BudgetStopped, Fault, ProviderDown, ProviderError, Transient

PRICED = {"priced_as": "openai/gpt-4o-2024-05-13", "params": {"max_tokens": 100}}
OTHER = "other"
TORN = Transient(Fault("connection", "cut amid the body"))


def worst(call: Call) -> Decimal:
    from datetime import UTC, datetime

    usd = worst_usd(call, datetime.now(UTC))
    assert usd is not None
    return usd


def sample_of(call: Call) -> Hashable:
    return call.sample_id


def till_of(fund: RunBudget, calls: list[Call], *, evenly: bool) -> Till:
    """The till of a run; `evenly`: a sample is paid for as a whole."""
    groups: dict[Hashable, Group] = {}
    for call in calls if evenly else ():
        n, usd = (
            (groups[call.sample_id].n, groups[call.sample_id].usd[0]) if call.sample_id in groups else (0, 0)
        )
        groups[call.sample_id] = Group(n + 1, (usd + worst(call),))
    purse = Purse(fund, groups=groups)
    return Till(purse, lambda *_: Decimal("0.000001"), lambda _, usd: (usd,), sample_of if evenly else None)


def run(
    folder: Path,
    lanes: Mapping[str, Lane],
    calls: Mapping[str, list[list[Call]]],
    till: Till,
    beside: Callable[[], Coroutine[None, None, None]] | None = None,
) -> tuple[CallSession, Progress]:
    """Make the calls of each lane side by side, shard by shard."""

    async def go() -> tuple[CallSession, Progress]:
        lines = {name: VariantProgress(name, sum(map(len, some))) for name, some in calls.items()}
        progress = Progress("r", lambda call, usage, at: Decimal(0), lines)
        with read_journal(folder) as known:
            async with Journal.open(folder, "r") as journal:
                session = CallSession(lanes, journal, known, progress, max_failed=0, till=till)
                async with asyncio.TaskGroup() as group:
                    for name, shards in calls.items():
                        group.create_task(session.run_shard(name, shards[0]))
                    if beside is not None:
                        group.create_task(beside())
                    await asyncio.sleep(0.3)
                    for name, shards in calls.items():
                        for shard in shards[1:]:
                            group.create_task(session.run_shard(name, shard))
                session.end()
        return session, progress

    return asyncio.run(asyncio.wait_for(go(), 15))


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly a wait between attempts or probes."""
    monkeypatch.setattr("tasks.call.course.delay", lambda attempt, retry_after_s, rng: 0.001)
    monkeypatch.setattr("tasks.call.breaker.FIRST_PROBE_S", 0.05)


def test_what_a_sample_holds_for_a_provider_that_is_given_up_comes_back(tmp_path: Path) -> None:
    n = STREAK + 20
    ours = [make_call(i, **PRICED) for i in range(n)]
    others = [make_call(i, variant=OTHER, **PRICED) for i in range(n)]
    assert [call.sample_id for call in ours] == [call.sample_id for call in others]
    down = Scripted({call.call_key: [BUSY] * 1000 for call in others}, endpoint_host="down.test")
    fund = RunBudget((worst(ours[0]) + worst(others[0])) * 6, Decimal(0))
    lanes = {
        GPT: Lane(Scripted(), Pauses(4)),
        OTHER: Lane(down, Pauses(STREAK), Gate(Breaker(give_up_s=0.5))),
    }
    session, progress = run(
        tmp_path / "j", lanes, {GPT: [ours], OTHER: [others]}, till_of(fund, [*ours, *others], evenly=True)
    )
    assert isinstance(session.fatal, ProviderDown), "and not for want of money"
    assert progress.variants[GPT].answered == n
    assert fund.held == 0


def test_a_stop_leaves_nothing_reserved_for_calls_that_were_never_sent(tmp_path: Path) -> None:
    dear = make_call(0, **{**PRICED, "params": {"max_tokens": 100_000}})
    cheap = [make_call(i, **PRICED) for i in range(1, 20)]
    fund = RunBudget(worst(dear) / 2, Decimal(0))
    lanes = {GPT: Lane(Scripted(), Pauses(4))}
    session, _ = run(tmp_path / "j", lanes, {GPT: [[dear, *cheap]]}, till_of(fund, [], evenly=False))
    assert isinstance(session.fatal, BudgetStopped)
    assert fund.held == 0


def test_calls_that_wait_for_money_do_not_keep_their_places_from_those_that_have_it(
    tmp_path: Path,
) -> None:
    n = 12
    ours = [make_call(i, **PRICED) for i in range(n)]
    others = [make_call(i, variant=OTHER, **PRICED) for i in range(n)]
    torn: dict[UUID, list[ProviderError | asyncio.Event]] = {
        call.call_key: [TORN]
        for call in others[: n // 2]  # each may have been billed
    }
    fund = RunBudget(worst(ours[0]) * n + worst(ours[0]) / 2, Decimal(0))
    lanes = {GPT: Lane(Scripted(), Pauses(n)), OTHER: Lane(Scripted(torn), Pauses(1))}
    till = till_of(fund, [*ours, *others], evenly=True)
    session, progress = run(
        tmp_path / "j", lanes, {GPT: [ours], OTHER: [others[: n // 2], others[n // 2 :]]}, till
    )
    assert session.fatal is None or isinstance(session.fatal, BudgetStopped), "it ends"
    assert progress.variants[OTHER].answered >= n // 2 - 1, "all that were paid for are answered"


def test_a_probe_that_waits_for_money_is_sent_when_there_is_some(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.breaker.FIRST_PROBE_S", 0.6)
    slow = asyncio.Event()
    script: dict[UUID, list[ProviderError | asyncio.Event]] = {
        make_call(i, variant=OTHER, **PRICED).call_key: [BUSY] for i in range(STREAK)
    }
    others = [make_call(i, variant=OTHER, **PRICED) for i in range(STREAK)]
    ours = [make_call(100, **{**PRICED, "params": {"max_tokens": 20_000}})]
    fund = RunBudget(worst(ours[0]) + worst(others[0]) / 2, Decimal(0))
    first = Scripted({ours[0].call_key: [slow]})
    lanes = {
        GPT: Lane(first, Pauses(1)),
        OTHER: Lane(Scripted(script), Pauses(STREAK), Gate(Breaker(give_up_s=8))),
    }

    async def open_late() -> None:
        await asyncio.sleep(1.0)
        slow.set()

    session, progress = run(
        tmp_path / "j",
        lanes,
        {OTHER: [others], GPT: [[], ours]},
        till_of(fund, [], evenly=False),
        open_late,
    )
    assert session.fatal is None
    assert progress.variants[OTHER].answered == STREAK


def test_what_fails_and_is_tried_again_keeps_its_samples_money_and_comes_before_new_samples(
    tmp_path: Path,
) -> None:
    n = 30
    ours = [make_call(i, **PRICED) for i in range(n)]
    others = [make_call(i, variant=OTHER, **PRICED) for i in range(n)]
    fates: list[list[ProviderError | asyncio.Event]] = [[BUSY, BUSY], [TORN], [BUSY, TORN]]
    script = {call.call_key: list(fates[i % 3]) for i, call in enumerate(others)}
    fund = RunBudget(worst(ours[0]) * 15, Decimal(0))
    lanes = {GPT: Lane(Scripted(), Pauses(4)), OTHER: Lane(Scripted(script), Pauses(4))}
    session, progress = run(
        tmp_path / "j", lanes, {GPT: [ours], OTHER: [others]}, till_of(fund, [*ours, *others], evenly=True)
    )
    assert isinstance(session.fatal, BudgetStopped)
    assert fund.held == 0
    one, other = progress.variants[GPT].answered, progress.variants[OTHER].answered
    assert 5 <= other <= one <= other + 1, "at most the sample at which the money ended is not whole"
