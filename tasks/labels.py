"""A person's verdicts on stored answers: read from a file, matched, landed as grades of `human`.

A file of labels has the columns run_id, call_key, passed, author and reason, as CSV or JSON lines. All of it
lands, or nothing does.
"""

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import duckdb

from tasks.grade.text import storable
from tasks.home import Home
from tasks.land.rows import Row, grade_row
from tasks.model import Grade, Judged, Reason, StoredCall
from tasks.regrade_stored import AT_ONCE, StoredRun, is_sealed, make_sample, sealed_error
from tasks.regrading import land_grades
from tasks.runs import RunRecord
from warehouse.commit import Manifest
from warehouse.errors import SpecError

HUMAN = "human"
COLUMNS = ("run_id", "call_key", "passed", "author", "reason")
CLAIMS = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
STATE = "Nothing was graded."

# What is known of each answer of the run, and the reason of the grade that a person would overrule.
ANSWERS = """
select calls.call_key, calls.suite, calls.suite_version, calls.sample_id, calls.epoch, calls.variant,
    calls.variant_version, calls.model, calls.role, calls.status, scores.reason,
    samples.input, samples.target, samples.targets, samples.category, samples.cluster, samples.scored,
    samples.metadata
from calls
left join (
    select run_id, call_key, reason from latest_grades where is_score and run_id = $run_id
) as scores on scores.call_key = calls.call_key
left join samples
    on samples.suite = calls.suite
    and samples.suite_version = calls.suite_version
    and samples.sample_id = calls.sample_id
where calls.run_id = $run_id and list_contains($keys, calls.call_key)
"""


@dataclass(frozen=True)
class Label:
    """One verdict; `row` is its place in the file, the first is 1."""

    row: int
    call_key: UUID
    passed: bool
    author: str
    reason: str


def read_labels(file: Path, run_id: str) -> list[Label]:
    """The verdicts of a file on answers of one run.

    Raises: SpecError: names the file, the row and what is wrong there.
    """
    labels: dict[UUID, Label] = {}
    for number, fields in enumerate(_rows(file), start=1):
        place = f"{file}, row {number}"
        label = _label(place, number, fields, run_id)
        twin = labels.setdefault(label.call_key, label)
        if twin is not label:
            raise SpecError(
                f"{place}: the call {label.call_key} has a label already, in row {twin.row}. {STATE} "
                "Leave one."
            )
    if not labels:
        raise SpecError(f"{file}: there is no label in it. {STATE} Its columns are {', '.join(COLUMNS)}.")
    return list(labels.values())


def land_labels(
    home: Home,
    record: RunRecord,
    connection: duckdb.DuckDBPyConnection,
    run: StoredRun,
    file: Path,
    labels: Sequence[Label],
    check: Callable[[], None],
) -> Manifest:
    """Land the verdicts as grades of the grader `human`.

    Raises: SpecError: a label is of no answer of the run; nothing has appeared.
    """
    graded_at = datetime.now(UTC)

    def batches() -> Iterator[Sequence[Row]]:
        for at in range(0, len(labels), AT_ONCE):
            part = labels[at : at + AT_ONCE]
            known = _answers(connection, run, part)
            yield [_row(file, record.run_id, run, graded_at, label, known) for label in part]

    return land_grades(home, record, run, batches(), check)


def _rows(file: Path) -> Iterator[Mapping[str, Any]]:
    kind = file.suffix.lower()
    if kind not in {".csv", ".jsonl", ".ndjson"}:
        raise SpecError(f"{file}: labels are read from .csv and .jsonl. {STATE} Rename it to say what it is.")
    try:
        with file.open(encoding="utf-8-sig", newline="") as lines:
            yield from _csv_rows(file, lines) if kind == ".csv" else _json_rows(file, lines)
    except OSError as error:
        raise SpecError(f"{file}: cannot be read ({error.strerror}). {STATE}") from error
    except UnicodeDecodeError as error:
        raise SpecError(f"{file}: is not UTF-8 ({error.reason}). {STATE} Save it as UTF-8.") from error


def _csv_rows(file: Path, lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(lines, strict=True)
    try:
        _check_columns(str(file), reader.fieldnames or ())
        for number, row in enumerate(reader, start=1):
            if None in row or None in row.values():
                has = sum(value is not None for name, value in row.items() if name is not None)
                has += len(row.get(None) or ())
                raise SpecError(
                    f"{file}, row {number}: has {has} fields, and the header has "
                    f"{len(reader.fieldnames or ())}. {STATE} Put quotes around text with commas."
                )
            yield row
    except csv.Error as error:
        raise SpecError(f"{file}, line {reader.line_num}: is not CSV ({error}). {STATE}") from error


def _json_rows(file: Path, lines: Iterator[str]) -> Iterator[Mapping[str, Any]]:
    number = 0
    for line in lines:
        if line.strip():
            number += 1
            try:
                row = json.loads(line)
            except (ValueError, RecursionError) as error:
                raise SpecError(f"{file}, row {number}: is not JSON ({error}). {STATE}") from error
            if not isinstance(row, dict):
                raise SpecError(f"{file}, row {number}: is no JSON object. {STATE}")
            _check_columns(f"{file}, row {number}", row)
            yield row


def _check_columns(place: str, names: Sequence[str] | Mapping[str, Any]) -> None:
    missing = [name for name in COLUMNS if name not in names]
    if missing:
        raise SpecError(
            f'{place}: no column "{missing[0]}"; it has {", ".join(names) or "none"}. {STATE} Labels have '
            f"{', '.join(COLUMNS)}."
        )


def _label(place: str, number: int, fields: Mapping[str, Any], run_id: str) -> Label:
    of_run, key, passed = (str(fields[name]).strip() for name in ("run_id", "call_key", "passed"))
    if of_run != run_id:
        raise SpecError(
            f'{place}: run_id is "{_shown(of_run)}", and the labels are to be those of "{run_id}". {STATE} '
            f"Give each run a file of its own."
        )
    try:
        call_key = UUID(key)
    except ValueError:
        raise SpecError(
            f'{place}: call_key "{_shown(key)}" is none. {STATE} Keys are those of the table `calls`.'
        ) from None
    if passed.lower() not in CLAIMS:
        raise SpecError(
            f'{place}: passed is "{_shown(passed)}", which is neither true nor false. {STATE} Write true or '
            f"false (or 1 or 0, yes or no)."
        )
    author, reason = (_text(place, name, fields[name]) for name in ("author", "reason"))
    if not author:
        raise SpecError(f"{place}: there is no author. {STATE} A grade of a person says whose it is.")
    return Label(number, call_key, CLAIMS[passed.lower()], author, reason)


def _text(place: str, name: str, value: object) -> str:
    if value is not None and not isinstance(value, str):
        raise SpecError(f"{place}: {name} is {_shown(str(value))}, which is no text. {STATE}")
    return (value or "").strip()


def _shown(text: str) -> str:
    return text if len(text) <= 60 else f"{text[:57]}..."


@dataclass(frozen=True)
class _Answer:
    call: StoredCall
    role: str
    status: str
    reason: Reason | None  # of the grade that is the score now
    sealed: bool


def _answers(
    connection: duckdb.DuckDBPyConnection, run: StoredRun, labels: Sequence[Label]
) -> dict[UUID, _Answer]:
    keys = [label.call_key for label in labels]
    found = connection.execute(ANSWERS, {"run_id": run.run_id, "keys": keys}).fetchall()
    known = {}
    for (
        key,
        suite,
        version,
        sample_id,
        epoch,
        variant,
        of_variant,
        model,
        role,
        status,
        reason,
        *kept,
    ) in found:
        call = StoredCall(key, suite, version, sample_id, epoch, variant, of_variant, model)
        known[key] = _Answer(call, role, status, reason, is_sealed(make_sample(sample_id, kept)))
    return known


def _row(
    file: Path,
    grading_id: str,
    run: StoredRun,
    graded_at: datetime,
    label: Label,
    known: Mapping[UUID, _Answer],
) -> Row:
    place, answer = f"{file}, row {label.row}", known.get(label.call_key)
    if answer is None or answer.role != "answer":
        raise SpecError(
            f'{place}: run "{run.run_id}" has no answer with the call_key {label.call_key}. {STATE} '
            f'Those there are: nightbench sql "select call_key, response from calls '
            f"where run_id = '{run.run_id}'\""
        )
    if answer.status != "answered":
        raise SpecError(
            f"{place}: the call {label.call_key} failed, so there is no answer. {STATE} Leave it out."
        )
    if answer.sealed:
        raise sealed_error(answer.call.suite)
    judged = Judged(answer.call, HUMAN, "1", is_score=True, grade=_grade(label, answer.reason))
    return grade_row(run.run_id, graded_at, judged, grading_id=grading_id)


def _grade(label: Label, overruled: Reason | None) -> Grade:
    """A person's grade; where it fails what failed already, it is for the same reason (a refusal)."""
    said = f"{label.author}: {label.reason}" if label.reason else label.author
    return Grade(
        score=1.0 if label.passed else 0.0,
        passed=label.passed,
        reason=None if label.passed else overruled or "wrong",
        explanation=storable(said),
    )
