"""The table of docs/faults.md is what happens: each row over the real SDKs, through a whole run's session."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.call.backoff import delay
from tasks.call.breaker import is_down
from tasks.call.course import Lane
from tasks.call.journal import Journal
from tasks.call.journal_reader import read_journal
from tasks.call.limiter import Limiter
from tasks.call.provider import Provider, Reply
from tasks.call.providers import open_provider
from tasks.call.session import CallSession
from tasks.grade.respond import spoiled
from tasks.model import Call, Outcome
from tasks.progress import Progress, VariantProgress
from tasks.spec import Limits
from tests.conftest import CHECKOUT
from tests.tasks.call.fault_cases import CASES, Case, at
from tests.tasks.call.vendor_server import endpoint, make_call, openai_error, says
from tests.tasks.cases import GPT
from warehouse.errors import NightbenchError, ProviderError, Unusable

PAGE = CHECKOUT / "docs" / "faults.md"
TRIES = 2  # in place of ten


@dataclass(frozen=True)
class Row:
    """A row of the table."""

    becomes: str
    error_kind: str
    down: str


def table() -> dict[str, Row]:
    lines = PAGE.read_text(encoding="utf-8").splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    return {
        what: Row(becomes.replace("`", ""), kind.strip("`"), down) for what, becomes, kind, down in cells[2:]
    }


ROWS = [
    pytest.param(what, case, provider, id=f"{provider}: {what} ({number})")
    for what, cases in CASES.items()
    for number, case in enumerate(cases)
    for provider in case.providers
]


class Watched:
    """A provider of which the first error is kept."""

    def __init__(self, inner: Provider) -> None:
        self._inner = inner
        self.error: ProviderError | None = None

    @property
    def endpoint_host(self) -> str:
        return self._inner.endpoint_host

    async def complete(self, call: Call, *, timeout_s: float = 600.0) -> Reply:
        try:
            return await self._inner.complete(call, timeout_s=timeout_s)
        except ProviderError as error:
            self.error = self.error or error
            raise

    async def close(self) -> None:
        await self._inner.close()


async def go(
    folder: Path, case: Case, provider: str
) -> tuple[Outcome | None, NightbenchError | None, Watched]:
    """Make one call of a run at a server that has the fault every time."""
    call = make_call(provider, case.params)
    progress = Progress("r", lambda call, usage, at: Decimal(0), {GPT: VariantProgress(GPT, 1)})
    async with at(case) as url, Journal.open(folder, "r") as journal:
        known = read_journal(folder)
        client = Watched(open_provider(endpoint(provider, url)))
        session = CallSession(
            {GPT: Lane(client, Limiter(Limits(in_flight=1)))}, journal, known, progress, max_failed=1
        )
        try:
            await session.run_shard(GPT, [call])
        finally:
            await client.close()
            known.close()
    with read_journal(folder) as state:
        return state.outcome(call.call_key), session.fatal, client


def becomes(outcome: Outcome | None, fatal: NightbenchError | None) -> str:
    """What was made of a fault, in the table's words."""
    if isinstance(fatal, Unusable):
        return "stops the run"
    assert fatal is None
    assert outcome is not None
    if outcome.answer is None:
        return "retried" if len(outcome.attempts) == TRIES else "final failure of the sample"
    assert len(outcome.attempts) == 1
    grade = spoiled(outcome.answer)
    if grade is not None:
        assert (grade.score, grade.passed) == (0.0, False)
        return f"graded 0: {grade.reason}"
    assert outcome.answer.usage is not None
    return "kept, tokens estimated" if outcome.answer.usage.estimated else "kept"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tasks.call.course.delay", lambda attempt, retry_after_s, rng: 0.001)
    monkeypatch.setattr("tasks.call.course.MAX_ATTEMPTS", TRIES)


def test_the_table_has_the_rows_that_are_tried_and_no_other() -> None:
    assert list(table()) == list(CASES)


@pytest.mark.parametrize(("what", "case", "provider"), ROWS)
def test_a_row_is_what_happens(
    what: str, case: Case, provider: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if "ten minutes" in what or "stops coming" in what:
        monkeypatch.setattr("tasks.call.course.TIMEOUT_S", 0.3)
    outcome, fatal, client = asyncio.run(go(tmp_path / "j", case, provider))
    fault = client.error.fault if client.error else None
    answer = outcome.answer if outcome else None
    kind = fault.kind if fault else answer.error_kind if answer else None
    said = Row(becomes(outcome, fatal), kind or "", "yes" if is_down(fault) else "no")
    assert said == table()[what]
    if outcome is not None:
        assert [attempt.n for attempt in outcome.attempts] == list(range(1, len(outcome.attempts) + 1))
        assert {attempt.error_kind for attempt in outcome.attempts} == {kind}


@pytest.mark.parametrize(
    ("header", "value", "wait_s"), [("retry-after-ms", "400", 0.4), ("retry-after", "1", 1.0)]
)
@pytest.mark.parametrize("provider", ["anthropic", "openai"])
def test_the_next_attempt_comes_when_the_server_says(
    provider: str, header: str, value: str, wait_s: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.call.course.delay", delay)
    case = Case([provider], says(openai_error("slow"), 429, {header: value}))
    outcome, _, _ = asyncio.run(go(tmp_path / "j", case, provider))
    assert outcome is not None
    first, second = outcome.attempts
    waited_s = (second.started_at - first.started_at).total_seconds()
    assert wait_s <= waited_s < wait_s + 1.0
