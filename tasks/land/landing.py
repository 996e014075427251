"""Writes what a run produced into its files, shard by shard, and commits it whole."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from types import TracebackType
from typing import Self

from tasks.land.rows import (
    Row,
    attempt_row,
    call_row,
    grade_row,
    metric_rows,
    pair_row,
    prompt_row,
    sample_rows,
)
from tasks.model import Attempt, Call, Judged, Outcome, PairVerdict, Suite
from warehouse.catalog import rewrite_catalog
from warehouse.commit import Manifest, commit_run
from warehouse.files import DataFile, TableWriter, remove_leftovers, write_shared


@dataclass(frozen=True)
class Landed:
    """What was written for a run, before its commit."""

    files: tuple[DataFile, ...]
    answered: int
    failed: int


class Landing:
    """Collects the rows of one run into Parquet files; nothing is visible before `commit_landed`.

    For the holder of the run's lock: nobody else lands this run.
    """

    def __init__(
        self, warehouse: Path, run_id: str, run_date: date, graded_at: datetime | None = None
    ) -> None:
        self._warehouse = warehouse
        self._run_id = run_id
        self._run_date = run_date
        self._stack = ExitStack()
        self._writers: dict[str, TableWriter] = {}
        self._prompts: dict[str, dict[bytes, Row]] = {}
        self._suites: dict[str, Suite] = {}
        self._graded_at = graded_at or datetime.now(UTC)
        self.answered = 0
        self.failed = 0

    def __enter__(self) -> Self:
        """Open a file a table. What an earlier process of this run left half written is removed."""
        remove_leftovers(self._warehouse, self._run_date, self._run_id)
        for table in ("calls", "attempts", "grades", "metrics", "pairs"):
            writer = TableWriter(self._warehouse, table, self._run_date, self._run_id, part="0")
            self._writers[table] = self._stack.enter_context(writer)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Throw away what was not closed by `finish`."""
        self._stack.__exit__(kind, error, trace)

    def land(
        self,
        suite: Suite,
        graded: Sequence[tuple[Call, Outcome, Sequence[Judged]]],
        tried: Sequence[tuple[Call, Attempt]] = (),
        measured: Sequence[tuple[Call, Mapping[str, float]]] = (),
    ) -> None:
        """Write the rows of one shard.

        `tried` are attempts of calls that came to no end, `measured` figures of answers that are no score.
        """
        self._suites[suite.name] = suite
        prompts = self._prompts.setdefault(suite.name, {})
        for call, outcome, _ in graded:
            self.answered += outcome.status == "answered"
            self.failed += outcome.status == "failed"
            if call.prompt_hash.bytes not in prompts:
                prompts[call.prompt_hash.bytes] = prompt_row(call, sealed=suite.sealed)
        self._writers["calls"].write(
            [call_row(self._run_id, call, outcome, sealed=suite.sealed) for call, outcome, _ in graded]
        )
        ended = ((call, attempt) for call, outcome, _ in graded for attempt in outcome.attempts)
        self._writers["attempts"].write(
            [attempt_row(self._run_id, call, attempt) for call, attempt in (*ended, *tried)]
        )
        self._writers["grades"].write(
            [
                grade_row(self._run_id, self._graded_at, judged, sealed=suite.sealed)
                for _, _, grades in graded
                for judged in grades
            ]
        )

        self._writers["metrics"].write(
            [row for call, figures in measured for row in metric_rows(self._run_id, call, figures)]
        )

    def write_grades(self, rows: Sequence[Row]) -> None:
        """Write grades that are rows already."""
        self._writers["grades"].write(rows)

    def land_verdicts(
        self,
        suite: Suite,
        grades: Sequence[Judged],
        verdicts: Sequence[PairVerdict],
        *,
        run_id: str | None = None,
    ) -> None:
        """Write what judges said of answers, which are landed elsewhere, and of pairs of them.

        `run_id` is the run that the answers are of, where it is another: this one graded them.
        """
        of, at, by = run_id or self._run_id, self._graded_at, self._run_id
        self._writers["grades"].write(
            [grade_row(of, at, judged, sealed=suite.sealed, grading_id=by) for judged in grades]
        )
        self._writers["pairs"].write(
            [pair_row(of, at, verdict, sealed=suite.sealed, grading_id=by) for verdict in verdicts]
        )

    def finish(self) -> Landed:
        """Close the files and write the suites' samples and prompts beside them."""
        files = [file for writer in self._writers.values() if (file := writer.close()) is not None]
        for name, suite in sorted(self._suites.items()):
            if suite.samples:  # of answers that are landed elsewhere they are there
                files.append(write_shared(self._warehouse, "samples", list(sample_rows(suite))))
            prompts = self._prompts[name]
            if prompts:
                rows = [prompts[key] for key in sorted(prompts)]
                files.append(write_shared(self._warehouse, "prompts", rows))
        # two suites that ask the very same prompts share a file
        return Landed(tuple(dict.fromkeys(files)), self.answered, self.failed)


def write_run_row(warehouse: Path, run: Row, landed: Landed) -> DataFile:
    """Write the file of the run's own row, with the counts of what was landed."""
    started_at = run["started_at"]
    assert isinstance(started_at, datetime)
    row = {**run, "answered_calls": landed.answered, "failed_calls": landed.failed}
    with TableWriter(warehouse, "runs", started_at.date(), str(run["run_id"]), part="0") as writer:
        writer.write([row])
        own = writer.close()
    assert own is not None
    return own


def commit_landed(warehouse: Path, run: Row, landed: Landed) -> Manifest:
    """Write the run's own row, make the run appear, and rewrite the catalog.

    `run` holds the columns of the table `runs` but the counts, which `landed` knows.
    """
    started_at, finished_at, run_id = run["started_at"], run["finished_at"], str(run["run_id"])
    assert isinstance(started_at, datetime)
    assert isinstance(finished_at, datetime)
    own = write_run_row(warehouse, run, landed)
    manifest = commit_run(
        warehouse,
        run_id=run_id,
        kind=str(run["kind"]),
        status=str(run["status"]),
        run_date=started_at.date(),
        files=[own, *landed.files],
        committed_at=finished_at,  # so that a lost row of `runs` can be written again to the last bit
    )
    rewrite_catalog(warehouse)
    return manifest
