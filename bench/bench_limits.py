"""How much of a limit is used, and how many requests are refused: evidence 1 of the issue "Every call".

The server's buckets hold one second and start full. Workers are processes of one home; each makes the calls
of a run of its own, through the real SDK, journal and limiter, and has more of them than the limit lets
through. The server's own ledger is what is counted. Where aiolimiter is installed, it is measured beside.

    python bench/bench_limits.py [--seconds 60] [--only "requests; tokens, halved"]
"""

import argparse
import asyncio
import os
import platform
import random
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from bench import peer_limits
from tasks.call.course import Lane
from tasks.call.endpoint import resolve_endpoint
from tasks.call.journal import Journal
from tasks.call.journal_reader import read_journal
from tasks.call.providers import open_provider
from tasks.call.session import CallSession
from tasks.call.simulated.process import SimulatedServer, start_server
from tasks.call.simulated.settings import make_settings
from tasks.call.tokens import counter_for
from tasks.home import Home
from tasks.model import Call, hash_uuid
from tasks.progress import Progress, VariantProgress
from tasks.sharing import shared_limits
from tasks.spec import ModelEntry

MODEL = "gpt-4o-2024-05-13"
LATENCY_MS = 300
AFTER_S = 10.0  # what is looked at after the limit was halved
MOST_AT_ONCE = 500  # calls that a worker has waiting


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    name: str
    limits: dict[str, int]
    workers: int = 1
    told: bool = False  # the workers know of no limit until the first header
    halves: bool = False  # the server halves its limit amid the run
    peer: tuple[float, float] | None = None  # aiolimiter's rate, in place of our limiter

    @property
    def kind(self) -> str:
        """What is counted: `requests` or `input_tokens`."""
        return next(iter(self.limits)).removesuffix("_per_minute")

    @property
    def per_minute(self) -> int:
        """The limit."""
        return next(iter(self.limits.values()))


REQUESTS = {"requests_per_minute": 3_000}
TOKENS = {"input_tokens_per_minute": 400_000}
CASES = (
    Case("requests", REQUESTS),
    Case("tokens", TOKENS),
    Case("requests, 4 workers", REQUESTS, workers=4),
    Case("tokens, 4 workers", TOKENS, workers=4),
    Case("requests, learned", REQUESTS, told=True),
    Case("tokens, learned", TOKENS, told=True),
    Case("requests, halved", REQUESTS, halves=True),
    Case("tokens, halved", TOKENS, halves=True),
    Case("requests, 4 workers, halved", REQUESTS, workers=4, halves=True),
    Case("tokens, 4 workers, halved", TOKENS, workers=4, halves=True),
    Case("aiolimiter 3000/60 s", REQUESTS, peer=(3_000, 60)),
    Case("aiolimiter 50/1 s", REQUESTS, peer=(50, 1)),
    Case("aiolimiter 50/1 s, 4 workers", REQUESTS, workers=4, peer=(50, 1)),
)


@dataclass(frozen=True)
class Figures:
    """What the server counted in a span of time."""

    share: float  # of the limit, over the span
    answered: int
    refused: int

    @property
    def refused_share(self) -> float:
        """Of all requests."""
        return self.refused / max(self.answered + self.refused, 1)


def main(words: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--only", default="", help="names of cases, separated by ;")
    parser.add_argument(
        "--worker", nargs=4, metavar=("HOME", "URL", "NUMBER", "CASE"), help=argparse.SUPPRESS
    )
    options = parser.parse_args(words)
    if options.worker:
        home, url, number, case = options.worker
        named = next(found for found in CASES if found.name == case)
        if named.peer is not None:
            calls = list(prompts(int(number), named, options.seconds))
            print("ready", flush=True)
            sys.stdin.read()
            asyncio.run(peer_limits.call_all(url, MODEL, calls, named.peer, options.seconds))
            return
        asyncio.run(work(Home(Path(home)), url, int(number), named, options.seconds))
        return
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}")
    print(
        f"{options.seconds:g} s each, answers after {LATENCY_MS} ms, a server's bucket of 1 s, by its ledger"
    )
    only = {name.strip() for name in options.only.split(";") if name.strip()}
    if unknown := only - {case.name for case in CASES}:
        parser.error(
            f"no such case: {'; '.join(sorted(unknown))}; there are: {'; '.join(c.name for c in CASES)}"
        )
    for case in CASES:
        if only and case.name not in only:
            continue
        if case.peer is not None and not peer_limits.is_installed():
            print(f"{case.name:28} left out: `pip install aiolimiter` for the peer")
        else:
            for line in told(case, measure(case, options.seconds), options.seconds):
                print(line, flush=True)


def told(case: Case, spans: Sequence[Figures], seconds: float) -> Iterator[str]:
    """Lines for a person."""
    names = ["whole"] if len(spans) == 1 else ["before", f"{AFTER_S:g} s after", "then"]
    for name, span in zip(names, spans, strict=True):
        yield (
            f"{case.name:28} {name:10} {span.share:7.2%} of {case.per_minute:,} {case.kind}/min"
            f"{' halved' if name not in {'whole', 'before'} else ''}, {span.answered:5,} answered, "
            f"{span.refused:3} refused ({span.refused_share:.2%})"
        )


def measure(case: Case, seconds: float) -> list[Figures]:
    """Run a case; the figures of the whole, or of before the halving, the 10 s after it, and the rest."""
    settings = make_settings(
        {"latency_ms": LATENCY_MS, "limits": {MODEL: {**case.limits, "burst_s": 1.0}}, "keep_rows": 1_000_000}
    )
    words = [sys.executable, __file__, "--seconds", str(seconds)]
    with tempfile.TemporaryDirectory() as folder, start_server([], settings) as server:
        workers = [
            subprocess.Popen(
                [*words, "--worker", folder, server.base_url, str(n), case.name],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            for n in range(case.workers)
        ]
        for worker in workers:
            assert worker.stdout is not None
            assert worker.stdout.readline().strip() == b"ready"
        changed_at: list[float] = []
        halving = threading.Timer(seconds / 2, halve, args=[server, case, changed_at])
        for worker in workers:
            assert worker.stdin is not None
            worker.stdin.close()  # go
        if case.halves:
            halving.start()
        for worker in workers:
            if worker.wait() != 0:
                raise SystemExit(f"a worker ended with {worker.returncode}")
        rows = server.ledger(1_000_000)["rows"]
    began = min(row["arrived_at"] for row in rows)
    if not case.halves:
        return [figures(rows, case, case.per_minute, began, began + seconds)]
    (at,) = changed_at
    ends = [began, at, at + min(AFTER_S, seconds / 4), began + seconds]
    rates = [case.per_minute, case.per_minute // 2, case.per_minute // 2]
    return [
        figures(rows, case, rate, since, until)
        for rate, since, until in zip(rates, ends, ends[1:], strict=False)
    ]


def halve(server: SimulatedServer, case: Case, changed_at: list[float]) -> None:
    limits = {name: limit // 2 for name, limit in case.limits.items()}
    server.change_limits({MODEL: {**limits, "burst_s": 1.0}})
    changed_at.append(time.time())


def figures(rows: list[dict[str, Any]], case: Case, per_minute: int, since: float, until: float) -> Figures:
    """What of the limit was used of what arrived between two instants."""
    seen = [row for row in rows if since <= row["arrived_at"] < until]
    passed = [row for row in seen if row["status"] == 200 or row["outcome"] == "gone"]
    used = len(passed) if case.kind == "requests" else sum(row["input_tokens"] for row in passed)
    refused = sum(row["outcome"] == "rate_limited" for row in seen)
    return Figures(used / (per_minute * (until - since) / 60), len(passed), refused)


async def work(home: Home, url: str, number: int, case: Case, seconds: float) -> None:
    """One process with a run of its own: calls until the time is over."""
    limits = {} if case.told else dict(case.limits)
    entry = ModelEntry.model_validate(
        {"model": f"simulated/{MODEL}", "base_url": url, "limits": {**limits, "in_flight": 256}}
    )
    calls = list(prompts(number, case, seconds))
    progress = Progress("bench", lambda call, usage, at: Decimal(0))
    progress.variants["bench"] = VariantProgress("bench", len(calls))
    folder = home.journal(f"bench-{number}")
    provider = open_provider(resolve_endpoint(entry, {}))
    with read_journal(folder) as known:
        async with (
            Journal.open(folder, f"bench-{number}") as journal,
            shared_limits(home, progress, []) as shared,
        ):
            lane = Lane(provider, shared.limiter_of(entry, shared=True), tokens=counter_for(entry.model, {}))
            session = CallSession({"bench": lane}, journal, known, progress, max_failed=len(calls))
            print("ready", flush=True)
            sys.stdin.read()
            asyncio.get_running_loop().call_later(seconds + 0.5, session.stop)
            gate = asyncio.Semaphore(MOST_AT_ONCE // 10)

            async def some(part: Sequence[Call]) -> None:
                async with gate:
                    if not session.stopping:
                        await session.run_shard("bench", part)

            await asyncio.gather(*(some(calls[at : at + 10]) for at in range(0, len(calls), 10)))
    await provider.close()


def prompts(number: int, case: Case, seconds: float) -> Iterator[Call]:
    """More calls than the limit lets through: short ones, or of 50 to 8,000 tokens."""
    rng = random.Random(number)
    mean = 1 if case.kind == "requests" else 4_025
    for i in range(int(case.per_minute * seconds / 60 / mean * 1.3) + 40):
        n_tokens = 12 if case.kind == "requests" else rng.randint(50, 8_000)
        yield make_call(f"{number}-{i}", n_tokens)


def make_call(name: str, n_tokens: int) -> Call:
    """A call of about so many tokens."""
    text = f"{name}: " + "word" * (n_tokens - 3)
    key = hash_uuid(["bench", name])
    return Call(
        call_key=key,
        request_hash=key,
        prompt_hash=key,
        suite="bench",
        suite_version="1",
        sample_id=name,
        epoch=1,
        role="answer",
        variant="bench",
        variant_version="0",
        model=f"simulated/{MODEL}",
        priced_as=None,
        params={"max_tokens": 16},
        messages=({"role": "user", "content": text},),
    )


if __name__ == "__main__":
    main()
