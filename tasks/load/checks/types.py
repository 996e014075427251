"""Columns that DuckDB's readers re-typed: text that looked like a date or a number.

Only where samples.sql leaves the types to a reader (neither `columns` nor `all_varchar`): what it says itself
is meant. A Parquet file has its own types.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID

from tasks.load.checks.subject import TEXT_GRADERS, Finding, Subject

WELL_KNOWN = ("sample_id", "input", "target", "targets", "choices", "category", "cluster", "system")
CSV_READER = re.compile(
    r"\b(?:read_csv(?:_auto)?|sniff_csv)\s*\(|'[^'\n]*\.(?:csv|tsv)(?:\.gz)?'", re.IGNORECASE
)
JSON_READER = re.compile(
    r"\bread_(?:nd)?json(?:_auto|_objects)?\s*\(|'[^'\n]*\.(?:jsonl?|ndjson)(?:\.gz)?'", re.IGNORECASE
)
SAYS_TYPES = re.compile(
    r"\bcolumns\s*=|\ball_varchar\s*=\s*(?:true|1)|\bdtypes\s*=|\btypes\s*=", re.IGNORECASE
)
COMMENT = re.compile(r"--[^\n]*|/\*.*?\*/", re.DOTALL)
LOOKS = "a date or time"


def retyped(subject: Subject) -> Iterator[Finding]:
    """Columns of dates, of ids, and (where text is compared) of numbers, that a reader made of text."""
    sql = COMMENT.sub(" ", subject.sql)
    from_csv, from_json = CSV_READER.search(sql), JSON_READER.search(sql)
    if SAYS_TYPES.search(sql) or not (from_csv or from_json):
        return
    for column in dict.fromkeys(name for sample in subject.samples[:1] for name in sample.row):
        kinds: dict[str, list[str]] = {}
        for sample in subject.samples:
            kind = _kind(sample.row.get(column))
            if kind is not None:
                kinds.setdefault(kind, []).append(sample.sample_id)
        for kind, ids in kinds.items():
            if kind == "a number" and not (
                from_csv
                and not from_json
                and column in {"target", "targets"}
                and subject.score in TEXT_GRADERS
            ):
                continue
            if kind == "true or false" and not (from_csv and column in {"target", "targets", "choices"}):
                continue
            known = column in WELL_KNOWN
            lost = "; zeros before and after it are gone" if kind == "a number" else ""
            yield Finding(
                "warning" if known else "note",
                "retyped_column",
                tuple(ids),
                column,
                f"DuckDB's reader took text for {kind}, and it is written in another way now{lost}",
                "give the reader columns = {...} with the type varchar, as `nightbench init suite` does",
            )


def _kind(value: object) -> str | None:
    if isinstance(value, list) and value:
        value = value[0]
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, datetime | date | time | timedelta):
        return LOOKS
    if isinstance(value, UUID):
        return "a UUID"
    return "a number" if isinstance(value, int | float | Decimal) else None
