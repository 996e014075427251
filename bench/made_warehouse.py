"""A warehouse of many nights, made fast: every night a run of some suites and variants.

The outcomes follow from a pass probability of each sample and variant, so that nights agree as real ones do;
responses are short. Nothing is called, and nothing but `commit_run` writes a manifest.
"""

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from warehouse.commit import commit_run
from warehouse.durable import DataFile
from warehouse.files import write_shared
from warehouse.schema import TABLES

FIRST = datetime(2026, 1, 1, 2, 0, tzinfo=UTC)
ROW_GROUP_ROWS = 65_536
MODELS = ("anthropic/claude-3-5-sonnet-20240620", "openai/gpt-4o-2024-05-13", "openai/gpt-4o-mini-2024-07-18")
Values = Mapping[str, Any]
Accuracy = Callable[[int, int, int], float]  # of night, suite, variant: what is added to every probability


@dataclass(frozen=True)
class Shape:
    """How large: calls = nights x suites x variants x samples."""

    nights: int
    suites: int
    variants: int
    samples: int
    clusters_of: int = 1  # samples a cluster

    @property
    def calls(self) -> int:
        """Of all nights."""
        return self.nights * self.suites * self.variants * self.samples


def make_warehouse(
    warehouse: Path, shape: Shape, *, seed: int = 0, shift: Accuracy | None = None
) -> Iterator[str]:
    """Write and commit night after night; yields each run's id. The catalog is not rewritten.

    `shift` is added to the pass probabilities of a night, suite and variant.
    """
    random = np.random.default_rng(seed)
    shared = [_samples(warehouse, f"suite_{s:02}", shape) for s in range(shape.suites)]
    # most samples are near 0 or 1, as at temperature 0
    chance = random.beta(0.6, 0.25, (shape.suites, shape.variants, shape.samples))
    for night in range(shape.nights):
        started = FIRST + timedelta(days=night)
        run_id = f"night-{night:05}"
        parts: dict[str, list[pa.Table]] = {"calls": [], "attempts": [], "grades": []}
        for s in range(shape.suites):
            for v in range(shape.variants):
                moved = chance[s, v] + (shift(night, s, v) if shift else 0.0)
                for table, rows in _block(run_id, started, f"suite_{s:02}", v, moved, random).items():
                    parts[table].append(rows)
        n_calls = shape.suites * shape.variants * shape.samples
        own = _table("runs", 1, _run(run_id, started, n_calls, shape))
        files = [_write(warehouse, run_id, started, "runs", own)]
        files += [
            _write(warehouse, run_id, started, name, pa.concat_tables(rows)) for name, rows in parts.items()
        ]
        commit_run(
            warehouse,
            run_id=run_id,
            kind="evaluate",
            status="complete",
            run_date=started.date(),
            files=[*files, *shared],
            committed_at=started + timedelta(hours=1),
        )
        yield run_id


def _samples(warehouse: Path, suite: str, shape: Shape) -> DataFile:
    rows = [
        {
            "suite": suite,
            "suite_version": "1+0a1b2c3d",
            "sample_id": f"{suite}/{i}",
            "input": f"Question {i}",
            "target": "4",
            "targets": None,
            "category": f"category {i % 5}",
            "cluster": f"{i // shape.clusters_of}" if shape.clusters_of > 1 else None,
            "scored": True,
            "metadata": None,
        }
        for i in range(shape.samples)
    ]
    return write_shared(warehouse, "samples", rows)


def _block(
    run_id: str, started: datetime, suite: str, v: int, chance: np.ndarray, random: np.random.Generator
) -> dict[str, pa.Table]:
    """The rows of one suite and variant of a night."""
    n = len(chance)
    model = MODELS[v % len(MODELS)]
    stored = pa.FixedSizeBinaryArray.from_buffers(
        pa.binary(16), n, [None, pa.py_buffer(random.bytes(16 * n))]
    )
    keys = pa.ExtensionArray.from_storage(pa.uuid(), stored)
    passed = random.random(n) < chance
    ids = pa.array([f"{suite}/{i}" for i in range(n)])
    at = pa.array(
        np.datetime64(started.replace(tzinfo=None), "us") + np.arange(n) * 50_000, pa.timestamp("us")
    )
    at = at.cast(pa.timestamp("us", tz="UTC"))
    tokens: Values = {
        "input_tokens": pa.array(random.integers(80, 400, n)),
        "cached_input_tokens": 0,
        "cache_write_tokens": 0,
        "cache_write_1h_tokens": 0,
        "output_tokens": pa.array(random.integers(20, 300, n)),
        "tokens_estimated": False,
    }
    own: Values = {
        "run_id": run_id,
        "call_key": keys,
        "suite": suite,
        "suite_version": "1+0a1b2c3d",
        "sample_id": ids,
        "epoch": 1,
        "variant": f"variant {v}",
        "model": model,
        "variant_version": f"{v:08x}",
        "simulated": False,
    }
    latency = pa.array(random.lognormal(0, 0.5, n))
    return {
        "calls": _table(
            "calls",
            n,
            {
                **own,
                **tokens,
                "request_hash": keys,
                "prompt_hash": keys,
                "role": "answer",
                "provider": model.split("/")[0],
                "endpoint": "127.0.0.1",
                "params": '{"temperature":0.0}',
                "served_model": model.split("/")[1],
                "mode": "realtime",
                "started_at": at,
                "queued_s": 0.0,
                "latency_s": latency,
                "attempts": 1,
                "status": "answered",
                "stop_reason": "stop",
                "response": pa.array([f"The answer is {i}." for i in range(n)]),
                "priced_as": model,
            },
        ),
        "attempts": _table(
            "attempts",
            n,
            {
                "run_id": run_id,
                "call_key": keys,
                "n": 1,
                "started_at": at,
                "latency_s": latency,
                "http_status": 200,
                "outcome": "answered",
                "for_suite": suite,
                "for_variant": f"variant {v}",
                "for_model": model,
                **tokens,
            },
        ),
        "grades": _table(
            "grades",
            n,
            {
                **own,
                "grading_id": run_id,
                "graded_at": started + timedelta(hours=1),
                "grader": "numeric",
                "grader_version": "1",
                "is_score": True,
                "score": pa.array(passed.astype(float)),
                "passed": pa.array(passed),
                "reason": pa.array(["wrong" if not ok else None for ok in passed], pa.string()),
                "answer": "4",
            },
        ),
    }


def _run(run_id: str, started: datetime, n_calls: int, shape: Shape) -> Values:
    return {
        "run_id": run_id,
        "kind": "evaluate",
        "status": "complete",
        "started_at": started,
        "finished_at": started + timedelta(hours=1),
        "spec": json.dumps({"suites": [f"suite_{s:02}" for s in range(shape.suites)], "limit": None}),
        "planned_calls": n_calls,
        "answered_calls": n_calls,
        "failed_calls": 0,
        "trigger": "schedule",
        "simulated": False,
    }


def _table(name: str, n: int, values: Values) -> pa.Table:
    """Columns of a table: an array as it is, a single value n times, NULL where there is none."""
    arrays = []
    for field in TABLES[name]:
        value = values.get(field.name)
        if not isinstance(value, pa.Array | pa.ChunkedArray):
            plain = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
            value = pa.nulls(n, plain) if value is None else pa.repeat(pa.scalar(value, plain), n)
        if value.type != field.type:
            encode = pa.types.is_dictionary(field.type)
            value = value.dictionary_encode() if encode else value.cast(field.type)
        arrays.append(value)
    return pa.Table.from_arrays(arrays, schema=TABLES[name])


def _write(warehouse: Path, run_id: str, started: datetime, name: str, rows: pa.Table) -> DataFile:
    folder = warehouse / name / f"run_date={started.date()}" / f"run_id={run_id}"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "0-0000.parquet"
    pq.write_table(rows.unify_dictionaries(), path, compression="zstd", row_group_size=ROW_GROUP_ROWS)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return DataFile(name, path.relative_to(warehouse).as_posix(), rows.num_rows, digest, path.stat().st_size)
