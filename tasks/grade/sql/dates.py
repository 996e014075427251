"""Dates without dashes, '20240131', which PostgreSQL and T-SQL read as dates and DuckDB does not.

Whether such a text is a date depends on what it is compared with, which DuckDB knows: it refuses the text and
tells its place, and there it gets its dashes (`next_try`). Only what asks for no error (TRY_CAST) has to be
mended beforehand (`dashed`), as have columns of text.
"""

import json
import re

import duckdb
from sqlglot import exp

MAX_DATES = 50
UNDASHED = re.compile(r"\A\s*(\d{4})(\d\d)(\d\d)(\s+\d\d?:[\d:.]+)?\s*\Z")
REFUSED = re.compile(r'\Ainvalid (?:date|timestamp) field format: "([^"]*)"')
DAYS = {exp.DType.DATE, exp.DType.DATETIME, exp.DType.DATETIME2, exp.DType.SMALLDATETIME, exp.DType.TIMESTAMP}


def next_try(query: str, error: duckdb.Error) -> str | None:
    """The query with dashes in the date that it was refused for; None where that is not why.

    The connection must say its errors as JSON.
    """
    found = said(error)
    refused = REFUSED.match(found.get("exception_message", ""))
    place = found.get("position", "")
    if refused is None or not place.isdigit() or not UNDASHED.match(refused[1]):
        return None
    before, after = query.encode()[: int(place)], query.encode()[int(place) :]
    literal = re.compile(rf"\A(CAST\()?'{re.escape(refused[1])}'".encode())
    if not literal.match(after):
        return None
    return (before + literal.sub(rb"\g<1>'" + dashes(refused[1]).encode() + b"'", after, count=1)).decode()


def said(error: Exception) -> dict[str, str]:
    """What DuckDB says in an error, by name."""
    try:
        found = json.loads(str(error).partition(": ")[2])
    except ValueError:
        found = None
    return {"exception_message": str(error), **(found if isinstance(found, dict) else {})}


def dashes(text: str) -> str:
    """A date that may lack its dashes, with them."""
    return UNDASHED.sub(lambda day: f"{day[1]}-{day[2]}-{day[3]}{day[4] or ''}", text)


def dashed(node: exp.Cast | exp.TryCast) -> exp.Expr:
    """A cast to a date of a text or of a column, which takes texts without dashes too."""
    value = node.this
    if node.to.this not in DAYS:
        return node
    if isinstance(value, exp.Literal) and value.is_string:
        value.set("this", dashes(value.this))
    elif isinstance(value, exp.Column):
        text = exp.cast(value.copy(), "text")
        day = exp.Anonymous(this="try_strptime", expressions=[text, exp.Literal.string("%Y%m%d")])
        return exp.Coalesce(this=exp.cast(day, node.to.copy()), expressions=[node.copy()])
    return node
