"""Verdicts of judges are read again from the judges' own answers: no model is asked.

Each grade that names a judge's call must be what that call's text says by the rubric, and what a panel came
to must follow from its judges' marks. That a call was about the answer that names it is taken on trust.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import duckdb

from tasks.grade.judging.base import VerdictError
from tasks.grade.judging.judge import Judge
from tasks.grade.respond import spoiled
from tasks.model import Answer, Grade
from warehouse.bundled import Row, judged_of
from warehouse.columns import COLUMNS

Verdicts = dict[str, dict[str, Grade]]  # by judge's label ("" for a single one), then by criterion


def reread(
    connection: duckdb.DuckDBPyConnection, run_id: str, suite: tuple[str, str], grader: Judge, n_judges: int
) -> tuple[list[Row], list[str]]:
    """The judge's grades as its answers say, and what is otherwise in the bundle, a sentence each."""
    by_call: Mapping[UUID, list[Row]] = defaultdict(list)
    for row in judged_of(connection, run_id, *suite, grader.name):
        by_call[row["call_key"]].append(row)
    found: list[Row] = []
    wrong: list[str] = []
    for rows in by_call.values():
        grades = _grades(grader, rows, n_judges)
        for row in rows:
            want = grades.get(row["grader"])
            place = f'sample "{row["sample_id"]}" of {row["variant"]}, {row["grader"]}'
            if want is None:
                wrong.append(f"{place}: no judge's answer says so")
                continue
            if (want.passed, want.score) != (row["passed"], row["score"]):
                wrong.append(
                    f"{place}: {row['score']} is bundled, and the judge's answer says {want.score:g}"
                )
            found.append({**_own(row), "passed": want.passed, "score": want.score, "reason": want.reason})
    return found, wrong


def _grades(grader: Judge, rows: Sequence[Row], n_judges: int) -> dict[str, Grade]:
    """What the grades of one answer should be, by their names in the tables."""
    first = rows[0]
    names = [criterion.name for criterion in grader.whole_rubric.criteria]
    lost = spoiled(_answer(first, ""))
    if lost is not None:
        return {row["grader"]: lost for row in rows if row["judge_call_key"] is None}
    marks: Verdicts = {}
    for row in rows:
        label = row["grader"].partition("@")[2]
        if row["judge_call_key"] is not None and label not in marks and row["judge_status"] is not None:
            try:
                marks[label] = dict(
                    grader.grades(grader.read(_answer(row, "judge_")), first["response"] or "")
                )
            except VerdictError:
                continue  # the grade has no verdict behind it, which `reread` tells
    found = {
        _named(grader.name, criterion, label): grade
        for label, grades in marks.items()
        for criterion, grade in grades.items()
    }
    panel = [grades for label, grades in marks.items() if label]
    if panel and 2 * len(panel) >= n_judges:
        pooled = {name: grader.pool([grades[name] for grades in panel], n_judges) for name in names}
        found |= {_named(grader.name, name, ""): grade for name, grade in pooled.items()}
        found[grader.name] = grader.whole(pooled)
    return found


def _named(grader: str, criterion: str, label: str) -> str:
    name = f"{grader}.{criterion}" if criterion else grader
    return f"{name}@{label}" if label else name


def _answer(row: Row, prefix: str) -> Answer:
    return Answer(
        text=row[f"{prefix}response"],
        stop_reason=row[f"{prefix}stop_reason"] or "other",
        raw_stop_reason=None,
        usage=None,
        error_kind=row[f"{prefix}error_kind"],
        error=row[f"{prefix}error"],
    )


def _own(row: Row) -> dict[str, Any]:
    """The columns of `grades` alone."""
    return {name: row[name] for name in COLUMNS["grades"]}
