"""A CSV file as people have them: `,` `;` tab or `|`, a line `sep=;`, empty columns and rows at the end.

The copy has the file's own separator, one line end, and quotes only where they are needed; that it can be
read in one way only is why it is written anew.
"""

import ast
import csv
import io
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tasks.load.table import Table, fields_of
from warehouse.errors import SuiteError

DELIMITERS = (",", ";", "\t", "|")
NAMES = {",": "commas", ";": "semicolons", "\t": "tabs", "|": "bars"}
TRIED_ROWS = 200
MAX_FIELD_CHARS = 64 << 20
LONG_NAME = 100
MAX_LIST_CHARS = 20_000


def read_csv(file: Path, text: str, notes: Sequence[str]) -> Table:
    """The rows of a CSV file whose first line names the columns.

    Raises: SuiteError: a row has more or fewer fields than the header, a quote is not closed, or the header
        does not name columns; names the line.
    """
    said, text, first_line = _without_sep_line(text)
    delimiter = said or _delimiter(text)
    rows, lines = _parsed(file, text, delimiter, first_line)
    names, said_of_names = _names(file, rows, lines)
    kept = [at for at, name in enumerate(names) if name is not None]
    columns = [str(names[at]) for at in kept]
    body: list[list[str]] = []
    places: list[int] = []
    blank = 0
    for row, line in zip(rows[1:], lines[1:], strict=True):
        if not any(cell.strip() for cell in row):
            blank += 1
            continue
        _check_width(file, row, line, len(names), delimiter)
        body.append([row[at] for at in kept])
        places.append(line)
    if not body:
        raise SuiteError(f"{file}: there are no rows after the header. Nothing was written.")
    said_of_lists = [
        f'{file.name}: the lists of "{name}" are Python\'s, and are copied as JSON.'
        for at, name in enumerate(columns)
        if _lists_as_json(body, at)
    ]
    said_of_rows = [f"{file.name}: {blank} blank rows are left out."] if blank else []
    parsed = [dict(zip(columns, (cell if cell != "" else None for cell in row), strict=True)) for row in body]
    return Table(
        file,
        "csv",
        _written([columns, *body], delimiter).encode("utf-8", "surrogatepass"),
        parsed,
        places,
        fields_of(parsed),
        (
            *notes,
            f"{file.name}: separated by {NAMES[delimiter]}.",
            *said_of_names,
            *said_of_rows,
            *said_of_lists,
        ),
        delimiter=delimiter,
    )


def _without_sep_line(text: str) -> tuple[str | None, str, int]:
    """Excel reads, and some programs write, a first line that names the separator."""
    first, end, rest = text.partition("\n")
    said = first.strip().strip('"')
    if end and len(said) == 5 and said.lower().startswith("sep=") and said[4] in DELIMITERS:
        return said[4], rest, 2
    return None, text, 1


def _delimiter(text: str) -> str:
    """The separator with which most rows have as many fields as the header, then the most fields."""

    def fit(delimiter: str) -> tuple[float, int]:
        rows = []
        try:
            for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter):
                rows.append(row)
                if len(rows) > TRIED_ROWS:
                    break
        except csv.Error:
            return (0.0, 0)
        width = len(rows[0])
        same = sum(len(row) == width for row in rows if any(row)) / max(1, sum(any(row) for row in rows))
        return (same, width) if width > 1 else (0.0, 1)

    return max(DELIMITERS, key=fit)


def _parsed(file: Path, text: str, delimiter: str, first_line: int) -> tuple[list[list[str]], list[int]]:
    rows: list[list[str]] = []
    lines: list[int] = []
    before = csv.field_size_limit(MAX_FIELD_CHARS)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    begins = first_line
    try:
        for row in reader:
            if row:
                rows.append([cell.replace("\r\n", "\n").replace("\r", "\n") for cell in row])
                lines.append(begins)
            begins = first_line + reader.line_num
    except csv.Error as error:
        ends = first_line + reader.line_num - 1
        where = f"line {begins}" if ends <= begins else f"lines {begins} to {ends}"
        raise SuiteError(
            f"{file}, {where}: not a row of a CSV file: {error}. Nothing was written. Is a quote not closed, "
            f'or one inside a quoted field not doubled ("")?'
        ) from error
    finally:
        csv.field_size_limit(before)
    if not rows:
        raise SuiteError(f"{file}: there are no rows. Nothing was written.")
    return rows, lines


def _names(file: Path, rows: list[list[str]], lines: list[int]) -> tuple[list[str | None], list[str]]:
    """The header's names, None for a column that is empty throughout; and what was done to them."""
    named = [" ".join(cell.split()) for cell in rows[0]]
    while named and not named[-1] and not any(cell.strip() for row in rows for cell in row[len(named) - 1 :]):
        named.pop()
    used = [
        any(at < len(row) and row[at].strip() for row in rows[1:]) or bool(name)
        for at, name in enumerate(named)
    ]
    # A number is a common name of a year's column, but not of every column.
    if any(len(name) > LONG_NAME or name.endswith("?") for name in named) or all(
        name.replace(".", "").replace("-", "").isdigit() for name in named if name
    ):
        raise SuiteError(
            f"{file}, line {lines[0]}: this looks like a row and not like the names of columns. Nothing was "
            f"written. Put a line with names before it, such as question{_between(rows[0])}answer."
        )
    found: list[str | None] = []
    notes = []
    for at, name in enumerate(named):
        if not used[at]:
            found.append(None)
        elif name:
            found.append(name)
        else:
            found.append(f"column_{at + 1}")
            notes.append(f"{file.name}: column {at + 1} has no name; it is called column_{at + 1}.")
    seen = Counter(name.casefold() for name in found if name is not None)
    twins = [name for name in found if name is not None and seen[name.casefold()] > 1]
    if twins:
        said = " and ".join(f'"{name}"' for name in twins[:2])
        raise SuiteError(
            f"{file}, line {lines[0]}: two columns have one name: {said}. Nothing was written. Rename one of "
            f"them (upper and lower case are one to SQL)."
        )
    return found, notes


def _lists_as_json(body: list[list[str]], at: int) -> bool:
    """Write a column of lists as Python prints them (`['a', 'b']`, so pandas saves them) as JSON."""
    cells = [row[at] for row in body if row[at]]
    if not cells or not all(cell.startswith("[") and cell.endswith("]") for cell in cells):
        return False
    try:
        read = [ast.literal_eval(cell) for cell in cells if len(cell) <= MAX_LIST_CHARS]
        if len(read) < len(cells) or all(
            cell == json.dumps(value) for cell, value in zip(cells, read, strict=True)
        ):
            return False
        written = iter([json.dumps(value, ensure_ascii=False, allow_nan=False) for value in read])
    except (
        ValueError,
        TypeError,
        SyntaxError,
        MemoryError,
        RecursionError,
    ):  # JSON's null and true are here too
        return False
    for row in body:
        row[at] = next(written) if row[at] else ""
    return True


def _between(header: list[str]) -> str:
    return "," if len(header) > 1 else ", "


def _check_width(file: Path, row: list[str], line: int, width: int, delimiter: str) -> None:
    while len(row) > width and not row[-1].strip():
        row.pop()
    if len(row) != width:
        raise SuiteError(
            f"{file}, line {line}: the row has {len(row)} fields, and the header {width}, separated by "
            f"{NAMES[delimiter]}. Nothing was written. Mend that row; a field that holds the separator needs "
            f"quotes around it."
        )


def _written(rows: Sequence[Sequence[str]], delimiter: str) -> str:
    """Every cell quoted that needs it; a lone empty cell is quoted, lest its row be an empty line."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator="\n")
    writer.writerows(rows)
    return out.getvalue()
