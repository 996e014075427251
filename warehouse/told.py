"""What a manifest repeats of the rows that it commits: read from their columns, not asked of the writer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.durable import DataFile


@dataclass(frozen=True)
class Told:
    """What the rows of a run say that its manifest repeats."""

    priced_as: tuple[str, ...]
    graded_runs: tuple[str, ...]  # other runs whose calls were graded
    graded_at: datetime | None  # None: no grade, or of several instants
    code_version: str | None
    flow_run_id: str | None


def read_told(warehouse: Path, run_id: str, files: Sequence[DataFile]) -> Told:
    """Read the few columns that tell it, batch by batch."""
    priced = _distinct(warehouse, files, ("calls",), "priced_as")
    graded = _distinct(warehouse, files, ("grades", "pairs"), "run_id")
    instants = _distinct(warehouse, files, ("grades", "pairs"), "graded_at")
    return Told(
        priced_as=tuple(sorted(model for model in priced if model is not None)),
        graded_runs=tuple(sorted(graded - {run_id, None})),
        graded_at=_one(instants),
        code_version=_one(_distinct(warehouse, files, ("runs",), "code_version")),
        flow_run_id=_one(_distinct(warehouse, files, ("runs",), "flow_run_id")),
    )


def _one(values: set[Any]) -> Any:
    return next(iter(values)) if len(values) == 1 else None


def _distinct(warehouse: Path, files: Sequence[DataFile], tables: Sequence[str], column: str) -> set[Any]:
    import pyarrow.parquet as pq  # a fifth of a second that readers of manifests do not need

    found: set[Any] = set()
    for file in files:
        if file.table in tables:
            with pq.ParquetFile(warehouse / file.path) as parquet:
                for batch in parquet.iter_batches(columns=[column]):
                    found.update(batch.column(0).unique().to_pylist())
    return found
