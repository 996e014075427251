"""The rows that a run's published numbers rest on, as JSON lines, and back into tables of their own.

A bundle carries rows and never SQL. What comes back was written by somebody else: every value is held against
the kind of its column (columns.py) before anything is made of it.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from warehouse.catalog import rewrite_catalog
from warehouse.columns import COLUMNS, Kind
from warehouse.commit import NAME as MANIFEST_NAME
from warehouse.commit import commit_run
from warehouse.errors import NightbenchError
from warehouse.files import DataFile, TableWriter, write_shared
from warehouse.pricelist import Price
from warehouse.query import plain

Row = dict[str, Any]
AT_ONCE = 2_000  # rows in memory
TABLES = ("runs", "samples", "prompts", "calls", "attempts", "grades", "pairs", "calibrations", "prices")
OWNER = {"grades": "grading_id", "pairs": "grading_id"}  # whose files a row lies in; else its run_id
NUMBERS = (  # of leaderboard_all: what is claimed, and found again or not
    *("n", "n_failed", "n_refused", "n_cut", "n_ungraded", "accuracy", "ci_low", "ci_high", "mean_score"),
    *("usd", "usd_priced", "n_unpriced", "usd_per_correct", "input_tokens", "output_tokens"),
    *("latency_p50", "latency_p95", "judge_accuracy", "accuracy_corrected", "corrected_low"),
    "corrected_high",
)
OF_GRADES = frozenset(NUMBERS[2:9]) | {"n", "usd_per_correct", *NUMBERS[-3:]}  # follow from grades too
USD = re.compile(r"-?[0-9]{1,14}(\.[0-9]{1,12})?\Z")

GRADED_BY = """
select $run as run_id
union select grading_id from grades where run_id = $run
union select grading_id from pairs where run_id = $run
"""
CALIBRATED_BY = """
select run_id from judge_reliability
where judge in (select distinct model from calls where role = 'judge' and run_id in (select unnest($own)))
"""
OWN_CALLS = "(run_id = $run or (role = 'judge' and run_id in (select unnest($own))))"
QUERIES = {  # $run is the run; $own it and those that graded it again; $runs these and their calibrations
    "runs": "select * from runs where run_id in (select unnest($runs)) order by run_id",
    "samples": """
select * from samples
where (suite, suite_version) in (select (suite, suite_version) from calls where run_id = $run)
order by suite, suite_version, sample_id
""",
    "prompts": f"""
select * from prompts where prompt_hash in (select prompt_hash from calls where {OWN_CALLS})
order by prompt_hash
""",
    "calls": f"select * from calls where {OWN_CALLS} order by run_id, call_key",
    "attempts": f"""
select * from attempts where (run_id, call_key) in (select (run_id, call_key) from calls where {OWN_CALLS})
order by run_id, call_key, n
""",
    "grades": "select * from grades where run_id = $run order by run_id, call_key, grader, grading_id",
    "pairs": """
select * from pairs where run_id = $run
order by sample_id, call_key_a, call_key_b, swapped, judge_call_key, grading_id
""",
    "calibrations": """
select * from calibrations where run_id in (select unnest($runs))
order by run_id, judge, labels_hash, measure
""",
    "prices": f"""
select * from prices where model in (select priced_as from calls where {OWN_CALLS})
order by model, mode, token_kind, from_input_tokens, valid_from
""",
}
CLAIMS = "select * from leaderboard_all where run_id = ? order by suite, suite_version, variant"


JUDGED = """
select grades.*, asked.response, asked.stop_reason, asked.error_kind, asked.error,
    judges.status as judge_status, judges.response as judge_response, judges.stop_reason as judge_stop_reason,
    judges.error_kind as judge_error_kind, judges.error as judge_error
from latest_grades as grades
inner join calls as asked
    on asked.run_id = grades.run_id
    and asked.call_key = grades.call_key
left join calls as judges
    on judges.run_id = grades.grading_id
    and judges.call_key = grades.judge_call_key
where grades.run_id = $run and grades.suite = $suite and grades.suite_version = $version
    and (grades.grader = $grader or starts_with(grades.grader, $grader || '.')
        or starts_with(grades.grader, $grader || '@'))
order by grades.call_key, grades.grader
"""
STORED = """
select call_key, grader, passed, score, grader_version, reason
from latest_grades
where run_id = $run and suite = $suite and suite_version = $version
"""


class BundledError(NightbenchError):
    """What a bundle holds is no row of its table; nothing was made of it."""


@dataclass(frozen=True)
class Resting:
    """A run and what its numbers rest on."""

    run: str
    own: tuple[str, ...]  # the run itself and those that graded it again
    runs: tuple[str, ...]  # these, and the calibrations of their judges


def resting_on(connection: duckdb.DuckDBPyConnection, run_id: str) -> Resting:
    """Which runs a run's numbers rest on."""
    own = [run for (run,) in connection.execute(GRADED_BY, {"run": run_id}).fetchall()]
    calibrated = [run for (run,) in connection.execute(CALIBRATED_BY, {"own": own}).fetchall()]
    return Resting(run_id, tuple(sorted(own)), tuple(sorted({*own, *calibrated})))


def rows_of(connection: duckdb.DuckDBPyConnection, table: str, resting: Resting) -> Iterator[Row]:
    """The rows of a table that the run rests on, in an order that follows from them."""
    sql = QUERIES[table]
    known = {"run": resting.run, "own": list(resting.own), "runs": list(resting.runs)}
    named = {name: value for name, value in known.items() if re.search(rf"\${name}\b", sql)}
    yield from _rows(connection.cursor().execute(sql, named))


def claims_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> list[Row]:
    """The run's results by suite and variant, as the leaderboards have them."""
    return list(_rows(connection.cursor().execute(CLAIMS, [run_id])))


def asked_of(connection: duckdb.DuckDBPyConnection, run_id: str) -> dict[tuple[str, str], list[str]]:
    """The samples that a run asked, by suite and version, sorted."""
    sql = "select distinct suite, suite_version, sample_id from calls where run_id = ? and role = 'answer'"
    found: dict[tuple[str, str], list[str]] = {}
    for suite, version, sample_id in sorted(connection.execute(sql, [run_id]).fetchall()):
        found.setdefault((suite, version), []).append(sample_id)
    return found


def sample_of(connection: duckdb.DuckDBPyConnection, suite: str, version: str) -> tuple[Any, ...] | None:
    """One sample of a suite version with a text, as the table has it; None where there is none."""
    return connection.execute(
        "select sample_id, input, target, targets, category, cluster, scored, metadata from samples "
        "where suite = ? and suite_version = ? and (input is not null or target is not null) "
        "order by sample_id limit 1",
        [suite, version],
    ).fetchone()


def judged_of(
    connection: duckdb.DuckDBPyConnection, run_id: str, suite: str, version: str, grader: str
) -> Iterator[Row]:
    """A judge's grades of a run's answers, each with the answer and with what the judge wrote."""
    named = {"run": run_id, "suite": suite, "version": version, "grader": grader}
    yield from _rows(connection.cursor().execute(JUDGED, named))


def stored_grades(
    connection: duckdb.DuckDBPyConnection, run_id: str, suite: str, version: str
) -> dict[tuple[UUID, str], Row]:
    """The newest grade of each grader on each answer to a suite."""
    found = connection.cursor().execute(STORED, {"run": run_id, "suite": suite, "version": version})
    return {(row["call_key"], row["grader"]): row for row in _rows(found)}


def _rows(found: duckdb.DuckDBPyConnection) -> Iterator[Row]:
    names = [column[0] for column in found.description]
    while rows := found.fetchmany(AT_ONCE):
        yield from (dict(zip(names, row, strict=True)) for row in rows)


def to_line(row: Mapping[str, Any]) -> bytes:
    """A row as one line of JSON."""
    values = {name: plain(value) for name, value in row.items()}
    return json.dumps(values, ensure_ascii=True, separators=(",", ":")).encode() + b"\n"


def read_line(table: str, line: bytes, place: str) -> Row:
    """The row of a line.

    Raises: BundledError: it is not JSON, has other columns, or a value is not of its column's kind.
    """
    kinds = COLUMNS[table]
    try:
        found = json.loads(line)
        if not isinstance(found, dict):
            raise ValueError("it is no object")
        unknown = found.keys() ^ kinds.keys()
        if unknown:
            raise ValueError(f"it has other columns than {table}: {sorted(map(str, unknown))[0]!r:.60}")
        return {name: _value(kind, found[name], name) for name, kind in kinds.items()}
    except (ValueError, TypeError, OverflowError, RecursionError) as error:
        raise BundledError(
            f"{place}: is no row of {table}: {error}. Nothing was taken from it. Ask its author for another."
        ) from error


def land_rows(
    warehouse: Path, tables: Mapping[str, Callable[[], Iterable[Row]]], prices: Iterable[Row] | None = None
) -> None:
    """Make a warehouse of the rows in an empty folder. `prices` are in force in it; None: our own are.

    Raises: BundledError: a row is of a run that is not among them.
    Raises: WarehouseError: the disk refuses, or the rows cannot be summed up.
    """
    runs: dict[str, Row] = {}
    for row in tables["runs"]():
        if not MANIFEST_NAME.match(f"{row['run_id']}.000001.json") or row["started_at"] is None:
            raise BundledError(
                f"runs: {row['run_id']!r:.60} is no run id, or has no start. Nothing was made."
            )
        runs[str(row["run_id"])] = row
    files: dict[str, list[DataFile]] = {run_id: [] for run_id in runs}
    for table in (*TABLES[3:-1], "runs"):
        for run_id, file in _written(warehouse, table, tables[table](), runs):
            files[run_id].append(file)
    shared = []
    for table in TABLES[1:3]:
        rows = list(tables[table]())
        if rows:
            try:
                shared.append(write_shared(warehouse, table, rows))
            except ValueError as error:
                raise BundledError(f"{table}: {error}. Nothing was made.") from error
    for run_id, row in runs.items():
        commit_run(
            warehouse,
            run_id=run_id,
            kind=str(row["kind"]),
            status=str(row["status"]),
            run_date=row["started_at"].date(),
            files=[*files[run_id], *shared],
        )
    rewrite_catalog(warehouse, prices=None if prices is None else [price_of_row(row) for row in prices])


def price_of_row(row: Row) -> Price:
    """The price that a row of the table `prices` is."""
    return Price(**{name: row[name] for name in COLUMNS["prices"]})


def _written(
    warehouse: Path, table: str, rows: Iterable[Row], runs: Mapping[str, Row]
) -> list[tuple[str, DataFile]]:
    """The rows in files of the runs that they are of."""
    owner = OWNER.get(table, "run_id")
    with ExitStack() as stack:
        writers: dict[str, TableWriter] = {}
        waiting: dict[str, list[Row]] = {}

        def flush(run_id: str) -> None:
            try:
                writers[run_id].write(waiting.pop(run_id, []))
            except (ValueError, OverflowError, TypeError) as error:  # Arrow's own errors are ValueErrors
                raise BundledError(f"{table}: {error}. Nothing was made of it.") from error

        for row in rows:
            run_id = row[owner]
            if run_id not in runs:
                raise BundledError(f"{table}: a row is of run {run_id!r:.60}, which is not in runs.")
            if run_id not in writers:
                day = runs[run_id]["started_at"].date()
                writers[run_id] = stack.enter_context(TableWriter(warehouse, table, day, run_id, "0"))
            batch = waiting.setdefault(run_id, [])
            batch.append(row)
            if len(batch) >= AT_ONCE:
                flush(run_id)
        for run_id in list(waiting):
            flush(run_id)
        closed = [(run_id, writer.close()) for run_id, writer in writers.items()]
    return [(run_id, file) for run_id, file in closed if file is not None]


def _value(kind: Kind, value: Any, name: str) -> Any:
    """A value of JSON as its column has it. Raises: ValueError, TypeError, OverflowError: it cannot be."""
    if value is None:
        return None
    if kind in {"small", "count"}:
        if type(value) is not int or not -(2**63) <= value < 2**63:
            raise ValueError(f"{name} is no whole number")
        return value
    if kind == "real":
        if type(value) not in {int, float} or not math.isfinite(value):
            raise ValueError(f"{name} is no number")
        return float(value)
    if kind == "claim":
        if type(value) is not bool:
            raise ValueError(f"{name} is neither true nor false")
        return value
    if kind == "texts":
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            raise ValueError(f"{name} is no list of texts")
        return value
    if not isinstance(value, str):
        raise TypeError(f"{name} is no text")
    if kind == "uuid":
        return UUID(value)
    if kind == "date":
        return date.fromisoformat(value)
    if kind == "usd":
        if not USD.match(value):
            raise ValueError(f"{name} is no amount")
        return Decimal(value)
    if kind == "time":
        found = datetime.fromisoformat(value)
        if found.tzinfo is None:
            raise ValueError(f"{name} has no zone")
        return found
    return value
