"""How answers look on a terminal: tables, JSON, complaints. Text of models is shown without its controls."""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import typer

from tasks.hostile import without_controls
from warehouse.errors import StoppedShort

GAP = 3  # between two columns
FOLDED = 24  # a text column is not made narrower than this

JsonFlag = Annotated[bool, typer.Option("--json", help="One JSON document on stdout; words go to stderr.")]


def clean(text: object) -> str:
    """Text that cannot steer a terminal: control characters become a visible mark."""
    return without_controls(text)


def say(text: str = "") -> None:
    """A line for a person on stdout."""
    sys.stdout.write(clean(text) + "\n")


def note(text: str) -> None:
    """A line for a person on stderr, so that stdout stays for the answer."""
    sys.stderr.write(clean(text) + "\n")


def complain(text: str) -> None:
    """An error, as the last words of a command."""
    note(f"nightbench: {text}")


def print_json(value: object) -> None:
    """One JSON document: decimals and times as text, as SQL shows them."""
    sys.stdout.write(json.dumps(value, ensure_ascii=False, indent=1, default=plain) + "\n")


def print_short(run_id: str, stopped: StoppedShort) -> None:
    """The one JSON document of a run that was stopped before anything of it was committed."""
    print_json({"run_id": run_id, "status": stopped.status, "error": str(stopped)})


def plain(value: object) -> object:
    """What JSON has no word for: decimals and ids as text, times as ISO 8601."""
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")


def print_table(
    title: str, rows: Sequence[Mapping[str, object]], *, right: Iterable[str] = (), names: Sequence[str] = ()
) -> None:
    """Rows as a table on stdout; `right` names the columns of numbers.

    Where the terminal is too narrow, long text is folded, down to FOLDED characters; where that does not do,
    each row is shown as lines of column and value. In a pipe a line is as long as it needs to be.
    """
    from rich.box import SIMPLE_HEAD
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    columns = list(names) or (list(rows[0]) if rows else [])
    to_right = set(right)
    table = Table(
        title=clean(title) or None,
        title_justify="left",
        title_style="bold",
        header_style="bold",
        box=SIMPLE_HEAD,
    )
    for name in columns:
        table.add_column(
            Text(clean(name)),
            justify="right" if name in to_right else "left",
            overflow="fold",
            no_wrap=name in to_right,
        )
    for row in rows:
        table.add_row(*(Text(_cell(row.get(name))) for name in columns))
    widths = {name: max(map(_width, (name, *(row.get(name) for row in rows)))) for name in columns}
    gaps = GAP * len(widths)
    whole = gaps + sum(widths.values())
    folded = gaps + sum(w if name in to_right else min(w, FOLDED) for name, w in widths.items())
    console = Console(width=None if sys.stdout.isatty() else whole + GAP, highlight=False)
    if not columns:
        say("(no rows)")
    elif not rows or folded <= console.width:
        console.print(table)
    else:
        _print_lines(title, columns, rows)


def _cell(value: object) -> str:
    return "" if value is None else clean(value)


def _width(value: object) -> int:
    """How many columns of a terminal the longest line of a value takes."""
    from rich.cells import cell_len

    return max(map(cell_len, _cell(value).split("\n")))


def _print_lines(title: str, columns: Sequence[str], rows: Sequence[Mapping[str, object]]) -> None:
    """Each row as lines of column and value, a blank line between two rows."""
    if title:
        say(title)
    longest = max(len(clean(name)) for name in columns)
    for row in rows:
        say()
        for name in columns:
            say(f"{clean(name):{longest}}  {_cell(row.get(name))}".rstrip())
