"""The views and macros as they lie in `views/` and `macros/`: one a file, named `NN_name.sql`.

A file's header is its documentation and becomes the `comment on` of the view and its columns.
"""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent
FILE_NAME = re.compile(r"[0-9]{2}_(?P<name>[a-z0-9_]+)\.sql\Z")
COLUMN = re.compile(r"-- (?P<name>[a-z0-9_]+) {2,}(?P<type>[a-z0-9(),\[\]]+) {2,}(?P<meaning>\S.*)\Z")
CONTINUED = re.compile(r"-- {6,}(?P<meaning>\S.*)\Z")


@dataclass(frozen=True)
class Column:
    """One line of a header: a view's column, its DuckDB type and what it means."""

    name: str
    type: str
    meaning: str


@dataclass(frozen=True)
class SqlFile:
    """A view's query, or a macro's statement, with its header."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    sql: str

    @property
    def kept(self) -> str | None:
        """How the catalog keeps its rows: `by run`, `whole` or `answered`; None: the files are asked."""
        line = next((line for line in self.comment.splitlines() if line.startswith("Kept:")), None)
        return None if line is None else line.removeprefix("Kept:").partition(",")[0].strip()


@cache
def load_views() -> tuple[SqlFile, ...]:
    """Every view, in the order of creation."""
    return _load(HERE / "views", "*.sql")


@cache
def load_macros() -> tuple[SqlFile, ...]:
    """The macros that views are made of, in the order of creation: those numbered below 40."""
    return _load(HERE / "macros", "[0-3][0-9]_*.sql")


@cache
def load_late_macros() -> tuple[SqlFile, ...]:
    """The macros that are made of views, which DuckDB wants to see when a macro is made: 40 and above."""
    return _load(HERE / "macros", "[4-9][0-9]_*.sql")


def parse(name: str, text: str) -> SqlFile:
    """Take a file apart: leading comment lines are its header, the rest is SQL."""
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if not line.startswith("--")), len(lines))
    comment: list[str] = []
    columns: list[Column] = []
    for line in lines[:end]:
        if match := COLUMN.match(line):
            columns.append(Column(match["name"], match["type"], match["meaning"]))
        elif columns and (match := CONTINUED.match(line)):
            last = columns.pop()
            columns.append(Column(last.name, last.type, f"{last.meaning} {match['meaning']}"))
        else:
            comment.append(re.sub(r" +", " ", line.removeprefix("--").strip()))
    return SqlFile(name, "\n".join(comment), tuple(columns), "\n".join(lines[end:]).strip().rstrip(";"))


def _load(folder: Path, names: str) -> tuple[SqlFile, ...]:
    found = [(path, FILE_NAME.match(path.name)) for path in sorted(folder.glob(names))]
    return tuple(parse(match["name"], path.read_text("utf-8")) for path, match in found if match)
