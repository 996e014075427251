"""Sealed suites: their text is not to be published, so it lies on no disk in clear.

A zip archive stays as it was pulled; one member is decrypted in memory with the password of suite.toml and
becomes a table for samples.sql, every column text (an empty field of a CSV is an empty text). What leaves
the process is cleared of the text: rows of the warehouse (tasks/land/rows.py), errors (here), the journal of
a complete run (tasks/call/journal_end.py).

The cipher is the zip format's own, which Python's zipfile reads; AES is refused with a sentence. Not done:
wiping memory, or keeping the system from swapping it out.
"""

import csv
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath

from tasks.load.definition import CARD, Archive, Definition, leaves_its_folder
from warehouse.errors import SuiteError

MAX_MEMBER_BYTES = 256 << 20
AES = 99  # the number in place of a compression method
LEFT_OUT = "its words are left out, because the suite is sealed and they may quote it"
# What is found in the query alone, before a value is looked at, and our own words.
OF_THE_QUERY = ("Binder Error", "Catalog Error", "Parser Error", "Permission Error", "it must hold", "row ")

Table = dict[str, list[str | None]]  # a list of values a column


def read_tables(definition: Definition, pulled: Path) -> dict[str, Table]:
    """The tables that a suite's archives hold, by name; `pulled` is the folder of its pulled files.

    Raises: SuiteError: an archive is damaged, has no such member, its password is another, or the member is
        not what its name says; the text is never quoted.
    """
    tables = {}
    for source in definition.sources:
        if source.archive is not None:
            card, path = definition.folder / CARD, pulled / source.filename
            data = open_member(path, source.archive, card)
            tables[source.archive.table] = _table(data, f"{path}: {source.archive.member}")
    return tables


def open_member(path: Path, archive: Archive, card: Path) -> bytes:
    """The content of the member, decrypted in memory.

    Raises: SuiteError: as read_tables.
    """
    member = archive.member
    try:
        with zipfile.ZipFile(path) as file:
            if astray := next(filter(leaves_its_folder, file.namelist()), None):
                raise SuiteError(
                    f"{path}: its member {astray!r} leads out of the archive's folder. Nothing was "
                    f"unpacked. Nothing was sent. Remove the file, and look at where it came from."
                )
            info = file.getinfo(member)
            if info.file_size > MAX_MEMBER_BYTES:
                raise SuiteError(
                    f"{path}: {member} has {info.file_size:,} bytes; an archive's member is read into memory "
                    f"and may have {MAX_MEMBER_BYTES:,}. Nothing was sent."
                )
            if info.compress_type == AES:
                raise SuiteError(
                    f"{path}: {member} is encrypted with AES; nightbench opens the zip format's own cipher "
                    f"alone. Nothing was sent. Pack it anew, as `zip --encrypt` does."
                )
            return file.read(info, archive.password.encode() if archive.password else None)
    except KeyError:
        raise SuiteError(
            f'{path}: there is no "{member}" in the archive. It has: {_names(path)}. Nothing was sent. Mend '
            f"archive.member in {card}."
        ) from None
    except (RuntimeError, NotImplementedError) as error:  # how zipfile speaks of passwords and methods
        word = "is not the one" if archive.password else "is missing"
        raise SuiteError(
            f"{path}: {member} cannot be opened ({type(error).__name__}: the password of {card} {word}, or "
            f"the archive is packed in a way that Python does not read). Nothing was sent. Mend "
            f"archive.password, or pack it anew."
        ) from None
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, ValueError) as error:
        raise SuiteError(
            f"{path}: the archive is damaged, or the password of {card} is not its ({type(error).__name__}). "
            f"Nothing was sent. Remove the file and pull it again."
        ) from None


def left_out(message: str) -> str:
    """What may be told of an error of the query: DuckDB's words where they quote no value, else its kind."""
    if message.startswith(OF_THE_QUERY):
        return message
    kind = re.match(r"[A-Z][A-Za-z ]+ Error(?=:)", message)
    return f"{kind[0] if kind else 'It fails'}; {LEFT_OUT}."


def _names(path: Path) -> str:
    with zipfile.ZipFile(path) as file:
        names = file.namelist()
    return ", ".join(names[:20]) + (" ..." if len(names) > 20 else "") if names else "nothing"


def _table(data: bytes, place: str) -> Table:
    kind = PurePosixPath(place).suffix.lower()
    readers: dict[str, Callable[[str], Iterator[list[str | None]]]] = {
        ".csv": lambda text: _csv_rows(text, ","),
        ".tsv": lambda text: _csv_rows(text, "\t"),
        ".jsonl": _json_rows,
    }
    if kind not in readers:
        raise SuiteError(
            f"{place}: nightbench reads {', '.join(readers)} out of an archive. Nothing was sent."
        )
    try:
        rows = readers[kind](data.decode("utf-8-sig"))
        names = _distinct([name or "" for name in next(rows, [])])
        values = _rectangular(rows, len(names))
    except UnicodeDecodeError as error:
        raise SuiteError(f"{place}: is not UTF-8 at byte {error.start:,}. Nothing was sent.") from None
    except ValueError as error:  # of our own words
        raise SuiteError(f"{place}: {error}. Nothing was sent.") from None
    return dict(zip(names, map(list, zip(*values, strict=True)), strict=True))


def _csv_rows(text: str, delimiter: str) -> Iterator[list[str | None]]:
    csv.field_size_limit(MAX_MEMBER_BYTES)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for row in rows:
            if row:
                yield [*row]
    except csv.Error:
        raise ValueError(f"line {rows.line_num} cannot be read") from None


def _json_rows(text: str) -> Iterator[list[str | None]]:
    """The keys first, then the objects; what is no text stays JSON, null becomes NULL."""
    objects = []
    for number, line in enumerate(text.split("\n"), start=1):
        if line.strip():
            try:
                found = json.loads(line)
            except (ValueError, RecursionError):
                raise ValueError(f"line {number} is not JSON") from None
            if not isinstance(found, dict):
                raise ValueError(f"line {number} is not an object")
            objects.append(found)
    keys = list(dict.fromkeys(key for found in objects for key in found))
    yield [*keys]
    for found in objects:
        yield [_as_text(found.get(key)) for key in keys]


def _as_text(value: object) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _rectangular(rows: Iterable[list[str | None]], n_columns: int) -> list[list[str | None]]:
    found = []
    for number, row in enumerate(rows, start=1):
        if len(row) != n_columns:
            raise ValueError(f"row {number} has {len(row)} fields, and the header {n_columns}")
        found.append(row)
    if not found:
        raise ValueError("there are no rows")
    return found


def _distinct(names: Sequence[str]) -> list[str]:
    """Names as a table can have them: of several that differ in case at most, the later get a number."""
    taken: set[str] = set()
    found = []
    for place, name in enumerate(names):
        wanted, n = name or f"column{place}", 0
        while (chosen := wanted if n == 0 else f"{wanted}_{n}").lower() in taken:
            n += 1
        taken.add(chosen.lower())
        found.append(chosen)
    return found
