"""The rows that the answer's query returns are those of a right query."""

import json
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal

from pydantic import StrictBool

from tasks.grade.base import Grader, UnjudgedError, failed, lacking, verdict
from tasks.grade.sql.server import refusal, server_url
from tasks.grade.sql.workers import EndedError, judge
from tasks.model import Grade, Reason, Sample
from warehouse.errors import SpecError

Dialect = Literal["duckdb", "postgres", "sqlite", "tsql"]
DIALECTS = ("duckdb", "postgres", "sqlite", "tsql")


@dataclass(frozen=True, kw_only=True)
class SqlResult(Grader):
    """Run the answer's query and a right one on fresh databases, and compare what they return.

    A sample has the columns `schema_sql` (what makes the tables and fills them), `target` or
    `right_queries` (one right query, or several), and, where they differ from the options of the same name,
    `dialect` and `ordered`. A query that fails is 0 with the reason `error`; one that cannot be run here
    because it cannot be translated has no grade. See docs/grading.md.
    """

    type: ClassVar[str] = "sql_result"
    apart: ClassVar[bool] = True

    extract: str = "sql"
    dialect: Dialect = "duckdb"  # of the answer and of the right queries
    schema_dialect: Dialect = "duckdb"
    ordered: StrictBool = False  # the order of the rows counts
    columns: Literal["in_order", "any_order", "named"] = "in_order"
    extra_columns: StrictBool = False  # the answer may return more
    tolerance: Decimal = Decimal("0.000001")  # absolute
    relative: Decimal = Decimal("0.000000001")  # of the number
    midnight_is_date: StrictBool = True  # a timestamp at midnight is its day
    now: str = ""  # the time of every clock, as 2024-05-01T12:00:00; empty: the real one
    timeout_s: float = 10.0
    max_rows: int = 10_000  # of a right query

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, distance in (("tolerance", self.tolerance), ("relative", self.relative)):
            if not distance.is_finite() or distance < 0:
                raise ValueError(f"{name} = {distance} is no distance; give a number from 0 up")
        if not 0 < self.timeout_s <= 600:
            raise ValueError(f"timeout_s = {self.timeout_s} is no time; give 0 to 600 seconds")
        if not 0 < self.max_rows <= 1_000_000:
            raise ValueError(f"max_rows = {self.max_rows}: give 1 to 1,000,000")
        if self.now:
            _moment(self.now)

    def check_place(self) -> None:
        """Refuse a PostgreSQL server that does not answer, or whose role may do more than it should."""
        if self.dialect != "postgres" or not server_url():
            return
        why = refusal(server_url())
        if why is not None:
            raise SpecError(why)

    def check(self, sample: Sample) -> None:
        """Refuse a sample without schema or right query, or whose right queries do not run."""
        if not isinstance(sample.row.get("schema_sql"), str):
            raise lacking(sample, 'has no "schema_sql", which "sql_result" needs')
        dialect = sample.row.get("dialect") or self.dialect
        if dialect not in DIALECTS:
            raise lacking(sample, f'has the dialect "{dialect}"; known are {", ".join(DIALECTS)}')
        try:
            said = judge(self._job(sample, None), self._patience_s)
        except EndedError:
            said = {"broken": "it takes too long"}
        if "broken" in said:
            raise lacking(sample, f"has a right query that does not run: {said['broken']}")

    def compare(self, sample: Sample, answer: str) -> Grade:
        """Pass where the rows are those of one of the right queries."""
        if any("\ud800" <= letter <= "\udfff" or letter == "\0" for letter in answer):
            return failed("error", "the query holds what is no text", answer)
        try:
            said = judge(self._job(sample, answer), self._patience_s)
        except EndedError as error:
            if error.timed_out:
                return failed("timeout", f"the query did not end within {self.timeout_s:g} s", answer)
            return failed("error", "the query ended the process that ran it: too much memory", answer)
        if "broken" in said:
            raise UnjudgedError(f"a right query does not run: {said['broken']}")
        if "unjudged" in said:
            raise UnjudgedError(str(said["unjudged"]))
        if "failed" in said:
            reason: Reason = "timeout" if said.get("timeout") else "error"
            return failed(reason, str(said["failed"]), answer)
        return verdict(bool(said["passed"]), answer, str(said["why"]))

    @property
    def _patience_s(self) -> float:
        """A server ends a query itself, and is given the time to load its tables and to say so."""
        return self.timeout_s + (30.0 if server_url() and self.dialect == "postgres" else 0.0)

    def _job(self, sample: Sample, answer: str | None) -> bytes:
        ordered = sample.row.get("ordered")
        dialect = sample.row.get("dialect") or self.dialect
        job: dict[str, Any] = {
            "script": sample.row["schema_sql"],
            "script_dialect": self.schema_dialect,
            "right": _right(sample),
            "right_dialect": dialect,
            "answer": answer,
            "dialect": dialect,
            "now": self.now,
            "rules": {
                "ordered": self.ordered if ordered is None else bool(ordered),
                "columns": self.columns,
                "extra_columns": self.extra_columns,
                "tolerance": float(self.tolerance),
                "relative": float(self.relative),
                "midnight_is_date": self.midnight_is_date,
            },
            "max_rows": self.max_rows,
            "timeout_s": self.timeout_s,
            "server": server_url() if dialect == "postgres" else "",
        }
        return json.dumps(job).encode()


def _right(sample: Sample) -> list[str]:
    several = sample.row.get("right_queries")
    if several:
        return [str(query) for query in several]
    if sample.targets:
        return list(sample.targets)
    if sample.target is None:
        raise lacking(sample, 'has no "target", which "sql_result" needs')
    return [sample.target]


def _moment(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise ValueError(f'now = "{text}" is no time; write it as 2024-05-01T12:00:00') from None
