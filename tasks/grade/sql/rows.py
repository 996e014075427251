"""Whether two results are the same rows: in any order or in one, numbers by value."""

import datetime as dt
import math
from collections import Counter, defaultdict
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from itertools import groupby
from typing import Any, Literal
from uuid import UUID

Columns = Literal["in_order", "any_order", "named"]
Cells = tuple[Hashable, ...]
MAX_COLUMNS = 200
MAX_PAIRINGS = 200  # of columns with the same values
MAX_LOOSE = 1_000  # rows of one kind that are matched one by one


@dataclass(frozen=True)
class Result:
    """A query's column names and rows; `keys` are the places by which the rows are ordered, where known."""

    names: tuple[str, ...]
    rows: Sequence[tuple[Any, ...]]
    keys: tuple[int, ...] | None = None


@dataclass(frozen=True)
class Rules:
    """How results are compared."""

    ordered: bool = False
    columns: Columns = "in_order"
    extra_columns: bool = False
    tolerance: float = 1e-6  # absolute
    relative: float = 1e-9  # of the larger number
    midnight_is_date: bool = True


def difference(want: Result, got: Result, rules: Rules) -> str | None:
    """What tells an answer's result from the right one; None where they are the same.

    The columns that `want.keys` names may lie behind its named ones: they order rows, and are not asked
    for.
    """
    n_asked, n_got = len(want.names), len(got.names)
    if n_got < n_asked or (n_got > n_asked and not rules.extra_columns):
        return f"{n_got} columns against {n_asked}"
    if n_got > max(n_asked, MAX_COLUMNS):
        return f"more than {MAX_COLUMNS} columns"
    if len(want.rows) != len(got.rows):
        more = "at least " if len(got.rows) > len(want.rows) else ""
        return f"{more}{len(got.rows):,} rows against {len(want.rows):,}"
    wanted = [tuple(plain(value, rules) for value in row) for row in want.rows]
    given = [tuple(plain(value, rules) for value in row) for row in got.rows]
    if rules.columns == "named":
        lower = [name.lower() for name in got.names]
        missing = [name for name in want.names if name.lower() not in lower]
        if missing:
            return f'there is no column "{missing[0]}"'
        pairings: Iterator[tuple[int, ...]] = iter([tuple(lower.index(name.lower()) for name in want.names)])
    elif rules.columns == "any_order":
        pairings = _pairings([row[:n_asked] for row in wanted], given, n_asked, n_got, rules)
    else:
        pairings = iter([tuple(range(n_asked))])
    keyed = replace(want, rows=wanted)
    for n, pairing in enumerate(pairings):
        if n >= MAX_PAIRINGS:
            break
        if _same(keyed, [tuple(row[at] for at in pairing) for row in given], rules):
            return None
    return "the rows are others" if not rules.ordered else "the rows, or their order, are others"


def plain(value: Any, rules: Rules) -> Hashable:
    """A value as it is compared: one spelling for what is equal; numbers stay numbers."""
    match value:
        case None | str() | bytes():
            return value
        case bool() | int():
            return int(value)
        case Decimal():
            return float(value) if value.is_finite() else str(value)
        case float():
            return "NaN" if math.isnan(value) else value
        case dt.datetime():
            at = value.astimezone(dt.UTC).replace(tzinfo=None) if value.tzinfo else value
            if rules.midnight_is_date and at.time() == dt.time():
                return ("time", at.date().isoformat())
            return ("time", at.isoformat(sep=" "))
        case dt.date():
            return ("time", value.isoformat())
        case dt.time():
            return ("clock", value.isoformat())
        case dt.timedelta():
            return ("span", value.total_seconds())
        case UUID():
            return str(value)
        case dict():
            return ("map", *(plain(part, rules) for part in value.values()))
        case list() | tuple() | set():
            return ("list", *(plain(part, rules) for part in value))
    return ("other", str(value))


def _same(want: Result, given: Sequence[Cells], rules: Rules) -> bool:
    n_asked = len(want.names)
    wanted = [row[:n_asked] for row in want.rows]
    if not rules.ordered:
        return _same_bag(wanted, given, rules)
    if want.keys is None:
        return all(_near(one, other, rules) for one, other in zip(wanted, given, strict=True))
    at = 0  # rows that the order does not tell apart may stand in any order among themselves
    for _, group in groupby(want.rows, key=lambda row: [row[key] for key in want.keys or ()]):
        block = [row[:n_asked] for row in group]
        if not _same_bag(block, given[at : at + len(block)], rules):
            return False
        at += len(block)
    return True


def _same_bag(wanted: Sequence[Cells], given: Sequence[Cells], rules: Rules) -> bool:
    ours, theirs = Counter(wanted), Counter(given)
    left, right = list((ours - theirs).elements()), list((theirs - ours).elements())
    if len(left) != len(right):
        return False
    alike: dict[Cells, tuple[list[Cells], list[Cells]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate((left, right)):
        for row in rows:
            alike[tuple("#" if _is_number(cell) else (cell,) for cell in row)][side].append(row)
    return all(_matched(one, other, rules) for one, other in alike.values())


def _matched(wanted: list[Cells], given: list[Cells], rules: Rules) -> bool:
    """Rows that differ in numbers only: each has a partner near enough."""
    if len(wanted) != len(given):
        return False
    if len(wanted) > MAX_LOOSE:
        pairs = zip(sorted(wanted, key=_numbers), sorted(given, key=_numbers), strict=True)
        return all(_near(one, other, rules) for one, other in pairs)
    free = sorted(given, key=_numbers)
    for row in sorted(wanted, key=_numbers):
        partner = next((n for n, other in enumerate(free) if _near(row, other, rules)), None)
        if partner is None:
            return False
        free.pop(partner)
    return True


def _numbers(row: Cells) -> list[float]:
    return [_float(cell) for cell in row if isinstance(cell, int | float)]


def _float(number: float) -> float:
    try:
        return float(number)
    except OverflowError:
        return math.inf if number > 0 else -math.inf


def _near(one: Cells, other: Cells, rules: Rules) -> bool:
    return len(one) == len(other) and all(_alike(a, b, rules) for a, b in zip(one, other, strict=True))


def _alike(one: Hashable, other: Hashable, rules: Rules) -> bool:
    if one == other:
        return True
    if isinstance(one, tuple) and isinstance(other, tuple):
        return _near(one, other, rules)
    if not (isinstance(one, int | float) and isinstance(other, int | float)):
        return False
    if isinstance(one, int) and isinstance(other, int):
        return abs(one - other) <= rules.tolerance
    return math.isclose(_float(one), _float(other), rel_tol=rules.relative, abs_tol=rules.tolerance)


def _is_number(cell: Hashable) -> bool:
    return isinstance(cell, int | float)


def _pairings(
    wanted: Sequence[Cells], given: Sequence[Cells], n_asked: int, n_got: int, rules: Rules
) -> Iterator[tuple[int, ...]]:
    """For each asked column a column of the answer that holds the same values, each at most once."""
    theirs = [[(row[at],) for row in given] for at in range(n_got)]
    fits = [
        [other for other in range(n_got) if _same_bag([(row[at],) for row in wanted], theirs[other], rules)]
        for at in range(n_asked)
    ]

    if not all(fits):
        return iter(())

    def chosen(at: int, taken: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        if at == n_asked:
            yield taken
            return
        for other in fits[at]:
            if other not in taken:
                yield from chosen(at + 1, (*taken, other))

    return chosen(0, ())
