"""Writing a new suite's folder, whole or not at all: aside, proven by loading it, and renamed into place."""

import contextlib
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tasks.load.discover import discover
from tasks.load.draft import Draft, left_out_of, make_draft, rows_of
from tasks.load.guess import Columns, guess_columns
from tasks.load.guess_grader import GraderGuess, guess_grader
from tasks.load.read_rows import read_rows
from tasks.load.samples import load_suite
from tasks.load.table import Table
from tasks.model import Suite
from warehouse.errors import SuiteError

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}\Z")
TAKEN = ("check",)  # `nightbench suites check NAME`
NAMED_ROWS = 10


@dataclass(frozen=True)
class Scaffold:
    """A suite that was written, and everything that was guessed for it."""

    suite: Suite
    folder: Path
    files: tuple[str, ...]
    columns: Columns
    guess: GraderGuess
    notes: tuple[str, ...]


def write_suite(
    name: str,
    file: Path,
    parent: Path,
    *,
    told: Mapping[str, str],
    encoding: str | None,
    others: tuple[Path, ...],
    prove: Callable[[Suite], None],
) -> Scaffold:
    """Guess a suite from a file of rows and write its folder into `parent`.

    `others` are the folders of suites in which the name must be free; `prove` raises where the suite cannot
    run, and then nothing is written. Raises: SuiteError: says what is wrong, and where.
    """
    _check_name(name, parent, others)
    table = read_rows(file, encoding)
    columns = guess_columns(table, told)
    left_out = left_out_of(table, columns)
    if len(left_out) == len(table.rows):
        place, why = left_out[0]
        raise SuiteError(f"{file}: no row can be a sample; {place}: {why}. Nothing was written.")
    guess = _grader_of(table, columns)
    draft = make_draft(name, table, columns, guess)
    suite = _write(name, parent, table, draft, prove)
    files = (*draft.files, draft.rows_file)
    return Scaffold(suite, parent / name, files, columns, guess, _notes(table, draft, guess))


def _check_name(name: str, parent: Path, others: tuple[Path, ...]) -> None:
    if not NAME.match(name) or name in TAKEN:
        why = "is a word of the command line" if name in TAKEN else "cannot be a suite's name"
        raise SuiteError(
            f'"{name}" {why}. Nothing was written. Take letters, digits, "_", "-" and ".", as in capitals_eu.'
        )
    if os.path.lexists(parent / name):
        raise SuiteError(
            f"{parent / name}: is there already, and is not overwritten. Nothing was written. Take another "
            f"name or --dir, or move it away."
        )
    known = discover([folder for folder in (*others, parent) if folder.is_dir()])
    if name in known:
        raise SuiteError(
            f'There is a suite "{name}" already: {known[name]}. Nothing was written. Take another name.'
        )


def _grader_of(table: Table, columns: Columns) -> GraderGuess:
    try:
        guess = guess_grader(rows_of(table, columns))
    except ValueError as error:
        raise SuiteError(f"{table.file}, {error}. Nothing was written. Mend that row.") from error
    if guess is None:
        names = ", ".join(field.name for field in table.fields)
        raise SuiteError(
            f"{table.file}: there is no right answer in the rows. The columns are: {names}. Nothing was "
            f"written. Say which it is with --target COL."
        )
    return guess


def _write(name: str, parent: Path, table: Table, draft: Draft, prove: Callable[[Suite], None]) -> Suite:
    made = _make(parent)
    # Two levels deep, so that no search for suites finds what a killed process leaves behind.
    aside = Path(tempfile.mkdtemp(prefix=".nightbench-init-", dir=parent))
    folder = aside / name
    try:
        folder.mkdir()
        if table.content is None:
            shutil.copyfile(table.file, folder / draft.rows_file)
        else:
            (folder / draft.rows_file).write_bytes(table.content)
        for filename, text in draft.files.items():
            (folder / filename).write_text(text, encoding="utf-8", newline="\n")
        suite = load_suite(folder, aside / "cache")
        if table.whole and len(suite.samples) != draft.n_samples:
            raise SuiteError(
                f"{table.file}: {draft.n_samples} rows were read, and DuckDB reads {len(suite.samples)} from "
                f"their copy. Nothing was written. Save the file as JSONL, and try again."
            )
        prove(suite)
        if os.path.lexists(parent / name):
            raise SuiteError(f"{parent / name}: is there by now. Nothing was written.")
        folder.rename(parent / name)
    except SuiteError as error:
        _unmake(made)
        said = (
            str(error)
            .replace(str(folder), str(parent / name))
            .replace("Nothing was sent", "Nothing was written")
        )
        raise SuiteError(said) from error
    except OSError as error:
        _unmake(made)
        raise SuiteError(
            f"{parent / name}: cannot be written ({error.strerror}). Nothing was written. Give a folder of "
            f"yours with --dir."
        ) from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
        _unmake(made)
    return suite


def _make(parent: Path) -> list[Path]:
    """Make the folder of suites; returns those that were not there, the innermost first."""
    missing = [folder for folder in (parent, *parent.parents) if not folder.exists()]
    try:
        parent.mkdir(parents=True, exist_ok=True)
        probe = tempfile.mkdtemp(prefix=".nightbench-init-", dir=parent)
        Path(probe).rmdir()
    except OSError as error:
        _unmake(missing)
        raise SuiteError(
            f"{parent}: cannot be written ({error.strerror}). Nothing was written. Give a folder of yours "
            f"with --dir."
        ) from error
    return missing


def _unmake(folders: list[Path]) -> None:
    """Folders that were made for nothing; one that holds something stays."""
    for folder in folders:
        with contextlib.suppress(OSError):
            folder.rmdir()


def _notes(table: Table, draft: Draft, guess: GraderGuess) -> tuple[str, ...]:
    said = list(table.notes)
    if not table.whole:
        said.append(f"{table.file.name}: the guesses rest on its first {len(table.rows):,} rows.")
    if draft.left_out:
        named = ", ".join(f"{place} ({why})" for place, why in draft.left_out[:NAMED_ROWS])
        more = f" and {len(draft.left_out) - NAMED_ROWS} more" if len(draft.left_out) > NAMED_ROWS else ""
        said.append(f"Left out of the samples: {named}{more}.")
    return (*said, *guess.notes)
