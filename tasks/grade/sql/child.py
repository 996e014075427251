"""The process in which queries run: warm, bounded, and killed from outside when one takes too long.

In:  a line of JSON for each answer: see `Job`.
Out: for each a line {"ready": true} once the right results are there, then
     {"passed": bool, "why": text}, or {"failed": text}: the query is refused or fails ("timeout" where a
     server says so itself), or
     {"unjudged": text}: the query cannot be run here, or {"broken": text}: a right query cannot.
"""

import json
import os
import re
import resource
import sys
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

from tasks.grade.sql.dialect import Dialect
from tasks.grade.sql.duck import DuckDB
from tasks.grade.sql.engine import CannotRunError, Engine, QueryError, TimedOutError
from tasks.grade.sql.lite import SQLite
from tasks.grade.sql.order import with_keys
from tasks.grade.sql.postgres import Postgres
from tasks.grade.sql.rows import Result, Rules, difference

MAX_FILE_BYTES = 0
CLOCKS = re.compile(r"(?i)now|current|today|date\s*\(|time|random|uuid|\bage\b")  # rather one too many
MEMORY_BYTES = 1 << 30  # beside what the process holds when it starts


@dataclass(frozen=True)
class Job:
    """One answer to be judged, or only the right queries to be tried where `answer` is None."""

    script: str
    script_dialect: Dialect
    right: tuple[str, ...]
    right_dialect: Dialect
    answer: str | None
    dialect: Dialect
    now: str
    rules: Rules
    max_rows: int
    timeout_s: float
    server: str  # a PostgreSQL; empty: DuckDB runs its queries


def main() -> None:
    """Judge what comes in until nothing comes."""
    out = os.fdopen(os.dup(1), "wb")
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 1)
    bound_memory()

    def say(**words: Any) -> None:
        out.write(json.dumps(words).encode() + b"\n")
        out.flush()

    say(started=True)
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        job = Job(
            **{
                **asked,
                "right": tuple(asked["right"]),
                "rules": Rules(**asked["rules"]),
            }
        )
        bound_time(job.timeout_s)
        try:
            wanted = right_results(job)
        except (QueryError, CannotRunError, MemoryError) as error:
            say(ready=True)
            say(broken=str(error) or "out of memory")
            continue
        bound_time(job.timeout_s)
        say(ready=True)
        say(**judged(job, wanted))


def bound_memory() -> None:
    """No file grows, and no more memory than a query may need."""
    held = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (held + MEMORY_BYTES, held + MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (MAX_FILE_BYTES, MAX_FILE_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def bound_time(seconds: float) -> None:
    """So much more of the processor."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (int(usage.ru_utime + usage.ru_stime + seconds) + 2, hard))


def judged(job: Job, wanted: tuple[Result, ...]) -> dict[str, Any]:
    """What there is to say of an answer."""
    if job.answer is None:
        return {"passed": True, "why": ""}
    try:
        engine = engine_of(job.script, job.script_dialect, job.dialect, job.now, job.server, job.timeout_s)
        found = engine.fetch(job.answer, max(len(result.rows) for result in wanted) + 1)
        got = Result(found.names, found.rows)
        differences = [difference(result, got, job.rules) for result in wanted]
    except QueryError as error:
        return {"failed": str(error), "timeout": isinstance(error, TimedOutError)}
    except CannotRunError as error:
        return {"unjudged": str(error)}
    except (MemoryError, RecursionError):
        return {"failed": "it needs more memory than there is"}
    told = [why for why in differences if why is not None]
    passed = len(told) < len(differences)
    return {"passed": passed, "why": "the rows are the same" if passed else told[0]}


@lru_cache(maxsize=16)
def engine_of(
    script: str, script_dialect: Dialect, dialect: Dialect, now: str, server: str, timeout_s: float
) -> Engine:
    """The engine that runs queries of a dialect over a schema."""
    moment = datetime.fromisoformat(now) if now else None
    if dialect == "sqlite":
        return SQLite(script, script_dialect, moment)
    if dialect == "postgres" and server:
        return Postgres(server, script, script_dialect, moment, timeout_s)
    return DuckDB(script, script_dialect, dialect, moment)


_known: dict[Job, tuple[Result, ...]] = {}


def right_results(job: Job) -> tuple[Result, ...]:
    """What the right queries return; remembered where no clock and no dice are asked.

    Raises: QueryError, CannotRunError: one of them cannot be run, or returns too much.
    """
    asked = replace(job, answer=None)
    steady = bool(job.now) or not CLOCKS.search(" ".join((job.script, *job.right)))
    if steady and asked in _known:
        return _known[asked]
    ordered, max_rows = job.rules.ordered, job.max_rows
    engine = engine_of(job.script, job.script_dialect, job.right_dialect, job.now, job.server, job.timeout_s)
    results = []
    for query in job.right:
        keyed, keys = with_keys(query, job.right_dialect) if ordered else (query, None)
        found = engine.fetch(query, max_rows + 1)
        if len(found.rows) > max_rows:
            raise QueryError(f"a right query returns more than {max_rows:,} rows")
        rows = found.rows
        if keys is not None:
            rows, keys = _with_keys(engine, keyed, keys, found.names, rows, max_rows)
        results.append(Result(found.names, rows, keys))
    if steady:
        while len(_known) >= 1_000:
            _known.pop(next(iter(_known)))
        _known[asked] = tuple(results)
    return tuple(results)


def _with_keys(
    engine: Engine, keyed: str, keys: tuple[int, ...], names: tuple[str, ...], rows: Any, max_rows: int
) -> tuple[Any, tuple[int, ...] | None]:
    """The rows with the keys of their order behind them; without, where those cannot be had."""
    try:
        found = engine.fetch(keyed, max_rows)
    except (QueryError, CannotRunError):
        return rows, None
    if [row[: len(names)] for row in found.rows] != list(rows):
        return rows, None
    return found.rows, keys
