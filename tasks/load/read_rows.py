"""Reading a user's file of rows: CSV (also as spreadsheets write it), JSONL, a JSON array, Parquet.

What is copied into a suite's folder is UTF-8 with plain line ends; a Parquet file is copied as it lies.
"""

import gzip
import json
import zlib
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb

from tasks.load.decode import decode
from tasks.load.read_csv import read_csv
from tasks.load.table import Table, fields_of, quoted_text
from warehouse.errors import SuiteError

MAX_BYTES = 256 << 20
PARQUET_ROWS = 20_000  # are looked at
KINDS = {"csv": "csv", "tsv": "csv", "txt": "csv", "jsonl": "jsonl", "ndjson": "jsonl", "json": "json"}
KINDS |= {"parquet": "parquet", "pq": "parquet"}
SPREADSHEETS = ("xlsx", "xls", "xlsm", "xlsb", "ods", "numbers")


def read_rows(file: Path, encoding: str | None = None) -> Table:
    """The rows of a file.

    Raises: SuiteError: it cannot be read, is of a kind that is not known, or a row of it is broken; names
        file and line, and what to do.
    """
    kind = _kind(file)
    if kind == "parquet":
        return _parquet(file)
    decoded = decode(_bytes(file), file, encoding)
    notes = [decoded.note] if decoded.note else []
    if kind == "csv":
        return read_csv(file, decoded.text, notes)
    return _json_array(file, decoded.text, notes) if kind == "json" else _jsonl(file, decoded.text, notes)


def _kind(file: Path) -> str:
    if not file.exists():
        raise SuiteError(f"{file}: there is no such file. Nothing was written. Check --from.")
    ending = file.name.lower().removesuffix(".gz").rpartition(".")[2]
    if ending in SPREADSHEETS:
        raise SuiteError(
            f"{file}: a spreadsheet itself is not read. Nothing was written. Save its sheet as CSV (in "
            f'Excel: "CSV UTF-8") and give that file.'
        )
    if ending not in KINDS or (KINDS[ending] == "parquet" and file.name.lower().endswith(".gz")):
        raise SuiteError(
            f"{file}: nightbench reads .csv, .tsv, .txt, .jsonl, .ndjson, .json (these also with .gz) and "
            f".parquet. Nothing was written. Rename the file to say what it is."
        )
    return KINDS[ending]


def _bytes(file: Path) -> bytes:
    try:
        with gzip.open(file) if file.name.lower().endswith(".gz") else file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise SuiteError(f"{file}: cannot be read ({error}). Nothing was written.") from error
    if len(data) > MAX_BYTES:
        raise SuiteError(
            f"{file}: more than {MAX_BYTES >> 20} MB. Nothing was written. Make it a Parquet file, or write "
            f"suite.toml and samples.sql by hand."
        )
    if not data.strip():
        raise SuiteError(f"{file}: the file is empty. Nothing was written.")
    return data


def _jsonl(file: Path, text: str, notes: list[str]) -> Table:
    rows, lines, kept = [], [], []
    for number, line in enumerate(text.replace("\r\n", "\n").replace("\r", "\n").split("\n"), start=1):
        if not line.strip():
            continue
        row = _parsed(line, file, number)
        if not isinstance(row, dict):
            raise SuiteError(
                f"{file}, line {number}: not a JSON object, but {_kind_of_json(row)}. Nothing was written. "
                f'JSONL has an object a line: {{"question": "...", "answer": "..."}}.'
            )
        rows.append(row)
        lines.append(number)
        kept.append(line)
    return _table(file, rows, lines, "\n".join(kept) + "\n", notes)


def _json_array(file: Path, text: str, notes: list[str]) -> Table:
    try:
        value = json.loads(text)
    except ValueError as error:
        if text.lstrip().startswith("{") and "\n" in text.strip():
            return _jsonl(file, text, [*notes, f"{file.name}: JSON lines, in spite of its name."])
        raise SuiteError(f"{file}: not JSON: {error}. Nothing was written.") from error
    rows = [value] if isinstance(value, dict) else value
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise SuiteError(
            f"{file}: a .json file must hold an array of objects; this is {_kind_of_json(value)}. Nothing "
            f"was written. Make it one, or JSONL."
        )
    if isinstance(value, dict):
        lists = [name for name, inner in value.items() if isinstance(inner, list)]
        raise SuiteError(
            f"{file}: a .json file must hold an array of objects; this is one object"
            + (f", with a list under {', '.join(lists)}" if lists else "")
            + ". Nothing was written. Take the array out of it."
        )
    written = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    return _table(
        file, rows, [], written, [*notes, f"{file.name}: an array; copied as JSONL, an object a line."]
    )


def _table(
    file: Path, rows: Sequence[dict[str, Any]], lines: Sequence[int], text: str, notes: list[str]
) -> Table:
    if not rows:
        raise SuiteError(f"{file}: there are no rows. Nothing was written.")
    for name in dict.fromkeys(name for row in rows for name in row):
        twins = {other for row in rows for other in row if other.casefold() == name.casefold()}
        if len(twins) > 1 or not name:
            said = " and ".join(f'"{twin}"' for twin in sorted(twins))
            raise SuiteError(
                f"{file}: the names {said} are one to SQL. Nothing was written. Rename one of them."
                if name
                else f"{file}: a field has an empty name. Nothing was written. Rename it."
            )
    try:
        content = text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise SuiteError(f"{file}: half a surrogate pair ({error}). Nothing was written.") from error
    return Table(file, "jsonl", content, rows, lines, fields_of(rows), tuple(notes))


def _parsed(line: str, file: Path, number: int) -> Any:
    try:
        return json.loads(line)
    except (ValueError, RecursionError) as error:
        column = f", column {error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        what = error.msg if isinstance(error, json.JSONDecodeError) else str(error)
        raise SuiteError(
            f"{file}, line {number}{column}: not JSON: {what}. Nothing was written. Mend that line; JSONL "
            f"has an object a line."
        ) from error


def _kind_of_json(value: object) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "null"}
    return names.get(type(value), "a number")


def _parquet(file: Path) -> Table:
    try:
        with closing(duckdb.connect()) as connection:
            connection.execute("set autoinstall_known_extensions = false; set TimeZone = 'UTC'")
            name = quoted_text(str(file))
            result = connection.execute(f"select * from read_parquet({name}) limit {PARQUET_ROWS + 1}")
            columns = [(str(name), str(kind)) for name, kind, *_ in result.description or []]
            found = result.fetchall()
    except duckdb.Error as error:
        raise SuiteError(f"{file}: cannot be read as Parquet: {error}. Nothing was written.") from error
    if not found:
        raise SuiteError(f"{file}: there are no rows. Nothing was written.")
    names = [name for name, _ in columns]
    rows = [dict(zip(names, row, strict=True)) for row in found[:PARQUET_ROWS]]
    opaque = [name for name, kind in columns if kind.startswith(("MAP", "UNION", "BLOB", "VARIANT"))]
    return Table(
        file, "parquet", None, rows, (), fields_of(rows, opaque), (), whole=len(found) <= PARQUET_ROWS
    )
