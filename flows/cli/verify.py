"""`verify`: does the warehouse hold what was committed, and can what does not be restored?"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.show import JsonFlag, note, print_json, say
from tasks.home import Settings
from tasks.runs import check_run_id

if TYPE_CHECKING:  # DuckDB and what reads Parquet take half a second, which `--help` does not wait for
    from rich.progress import Progress

    from warehouse.integrity.findings import Finding, Verified


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench verify   |   nightbench verify --run RUN_ID   |   "
        "nightbench verify --repair"
    )(verify)


def verify(
    run: Annotated[
        list[str] | None,
        typer.Option("--run", metavar="ID", help="Only this run and those it refers to; repeat for more."),
    ] = None,
    repair: Annotated[
        bool, typer.Option("--repair", help="Restore from the journal what can be; nothing is asked.")
    ] = False,
    as_json: JsonFlag = False,
) -> None:
    """Check that every file, row group and reference is as it was committed, and that the money adds up.

    Exit code 0: all of it holds; 1: something does not, and is named.
    """
    from warehouse.integrity.verify import verify as check

    run_ids = [check_run_id(run_id) for run_id in run or ()]
    settings = Settings.read(os.environ)
    with _watching() as watcher:
        found = check(settings.home.warehouse, run_ids, watcher)
    done = None
    if repair and found.problems:
        from tasks.repair import repair as restore

        for finding in found.problems:
            note(f"{finding.kind}: {finding.place}: {finding.why}")
        done = restore(settings, found)
        with _watching() as watcher:
            found = check(settings.home.warehouse, run_ids, watcher)
    if as_json:
        repaired = {} if done is None else {"restored": done.restored, "left": done.left}
        print_json({**as_document(found), **repaired})
    else:
        for place in done.restored if done else ():
            say(f"restored: {place}")
        for sentence in done.left if done else ():
            say(f"left: {sentence}")
        print_verified(found)
    raise typer.Exit(1 if found.problems else 0)


def as_document(found: "Verified") -> dict[str, object]:
    """What was found, as one JSON document."""
    return {
        "whole": not found.problems,
        "runs": found.n_runs,
        "files": found.n_files,
        "bytes": found.n_bytes,
        "rows": found.n_rows,
        "seconds": round(found.seconds, 3),
        "mb_per_s": round(found.mb_per_s, 1),
        "problems": [_plain(finding) for finding in found.problems],
        "notes": [_plain(finding) for finding in found.notes],
    }


def print_verified(found: "Verified") -> None:
    """What was found, for a person."""
    for finding in found.problems:
        say(f"{finding.kind}: {finding.sentence()}")
    leftovers = [finding for finding in found.notes if finding.kind == "leftover"]
    for finding in found.notes:
        if finding.kind != "leftover" or len(leftovers) <= 5:
            note(f"{finding.kind}: {finding.sentence()}")
    if len(leftovers) > 5:
        place = leftovers[0].place
        note(f"leftover: {len(leftovers):,} files that no manifest names, as {place}; --json lists them")
    say(
        f"{found.n_runs:,} runs, {found.n_files:,} files, {found.n_bytes / 1e6:,.1f} MB read at "
        f"{found.mb_per_s:,.0f} MB/s, {found.n_rows:,} rows checked in {found.seconds:.1f} s: "
        + _verdict(len(found.problems))
    )


def _verdict(n_problems: int) -> str:
    if n_problems == 0:
        return "all of it holds"
    return "1 thing does not hold" if n_problems == 1 else f"{n_problems:,} things do not hold"


def _plain(finding: "Finding") -> dict[str, object]:
    return {
        "kind": finding.kind,
        "place": finding.place,
        "row_groups": list(finding.row_groups),
        "run_ids": list(finding.run_ids),
        "why": finding.why,
        "remedy": finding.remedy,
    }


class _Bar:
    """A progress bar on stderr; nothing where that is no terminal."""

    def __init__(self, bar: "Progress") -> None:
        self._bar = bar
        self._task = bar.add_task("listing", total=None)

    def begin(self, what: str, total: int) -> None:
        """A step begins."""
        self._bar.reset(self._task, description=what, total=total)

    def advance(self, n: int) -> None:
        """So much of it is done."""
        self._bar.advance(self._task, n)


@contextmanager
def _watching() -> Iterator[_Bar]:
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bar:
        yield _Bar(bar)
