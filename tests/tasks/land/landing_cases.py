"""Calls with their outcomes and grades, as a run brings them to its landing; also a program that dies there.

python -m tests.tasks.land.landing_cases WAREHOUSE RUN_ID
"""

import os
import signal
import sys
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from tasks.land.landing import Landed, Landing, commit_landed
from tasks.land.rows import Row
from tasks.model import (
    Attempt,
    Call,
    Grade,
    GraderConfig,
    Judged,
    Outcome,
    Sample,
    Suite,
    Usage,
    hash_uuid,
)
from tasks.predicted import predicted_columns
from tests.tasks import cases
from tests.tasks.cases import GPT
from warehouse.commit import Manifest

STARTED = datetime(2026, 3, 1, 23, 59, 30, tzinfo=UTC)  # the calls are made on the next day

Ended = tuple[Call, Outcome, Sequence[Judged]]


def make_suite(n: int, name: str = "sums") -> Suite:
    """A suite of n sums."""
    samples = tuple(
        Sample(f"s{i}", row={}, input=f"How much is {i} plus 1?", target=str(i + 1), targets=(str(i + 1),))
        for i in range(n)
    )
    graders = (GraderConfig("numeric"),)
    return Suite(name, "1+0a1b2c3d", "", name, None, None, {}, graders, None, samples)


def make_call(suite: Suite, i: int, variant: str = GPT) -> Call:
    """Sample i of the suite, put to a model."""
    content = suite.samples[i].input or ""
    return cases.make_call(
        i,
        call_key=hash_uuid([suite.name, i, variant]),
        request_hash=hash_uuid([variant, content]),
        prompt_hash=hash_uuid(content),
        suite=suite.name,
        suite_version=suite.version,
        sample_id=suite.samples[i].sample_id,
        variant=variant,
        priced_as=GPT,
        params={"temperature": 0.0},
        messages=({"role": "user", "content": content},),
    )


def answered(suite: Suite, i: int, variant: str = GPT) -> Ended:
    """A call that is answered rightly at the first try."""
    call, usage, at = make_call(suite, i, variant), Usage(100 + i, 10), STARTED + timedelta(minutes=1 + i)
    answer = cases.make_answer(str(i + 1), usage)
    attempt = Attempt(call.call_key, 1, at, 0.5, 200, None, "answered", usage)
    outcome = Outcome("answered", at, 0.0, 0.5, answer, None, None, "api.openai.com", (attempt,))
    grade = Grade(score=1.0, passed=True, answer=str(i + 1))
    return call, outcome, [Judged(call, "numeric", "1", is_score=True, grade=grade)]


def failed(suite: Suite, i: int) -> Ended:
    """A call that finally failed: one try was refused, of one nobody saw the end, the last broke off."""
    call, at = make_call(suite, i), STARTED + timedelta(minutes=1 + i)
    attempts = (
        Attempt(call.call_key, 1, at, 0.1, 429, "rate_limited", "failed"),
        Attempt(call.call_key, 2, at + timedelta(seconds=1), None, None, None, "unseen"),
        Attempt(call.call_key, 3, at + timedelta(seconds=2), 600.0, None, "timeout", "failed"),
    )
    last = at + timedelta(seconds=2)
    outcome = Outcome("failed", last, 0.0, 600.0, None, "timeout", "no answer", "api.openai.com", attempts)
    return call, outcome, []


def land_all(landing: Landing, suite: Suite, shards: Iterable[Sequence[Ended]]) -> Landed:
    """Land shard after shard of one suite, and close the files."""
    for shard in shards:
        landing.land(suite, shard)
    return landing.finish()


def run_row(run_id: str, **fields: object) -> Row:
    """The run's own columns, but the counts that the landing knows."""
    return {
        "run_id": run_id,
        "kind": "evaluate",
        "status": "complete",
        "started_at": STARTED,
        "finished_at": STARTED + timedelta(hours=1),
        "spec": '{"suites": ["sums"]}',
        "planned_calls": 4,
        "code_version": "1",
        "flow_run_id": None,
        "trigger": "cli",
        "simulated": False,
        **predicted_columns(None),
        "decisions": None,
        **fields,
    }


def land_run(
    warehouse: Path, run_id: str, suite: Suite, shards: Iterable[Sequence[Ended]], **fields: object
) -> Manifest:
    """Land and commit a run."""
    with Landing(warehouse, run_id, STARTED.date()) as landing:
        landed = land_all(landing, suite, shards)
    return commit_landed(warehouse, run_row(run_id, **fields), landed)


def main(warehouse: str, run_id: str) -> None:
    """Land a shard, and die before the files are closed."""
    suite = make_suite(4)
    with Landing(Path(warehouse), run_id, STARTED.date()) as landing:
        landing.land(suite, [answered(suite, i) for i in range(4)])
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    main(*sys.argv[1:])
