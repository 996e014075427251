"""Kill runs of batches at random instants of submitting, polling and downloading, and let others go on.

    python -m tests.tasks.call.batch.drill [--kills 200] [--batch 500] [--vendor openai]... [--seed 14]

Every process of a run is a fork of this one, so that the SDKs are imported once, and is ended by SIGKILL. The
server is a process of its own; its ledger says what it took and billed. Prints a JSON document.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Any

from tasks.call.batch.ids import custom_id
from tasks.call.batch.notes import NAME, Notes
from tasks.call.batch.pace import Pace
from tasks.call.batch.providers import open_batches
from tasks.call.journal_reader import read_journal
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tests.tasks.call.batch.batch_cases import VENDORS, Plan, endpoint_of, price, run_here

PACE = Pace(first_s=0.02, longest_s=0.1, settle_s=1.0, outage_s=30.0)
SETTINGS = {"latency_ms": 0, "batch": {"seconds": 0.5, "upload_s": 0.15}}
KILLS_A_RUN = 5
PATIENCE_S = 90.0
UNSENT, SENT = ("start", "submit", "submit", "submit"), ("start", "poll", "download", "download")
SPREAD_S = {"start": 0.15, "submit": 0.4, "poll": 0.6, "download": 0.06}


@dataclass
class Report:
    """What the kills at one vendor came to."""

    vendor: str
    kills: Counter[str] = field(default_factory=Counter)  # by phase
    runs: int = 0
    calls: int = 0
    adopted: int = 0  # batches found in the list
    void: int = 0  # intents that came to nothing
    submitted_twice: int = 0
    billed_twice: int = 0
    lost: int = 0  # billed answers that the journal lacks
    unanswered: int = 0
    usd_differs: int = 0  # runs whose cost is not the ledger's at half price
    errors: list[str] = field(default_factory=list)


def drill(vendor: str, kills: int, batch: int, rng: random.Random, folder: Path) -> Report:
    """Kill runs of one batch each until there were so many kills, and finish each."""
    report = Report(vendor)
    while report.kills.total() < kills:
        with start_server(None, make_settings(SETTINGS)) as server:
            for _ in range(8):  # one account sees the batches of several runs
                if report.kills.total() < kills:
                    one_run(
                        server, report, batch, min(KILLS_A_RUN, kills - report.kills.total()), rng, folder
                    )
    return report


def one_run(
    server: SimulatedServer, report: Report, batch: int, kills: int, rng: random.Random, folder: Path
) -> None:
    """One run, so many times killed, then brought to its end, and its books compared with the server's."""
    report.runs += 1
    plan = Plan(report.vendor, batch, run_id=f"drill-{report.runs}", first=report.runs * 10_000)
    journal = folder / report.vendor / plan.run_id
    for _ in range(kills):
        phase = rng.choice(SENT if marks(journal)[1] else UNSENT)
        child = fork(lambda: go(journal, server.base_url, plan))
        if kill_in(child, phase, journal, rng):
            report.kills[phase] += 1
        else:
            break  # it came to its end first
    child = fork(lambda: go(journal, server.base_url, plan))
    _, status = os.waitpid(child, 0)
    if status:
        report.errors.append(f"{plan.run_id}: the last process ended with {status}")
    compare(server, report, plan, journal)


def go(journal: Path, url: str, plan: Plan) -> int:
    """What a process does; its exit code."""
    ran = asyncio.run(run_here(journal, url, plan, pace=PACE))
    if ran.session.fatal is not None:
        print(f"{plan.run_id}: {ran.session.fatal}", file=sys.stderr)
    return 0 if ran.session.fatal is None and not ran.left else 1


def fork(work: Callable[[], int]) -> int:
    """A process that does this and nothing else; its id."""
    child = os.fork()
    if child:
        return child
    code = 70
    try:
        code = work()
    finally:
        os._exit(code)


def kill_in(child: int, phase: str, journal: Path, rng: random.Random) -> bool:
    """SIGKILL the process in a phase, at a random instant of it; whether it was alive until then."""
    seen = marks(journal)
    until = time.monotonic() + PATIENCE_S
    while phase != "start" and not reached(phase, seen, marks(journal)):
        done, _ = os.waitpid(child, os.WNOHANG)
        if done:
            return False
        assert time.monotonic() < until, f"no {phase} in {PATIENCE_S:g} s"
        time.sleep(0.001)
    time.sleep(rng.uniform(0.0, SPREAD_S[phase]))
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


def marks(journal: Path) -> tuple[int, int, int]:
    """How many intents and ids the notes have, and how large the journal's files are."""
    notes = journal / NAME
    text = notes.read_bytes() if notes.exists() else b""
    size = sum(path.stat().st_size for path in journal.glob("[0-9]*.jsonl")) if journal.exists() else 0
    return text.count(b'"kind":"intent"'), text.count(b'"kind":"sent"'), size


def reached(phase: str, before: tuple[int, int, int], now: tuple[int, int, int]) -> bool:
    """Whether a process is in that phase."""
    if phase == "submit":  # or what follows a submission that was one all the same
        return now[0] > before[0] or now[1] > 0
    if phase == "poll":
        return True
    return now[2] > before[2] + 1000


def compare(server: SimulatedServer, report: Report, plan: Plan, journal: Path) -> None:
    """Hold the journal against the ledger."""
    ledger = server.ledger()
    calls = {custom_id(plan.run_id, call.call_key): call for call in plan.calls()}
    mine = [row for row in ledger["rows"] if row["custom_id"] in calls and row["outcome"] == "answered"]
    billed = Counter(row["custom_id"] for row in mine)
    report.calls += plan.n
    report.submitted_twice += sum(ledger["accepted"].get(name, 0) > 1 for name in calls)
    report.billed_twice += sum(n > 1 for n in billed.values())
    usd, due = Decimal(0), Decimal(0)
    with read_journal(journal) as state:
        for name, call in calls.items():
            end = state.outcome(call.call_key)
            report.unanswered += end is None or end.status != "answered"
            report.lost += name in billed and (end is None or end.answer is None)
            for attempt in end.attempts if end else ():
                if attempt.usage is not None:
                    usd += price(call, attempt.usage, attempt.started_at, "batch") or Decimal(0)
    for row in mine:
        due += cost_of(row, next(iter(calls.values())))
    report.usd_differs += usd != due
    notes = Notes.read(journal)
    closed = notes.closed - set(notes.ids)
    report.void += len(closed)
    report.adopted += (journal / NAME).read_bytes().count(b'"adopted":true')


def cost_of(row: dict[str, Any], call: Any) -> Decimal:
    """A row of the ledger at half of the realtime price, which is written out here."""
    usd = {"anthropic": (3, 15), "openai": (5, 15), "azure": (5, 15)}[row["vendor"]]
    whole: Decimal = row["input_tokens"] * Decimal(usd[0]) + row["output_tokens"] * Decimal(usd[1])
    return whole / 2 / 1_000_000


def main(words: list[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=200)
    parser.add_argument("--batch", type=int, default=500)
    parser.add_argument("--vendor", action="append", choices=VENDORS)
    parser.add_argument("--seed", type=int, default=14)
    asked = parser.parse_args(words)
    for vendor in VENDORS:  # the SDKs are imported before the first fork
        asyncio.run(_warm(vendor))
    reports = []
    for vendor in asked.vendor or VENDORS:
        with tempfile.TemporaryDirectory(prefix="nightbench-drill-") as folder:
            rng = random.Random(f"{asked.seed} {vendor}")
            began = time.monotonic()
            report = drill(vendor, asked.kills, asked.batch, rng, Path(folder))
            seconds = round(time.monotonic() - began, 1)
            reports.append({**vars(report), "killed": report.kills.total(), "seconds": seconds})
    print(json.dumps(reports, indent=1))
    return 0


async def _warm(vendor: str) -> None:
    await open_batches(endpoint_of(vendor, "http://127.0.0.1:9")).close()


if __name__ == "__main__":
    sys.exit(main())
