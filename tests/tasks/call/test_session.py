"""What becomes of calls: kept, answered, tried again, finally failed, stopped; each as the journal has it."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from tasks.call.backoff import MAX_ATTEMPTS
from tasks.call.breaker import STREAK, Breaker, Gate
from tasks.call.course import Lane
from tasks.call.journal import Journal
from tasks.call.journal_reader import read_journal
from tasks.call.limiter import Limiter, Permit
from tasks.call.provider import Reply
from tasks.call.session import CallSession
from tasks.model import Call, Usage
from tasks.progress import Progress, VariantProgress
from tasks.spec import Limits
from tests.tasks.cases import GPT, make_answer, make_call
from warehouse.errors import (
    Fault,
    ProviderDown,
    ProviderError,
    Rejected,
    StoppedShort,
    Transient,
    Unusable,
)

RIGHT = make_answer("18", Usage(10, 2))
RATE_LIMITED = Transient(Fault("rate_limited", "slow down", http_status=429))
BUSY = Transient(Fault("server_error", "busy", http_status=503))
BAD_REQUEST = Rejected(Fault("bad_request", "no such field", http_status=400))
NO_KEY = Unusable(Fault("auth", "the key was refused", http_status=401))


@dataclass
class Scripted:
    """A provider that does what it is told; once the script of a call is empty, it answers."""

    script: dict[UUID, list[ProviderError | asyncio.Event]] = field(default_factory=dict)
    asked: list[UUID] = field(default_factory=list)
    endpoint_host: str = "api.test"

    async def complete(self, call: Call, *, timeout_s: float = 600.0) -> Reply:
        """One attempt."""
        self.asked.append(call.call_key)
        steps = self.script.get(call.call_key, [])
        step = steps.pop(0) if steps else None
        if isinstance(step, ProviderError):
            raise step
        if step is not None:
            await step.wait()
        return Reply(RIGHT, None, 200)

    async def close(self) -> None:
        """Nothing to close."""


class Outage(Scripted):
    """A provider that is down for its first so many attempts, whoever asks."""

    def __init__(self, attempts: int) -> None:
        super().__init__()
        self._left = attempts

    async def complete(self, call: Call, *, timeout_s: float = 600.0) -> Reply:
        """One attempt."""
        if self._left:
            self._left -= 1
            self.script[call.call_key] = [BUSY]
        return await super().complete(call, timeout_s=timeout_s)


class Pauses(Limiter):
    """A limiter that notes its pauses and holds nobody."""

    def __init__(self, in_flight: int = 4) -> None:
        super().__init__(Limits(in_flight=in_flight))
        self.pauses: list[float] = []

    def pause(self, seconds: float, permit: Permit | None = None) -> None:
        """Note it."""
        self.pauses.append(seconds)


class Settles(Pauses):
    """A limiter that notes what is reserved, and how that is corrected."""

    def __init__(self) -> None:
        super().__init__(1)
        self.asked: list[int] = []
        self.corrected: list[tuple[int, int, int]] = []

    def slot(self, input_tokens: int, output_tokens: int = 0, ahead: int = 0) -> Permit:
        """Note it."""
        self.asked.append(input_tokens)
        return super().slot(input_tokens, output_tokens, ahead)

    def _correct(self, units: tuple[int, int, int]) -> None:
        self.corrected.append(units)


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hardly a wait between attempts."""
    monkeypatch.setattr("tasks.call.course.delay", lambda attempt, retry_after_s, rng: 0.001)


def run(
    folder: Path,
    provider: Scripted,
    calls: list[Call],
    *,
    limiter: Limiter | None = None,
    max_failed: int = 0,
    retry_failed: bool = False,
    meanwhile: Callable[[CallSession], None] | None = None,
) -> tuple[CallSession, Progress]:
    """Make the calls over the folder's journal; `meanwhile` happens once all that can start have started."""

    async def go() -> tuple[CallSession, Progress]:
        progress = Progress("r", lambda call, usage, at: Decimal(0), {GPT: VariantProgress(GPT, len(calls))})
        known = read_journal(folder)
        async with Journal.open(folder, "r") as journal:
            lane = Lane(provider, limiter or Pauses())
            session = CallSession(
                {GPT: lane}, journal, known, progress, max_failed=max_failed, retry_failed=retry_failed
            )
            shard = asyncio.create_task(session.run_shard(GPT, calls))
            if meanwhile is not None:
                await asyncio.sleep(0.05)
                meanwhile(session)
            await asyncio.wait_for(shard, 20)
        known.close()
        return session, progress

    return asyncio.run(go())


def attempts(folder: Path, call: Call) -> list[tuple[int, str, str | None]]:
    """Number, outcome and kind of error of each attempt of a call."""
    with read_journal(folder) as state:
        outcome = state.outcome(call.call_key)
        assert outcome is not None
        return [(attempt.n, attempt.outcome, attempt.error_kind) for attempt in outcome.attempts]


def test_an_answer_is_in_the_journal_and_is_not_asked_for_again(tmp_path: Path) -> None:
    provider, calls = Scripted(), [make_call(i) for i in range(5)]
    run(tmp_path / "j", provider, calls[:3])
    session, progress = run(tmp_path / "j", provider, calls)
    assert provider.asked == [call.call_key for call in calls]
    assert (progress.done, progress.asked_here, progress.variants[GPT].kept) == (5, 2, 3)
    assert session.fatal is None


def test_what_may_pass_is_tried_again_and_every_attempt_is_kept(tmp_path: Path) -> None:
    call = make_call(0)
    provider = Scripted({call.call_key: [BUSY, RATE_LIMITED]})
    _, progress = run(tmp_path / "j", provider, [call])
    assert len(provider.asked) == 3
    assert attempts(tmp_path / "j", call) == [
        (1, "failed", "server_error"),
        (2, "failed", "rate_limited"),
        (3, "answered", None),
    ]
    line = progress.variants[GPT]
    assert (line.attempts, line.rate_limited, line.answered, line.failed) == (3, 1, 1, 0)


@pytest.mark.parametrize(("retry_after_s", "pause_s"), [(7.0, 7.0), (None, 0.001)])
def test_a_429_pauses_the_whole_model_with_or_without_a_time(
    tmp_path: Path, retry_after_s: float | None, pause_s: float
) -> None:
    call, limiter = make_call(0), Pauses()
    fault = replace(RATE_LIMITED.fault, retry_after_s=retry_after_s)
    run(tmp_path / "j", Scripted({call.call_key: [Transient(fault)]}), [call], limiter=limiter)
    assert limiter.pauses == [pause_s]


def test_a_refused_request_gives_its_tokens_back_and_an_answer_teaches_how_tokens_are_counted(
    tmp_path: Path,
) -> None:
    call, limiter = make_call(0, messages=({"role": "user", "content": "x" * 40},)), Settles()
    run(tmp_path / "j", Scripted({call.call_key: [RATE_LIMITED, BUSY]}), [call], limiter=limiter)
    assert limiter.asked == [14, 14, 14]  # a token for four bytes, and four
    assert limiter.corrected == [(0, -14, 0), (0, 10 - 14, 2)]  # a 5xx may have been counted
    run(tmp_path / "k", Scripted(), [make_call(i, messages=call.messages) for i in range(9)], limiter=limiter)
    assert limiter.asked[-1] == 10


def test_a_busy_server_pauses_nobody_else(tmp_path: Path) -> None:
    call, limiter = make_call(0), Pauses()
    run(tmp_path / "j", Scripted({call.call_key: [BUSY]}), [call], limiter=limiter)
    assert limiter.pauses == []


def test_a_refused_request_fails_at_once_and_its_siblings_go_on(tmp_path: Path) -> None:
    bad, good = make_call(0), make_call(1)
    session, progress = run(
        tmp_path / "j", Scripted({bad.call_key: [BAD_REQUEST]}), [bad, good], max_failed=1
    )
    assert attempts(tmp_path / "j", bad) == [(1, "failed", "bad_request")]
    assert (progress.failed, progress.variants[GPT].answered, session.fatal) == (1, 1, None)


def test_a_call_that_never_passes_fails_after_its_last_attempt_and_is_asked_again_only_on_request(
    tmp_path: Path,
) -> None:
    call = make_call(0)
    provider = Scripted({call.call_key: [BUSY] * MAX_ATTEMPTS})
    _, progress = run(tmp_path / "j", provider, [call], max_failed=1)
    assert (len(provider.asked), progress.failed) == (MAX_ATTEMPTS, 1)
    run(tmp_path / "j", provider, [call], max_failed=1)
    assert len(provider.asked) == MAX_ATTEMPTS
    run(tmp_path / "j", provider, [call], retry_failed=True)
    assert len(provider.asked) == MAX_ATTEMPTS + 1
    assert attempts(tmp_path / "j", call)[-1] == (MAX_ATTEMPTS + 1, "answered", None)


def test_more_failures_than_allowed_stop_the_run_and_say_so(tmp_path: Path) -> None:
    calls = [make_call(i) for i in range(20)]
    provider = Scripted({call.call_key: [BAD_REQUEST] for call in calls})
    session, progress = run(tmp_path / "j", provider, calls, limiter=Pauses(1), max_failed=2)
    assert "max_failed" in str(session.fatal)
    assert (progress.failed, len(provider.asked)) == (3, 3)


def test_a_refused_key_stops_the_run_after_one_request(tmp_path: Path) -> None:
    calls = [make_call(i) for i in range(20)]
    provider = Scripted({call.call_key: [NO_KEY] for call in calls})
    session, _ = run(tmp_path / "j", provider, calls, limiter=Pauses(1))
    assert session.fatal is NO_KEY
    assert len(provider.asked) == 1


def test_a_stop_drops_what_waits_and_keeps_the_answers_on_their_way(tmp_path: Path) -> None:
    calls = [make_call(i) for i in range(6)]
    gates = {call.call_key: asyncio.Event() for call in calls}

    def halt(session: CallSession) -> None:
        session.stop()
        for gate in gates.values():
            gate.set()

    provider = Scripted({key: [gate] for key, gate in gates.items()})
    session, progress = run(tmp_path / "j", provider, calls, limiter=Pauses(2), meanwhile=halt)
    assert isinstance(session.fatal, StoppedShort)
    assert (len(provider.asked), progress.done) == (2, 2)


def test_who_gives_up_leaves_the_attempts_in_the_journal_as_unseen(tmp_path: Path) -> None:
    call = make_call(0)

    def halt(session: CallSession) -> None:
        session.stop()
        session.give_up()

    _, progress = run(tmp_path / "j", Scripted({call.call_key: [asyncio.Event()]}), [call], meanwhile=halt)
    assert progress.done == 0
    with read_journal(tmp_path / "j") as state:
        assert (state.n_unseen, state.outcome(call.call_key)) == (1, None)


def test_failures_of_an_earlier_process_count_too(tmp_path: Path) -> None:
    calls = [make_call(i) for i in range(4)]
    refused = Scripted({call.call_key: [BAD_REQUEST] for call in calls[:2]})
    first, _ = run(tmp_path / "j", refused, calls[:3], max_failed=1)
    assert first.fatal is not None
    again, _ = run(tmp_path / "j", Scripted(), calls, max_failed=1)
    assert again.fatal is not None, "a run with too many failures is complete once it is resumed"
    assert "2 calls have finally failed" in str(again.fatal)
    assert "nightbench resume r --retry-failed" in str(again.fatal)
    third, progress = run(tmp_path / "j", Scripted(), calls, max_failed=1, retry_failed=True)
    assert (third.fatal, progress.failed, progress.done) == (None, 0, 4)


def test_a_call_that_waits_for_its_next_attempt_does_not_hold_up_a_stop(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.course.delay", lambda attempt, retry_after_s, rng: 60.0)
    gate = asyncio.Event()
    late, slow = make_call(1), make_call(2)
    provider = Scripted({late.call_key: [RATE_LIMITED], slow.call_key: [gate, RATE_LIMITED]})

    def stop(session: CallSession) -> None:
        session.stop()
        asyncio.get_running_loop().call_later(0.1, gate.set)

    began = time.monotonic()
    session, _ = run(tmp_path / "j", provider, [late, slow], meanwhile=stop)
    assert time.monotonic() - began < 10
    assert isinstance(session.fatal, StoppedShort)
    assert len(provider.asked) == 2


def test_a_provider_that_is_down_is_parked_and_uses_up_no_attempts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.breaker.FIRST_PROBE_S", 0.05)
    monkeypatch.setattr("tasks.call.course.MAX_ATTEMPTS", 2)
    monkeypatch.setattr("tasks.call.course.delay", lambda attempt, retry_after_s, rng: 0.1)
    calls = [make_call(i) for i in range(STREAK)]
    provider = Outage(STREAK + 3)
    session, progress = run(tmp_path / "j", provider, calls, limiter=Pauses(STREAK))
    assert (session.fatal, progress.failed, progress.done) == (None, 0, STREAK)
    assert progress.parked == []
    kept = [attempts(tmp_path / "j", call) for call in calls]
    assert sum(map(len, kept)) == len(provider.asked) == 2 * STREAK + 3
    assert [end[-1][1] for end in kept] == ["answered"] * STREAK


def test_a_provider_that_stays_down_is_given_up_and_the_other_is_done(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.breaker.FIRST_PROBE_S", 0.05)
    calls = [make_call(i) for i in range(STREAK + 4)]
    others = [make_call(100 + i, variant="other") for i in range(30)]
    down = Scripted({call.call_key: [BUSY] * 1000 for call in calls}, endpoint_host="down.test")
    up = Scripted()

    async def go() -> tuple[CallSession, Progress]:
        lines = {GPT: VariantProgress(GPT, len(calls)), "other": VariantProgress("other", len(others))}
        progress = Progress("r", lambda call, usage, at: Decimal(0), lines)
        known = read_journal(tmp_path / "j")
        async with Journal.open(tmp_path / "j", "r") as journal:
            lanes = {
                GPT: Lane(down, Pauses(STREAK), Gate(Breaker(give_up_s=0.5))),
                "other": Lane(up, Pauses(1)),
            }
            session = CallSession(lanes, journal, known, progress, max_failed=0)
            async with asyncio.TaskGroup() as group:
                group.create_task(session.run_shard(GPT, calls))
                group.create_task(session.run_shard("other", others))
            session.end()
        known.close()
        return session, progress

    session, progress = asyncio.run(asyncio.wait_for(go(), 20))
    assert isinstance(session.fatal, ProviderDown)
    assert (session.fatal.exit_code, session.fatal.status) == (3, "partial")
    assert "down.test" in str(session.fatal)
    assert (progress.variants["other"].answered, progress.variants[GPT].done) == (30, 0)
    assert progress.parked == [GPT]
    again, _ = run(tmp_path / "j", Scripted(), calls)
    assert again.fatal is None
    assert attempts(tmp_path / "j", calls[0])[-1][1] == "answered"


class Counts(Limiter):
    """A limiter with a limit of requests, which counts what it let through for good."""

    def __init__(self) -> None:
        super().__init__(Limits(requests_per_minute=60_000, in_flight=STREAK))
        self.used = 0

    def _let_through(self, permit: Permit, now_ns: int) -> None:
        self.used += 1
        super()._let_through(permit, now_ns)

    def _unsend(self, permit: Permit) -> None:
        self.used -= 1
        super()._unsend(permit)


def test_calls_that_find_their_provider_parked_use_nothing_of_its_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.breaker.FIRST_PROBE_S", 0.3)
    calls = [make_call(i) for i in range(100)]
    provider, limiter = Outage(STREAK), Counts()
    session, progress = run(tmp_path / "j", provider, calls, limiter=limiter)
    assert (session.fatal, progress.done) == (None, 100)
    assert limiter.used == len(provider.asked)
