"""A user's rows as a table: its fields with their values, however nested, and how DuckDB reads the copy.

Fields are found in the values themselves: a field is a path of names (`question.text`), and its kind says
what it can serve as. Strings stay text, whatever they look like: the copy is read with explicit types.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal

Kind = Literal["text", "number", "bool", "time", "list", "structs", "struct", "other"]
Reader = Literal["csv", "jsonl", "parquet"]

MAX_DEPTH = 6
MAX_FIELDS = 500
INT64 = 2**63


@dataclass(frozen=True)
class Field:
    """One place in a row, and what stands there in each row (None where it is empty or absent)."""

    path: tuple[str, ...]
    kind: Kind
    values: tuple[Any, ...]

    @property
    def name(self) -> str:
        """Dotted, as it is shown and asked for."""
        return ".".join(self.path)

    @property
    def sql(self) -> str:
        """The expression that reads it."""
        return ".".join(quoted_name(part) for part in self.path)


@dataclass(frozen=True)
class Table:
    """The rows of one file. `content` is what is copied; None: the file as it lies."""

    file: Path
    reader: Reader
    content: bytes | None
    rows: Sequence[Mapping[str, Any]]
    lines: Sequence[int]  # where each row begins in the file; empty where a file has no lines
    fields: Sequence[Field]
    notes: Sequence[str] = ()
    delimiter: str = ","
    whole: bool = True  # false: `rows` are only the first of more

    def place(self, row: int) -> str:
        """Where a row (from 0) is, for a person."""
        return f"line {self.lines[row]}" if self.lines else f"row {row + 1}"

    def field(self, name: str) -> Field | None:
        """The field of a dotted name; upper and lower case are alike where no other is meant."""
        exact = [field for field in self.fields if field.name == name]
        alike = [field for field in self.fields if field.name.casefold() == name.strip().casefold()]
        return exact[0] if exact else alike[0] if len(alike) == 1 else None


def fields_of(rows: Sequence[Mapping[str, Any]], opaque: Iterable[str] = ()) -> tuple[Field, ...]:
    """Every field of the rows; `opaque` are columns whose inside is not looked at."""
    found: list[Field] = []
    for name in dict.fromkeys(name for row in rows for name in row):
        values = [row.get(name) for row in rows]
        found += _fields((name,), values, deep=name not in set(opaque))
    return tuple(found[:MAX_FIELDS])


def sql_type(values: Sequence[Any], path: tuple[str, ...] = (), as_json: frozenset[str] = frozenset()) -> str:
    """The DuckDB type that holds these JSON values; `as_json` are the dotted paths that are kept as JSON."""
    if ".".join(path) in as_json:
        return "json"
    present = [value for value in values if value is not None]
    match kind_of(present):
        case "bool":
            return "boolean"
        case "number":
            whole = all(isinstance(value, int) and -INT64 <= value < INT64 for value in present)
            exact = whole or all(isinstance(value, float) for value in present)
            return "bigint" if whole else "double" if exact else "varchar"
        case "list" | "structs":
            return sql_type([item for value in present for item in value], (*path, "[]"), as_json) + "[]"
        case "struct":
            types = {
                name: sql_type([value.get(name) for value in present], (*path, name), as_json)
                for name in names_within(present)
            }
            inside = ", ".join(f"{quoted_name(name)} {kind}" for name, kind in types.items())
            return f"struct({inside})"
        case "other":
            scalar = all(isinstance(value, str | int | float) for value in present)
            return "varchar" if scalar else "json"
        case _:
            return "varchar"


def kind_of(present: Sequence[Any]) -> Kind:
    """What values that are not None are, all of them."""
    if all(isinstance(value, str) for value in present):
        return "text"
    if all(isinstance(value, bool) for value in present):
        return "bool"
    if all(isinstance(value, int | float | Decimal) and not isinstance(value, bool) for value in present):
        return "number"
    if all(isinstance(value, date | datetime | time | timedelta) for value in present):
        return "time"
    if all(isinstance(value, list) for value in present):
        items = [item for value in present for item in value if item is not None]
        return "structs" if items and kind_of(items) == "struct" else "list"
    if all(isinstance(value, dict) for value in present):
        names = names_within(present)
        distinct = len({name.casefold() for name in names}) == len(names)
        return "struct" if names and distinct and all(names) and len(names) <= 100 else "other"
    return "other"


def names_within(values: Iterable[Mapping[str, Any]]) -> list[str]:
    """The names in a list of objects, in order of their first appearance."""
    return list(dict.fromkeys(str(name) for value in values for name in value))


def text_of(value: object) -> str | None:
    """A scalar as text, as DuckDB's cast to varchar writes it; None for what is none."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None or isinstance(value, list | dict | bytes):
        return None
    return str(value)


def quoted_name(name: str) -> str:
    """An identifier of SQL."""
    return '"' + name.replace('"', '""') + '"'


def quoted_text(text: str) -> str:
    """A string of SQL."""
    return "'" + text.replace("'", "''") + "'"


def _fields(path: tuple[str, ...], values: Sequence[Any], *, deep: bool) -> Iterator[Field]:
    present = [value for value in values if value is not None]
    kind = kind_of(present) if deep else "other"
    yield Field(path, kind, tuple(values))
    if kind == "struct" and len(path) < MAX_DEPTH:
        for name in names_within(present):
            inner = [value.get(name) if isinstance(value, dict) else None for value in values]
            yield from _fields((*path, name), inner, deep=True)
