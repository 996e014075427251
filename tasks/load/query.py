"""Running a suite's samples.sql: its columns and rows, from a DuckDB process of its own (query_child.py)."""

import json
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from tasks.load.sealed import Table, left_out
from warehouse.errors import SuiteError

CHILD = Path(__file__).with_name("query_child.py")
MAX_ERROR_CHARS = 2_000  # DuckDB quotes the row that it cannot read, however long it is
INHERITED = ("PATH", "HOME", "LANG", "PYTHONPATH", "LD_LIBRARY_PATH", "TMPDIR")  # and no key
Row = tuple[Any, ...]


@dataclass(frozen=True)
class Column:
    """A column of the result: its name, and its type as DuckDB writes it."""

    name: str
    type: str


@dataclass(frozen=True)
class Result:
    """Columns, and the rows as they arrive: to be read once."""

    columns: tuple[Column, ...]
    rows: Iterator[Row]


@contextmanager
def running(
    sql: str, sql_file: Path, pulled: Path, tables: Mapping[str, Table] | None = None, *, sealed: bool = False
) -> Iterator[Result]:
    """The result of one SELECT that reads files of the folder of `sql_file`, then of `pulled`, and no others.

    `tables` are there by their names; they travel through pipes. Of a `sealed` suite nothing is written to
    disk (DuckDB spills nothing, what the child says is dropped), and no error quotes a value.

    Raises: SuiteError: not one SELECT, or DuckDB refuses it; in DuckDB's words.
    """
    folder = sql_file.parent.resolve()
    environ = {name: os.environ[name] for name in INHERITED if name in os.environ}
    with tempfile.TemporaryFile() as said, tempfile.TemporaryDirectory(prefix="nightbench-") as aside:
        asked = {
            "sql": sql,
            "folder": str(folder),
            "pulled": str(pulled.resolve()),
            "aside": aside,
            "spill": not sealed,
            "tables": tables or {},
        }
        child = subprocess.Popen(
            [sys.executable, "-P", str(CHILD)],
            cwd=folder,
            env={**environ, "TZ": "UTC"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL if sealed else said,
        )
        try:
            assert child.stdin is not None
            try:
                child.stdin.write(json.dumps(asked).encode())
                child.stdin.close()
            except BrokenPipeError:
                raise _died(child, said, sql_file) from None
            columns = _next(child, said, sql_file, sealed)
            yield Result(
                columns=tuple(Column(name, kind) for name, kind in columns[1]),
                rows=_rows(child, said, sql_file, sealed),
            )
        finally:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()


def _rows(child: subprocess.Popen[bytes], said: IO[bytes], sql_file: Path, sealed: bool) -> Iterator[Row]:
    while (batch := _next(child, said, sql_file, sealed)) is not None:
        yield from batch


def _next(child: subprocess.Popen[bytes], said: IO[bytes], sql_file: Path, sealed: bool) -> Any:
    assert child.stdout is not None
    try:
        item = pickle.load(child.stdout)  # noqa: S301 - written by our own child process
    except (EOFError, pickle.UnpicklingError):
        raise _died(child, said, sql_file) from None
    if isinstance(item, tuple) and item[0] == "error":
        what = left_out(str(item[1]).strip()) if sealed else str(item[1]).strip()
        if len(what) > MAX_ERROR_CHARS:
            what = f"{what[: MAX_ERROR_CHARS // 4]} ... {what[-MAX_ERROR_CHARS * 3 // 4 :]}"
        raise SuiteError(f"{sql_file}: the query fails. Nothing was sent. {_remedy(what)}\n{what}")
    return item


def _remedy(what: str) -> str:
    if what.startswith("Permission Error"):
        return "It may read files of its own folder, and those that its sources pull, by their names."
    if "Error when sniffing file" in what:
        return (
            "A row does not have the columns that are asked for. To have the row named, give read_csv "
            "auto_detect = false, with delim, header and columns."
        )
    return "Mend the query and look at it with `nightbench suites`."


def _died(child: subprocess.Popen[bytes], said: IO[bytes], sql_file: Path) -> SuiteError:
    code = child.wait()
    said.seek(0)
    words = said.read()[-2000:].decode("utf-8", "replace").strip()
    how = f"was killed by signal {-code} (out of memory?)" if code < 0 else f"ended with code {code}"
    return SuiteError(
        f"{sql_file}: the process that runs the query {how}. Nothing was sent.\n{words}".strip()
    )
