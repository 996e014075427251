"""A small run, landed and committed as the flow would; also a program, for tests with several processes.

python -m tests.warehouse.sample_run WAREHOUSE RUN_ID COMMITS
"""

import sys
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid5

from warehouse.catalog import rewrite_catalog
from warehouse.columns import COLUMNS
from warehouse.commit import Manifest, commit_run
from warehouse.compaction.compacting import Compacted, compact
from warehouse.files import DataFile, TableWriter, write_shared

STARTED = datetime(2026, 3, 1, 22, 30, tzinfo=UTC)  # in Sydney it is the day after
GPT = "openai/gpt-4o-2024-05-13"
SUITE = {"suite": "sums", "suite_version": "1+0a1b2c3d"}
SPACE = UUID(int=0)

DEFAULTS: Mapping[str, Mapping[str, object]] = {
    "runs": {
        "kind": "evaluate",
        "status": "complete",
        "started_at": STARTED,
        "spec": '{"suites": ["sums"], "limit": null}',
        "trigger": "cli",
        "simulated": False,
    },
    "samples": {**SUITE, "scored": True},
    "prompts": {},
    "calls": {
        **SUITE,
        "epoch": 1,
        "role": "answer",
        "variant": "a",
        "provider": "openai",
        "model": GPT,
        "mode": "realtime",
        "started_at": STARTED,
        "latency_s": 1.0,
        "attempts": 1,
        "status": "answered",
        "response": "4",
        "input_tokens": 100,
        "output_tokens": 10,
        "variant_version": "11111111",
        "simulated": False,
        "priced_as": GPT,
    },
    "attempts": {"n": 1, "started_at": STARTED, "outcome": "answered"},
    "grades": {
        **SUITE,
        "graded_at": STARTED,
        "epoch": 1,
        "variant": "a",
        "model": GPT,
        "grader": "numeric",
        "grader_version": "1",
        "is_score": True,
        "simulated": False,
    },
    "pairs": {
        **SUITE,
        "run_id": "r1",
        "grading_id": "r1",
        "graded_at": STARTED,
        "epoch": 1,
        "variant_a": "a",
        "variant_b": "b",
        "swapped": False,
        "simulated": False,
    },
    "calibrations": {"run_id": "c1", "judge": "openai/j", "labels_hash": "h"},
}


def row(table: str, **values: object) -> dict[str, object]:
    """A row of a table: what is given, else what a plain run has, else NULL."""
    unknown = values.keys() - COLUMNS[table].keys()
    assert not unknown, f"{table} has no {unknown}"
    return dict.fromkeys(COLUMNS[table]) | dict(DEFAULTS[table]) | values


def key(*words: object) -> UUID:
    """A call key made of words."""
    return uuid5(SPACE, " ".join(map(str, words)))


def land(
    warehouse: Path,
    run_id: str,
    *,
    n: int = 4,
    right: int = 3,
    model: str = GPT,
    started_at: datetime = STARTED,
    suite_size: int = 4,
    **run: object,
) -> Manifest:
    """Write a run of `n` calls, the first `right` of them passed, and commit it."""
    ids = [f"s{i}" for i in range(n)]
    day = started_at.date()
    simulated = model.startswith("simulated/")
    calls = [
        row("calls", run_id=run_id, call_key=key(run_id, i), sample_id=i, started_at=started_at)
        | {"model": model, "variant": model, "simulated": simulated, "prompt_hash": key("prompt", i)}
        for i in ids
    ]
    attempts = [row("attempts", run_id=run_id, call_key=call["call_key"]) for call in calls]
    grades = [
        row(
            "grades", run_id=run_id, grading_id=run_id, call_key=call["call_key"], sample_id=call["sample_id"]
        )
        | {"model": model, "variant": model, "simulated": simulated}
        | {"passed": i < right, "score": float(i < right), "reason": None if i < right else "wrong"}
        for i, call in enumerate(calls)
    ]
    runs = [row("runs", run_id=run_id, started_at=started_at, simulated=simulated) | run]
    runs[0] |= {"finished_at": started_at + timedelta(minutes=1), "planned_calls": n, "answered_calls": n}
    files: list[DataFile] = []
    tables = (("runs", runs), ("calls", calls), ("attempts", attempts), ("grades", grades))
    for table, rows in tables:
        with TableWriter(warehouse, table, day, run_id, "0") as writer:
            writer.write(rows)
            if (file := writer.close()) is not None:
                files.append(file)
    samples = [row("samples", sample_id=f"s{i}", target="4") for i in range(suite_size)]
    prompts = [row("prompts", prompt_hash=key("prompt", i), messages="[]") for i in ids]
    files += [write_shared(warehouse, "samples", samples), write_shared(warehouse, "prompts", prompts)]
    return commit_run(
        warehouse,
        run_id=run_id,
        kind=str(runs[0]["kind"]),
        status=str(runs[0]["status"]),
        run_date=day,
        files=files,
    )


def merge_all(
    warehouse: Path,
    *,
    later: timedelta = timedelta(0),
    grace: timedelta = timedelta(days=1),
    live: Collection[str] = (),
) -> Compacted:
    """Compact what landed, as if it were so much later than now; runs in `live` are being worked on."""

    @contextmanager
    def alone(run_id: str) -> Iterator[bool]:
        yield True

    return compact(
        warehouse,
        months=None,
        grace=grace,
        is_live=lambda run_id: run_id in live,
        alone=alone,
        clock=lambda: datetime.now(UTC) + later,
    )


def main(warehouse: str, run_id: str, commits: str) -> None:
    """Commit a growing run again and again, as one that is resumed."""
    for i in range(int(commits)):
        land(Path(warehouse), run_id, n=i + 1, right=1, status="partial", suite_size=int(commits))
        rewrite_catalog(Path(warehouse))


if __name__ == "__main__":
    main(*sys.argv[1:])
