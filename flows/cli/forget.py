"""`forget`: remove runs, or the text of their prompts and responses, and say what that cannot reach."""

import os
import re
import sys
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Settings
from warehouse.errors import NightbenchError, SpecError

if TYPE_CHECKING:  # the command line imports this module for `--help` too
    from tasks.forgetting import Forgetting

AGE = re.compile(r"([1-9][0-9]{0,4})d\Z")


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(
        epilog="Examples:  nightbench forget 20260102-030405-x7k2 --dry-run   |   "
        "nightbench forget --older-than 180d --text-only --yes"
    )(forget)


def forget(
    run_ids: Annotated[
        list[str] | None, typer.Argument(metavar="[RUN_ID]...", help="As `nightbench runs` lists them.")
    ] = None,
    older_than: Annotated[
        str | None, typer.Option("--older-than", metavar="180d", help="Runs begun longer ago.")
    ] = None,
    keep_gb: Annotated[
        float | None,
        typer.Option("--keep-gb", metavar="GB", min=0.0, help="The oldest runs, until so much is left."),
    ] = None,
    text_only: Annotated[
        bool,
        typer.Option("--text-only", "--drop-text", help="Drop prompts and responses; grades and costs stay."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go; change nothing.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    as_json: JsonFlag = False,
) -> None:
    """Remove runs for good: from the tables, the journal and the records, with regrades of them.

    What cannot be reached is said. A run that is at work is refused. What was begun by a process that died is
    brought to its end.
    """
    from tasks.forgetting import plan_forgetting
    from tasks.forgetting_done import forget as do

    home = Settings.read(os.environ).home
    if not run_ids and older_than is None and keep_gb is None:
        raise SpecError("name runs, or give --older-than or --keep-gb. Nothing was forgotten.")
    if text_only and keep_gb is not None:
        raise SpecError(
            "--keep-gb counts what whole runs take, and --text-only keeps the runs. Nothing was forgotten. "
            "Give one of them."
        )
    planned = plan_forgetting(
        home,
        run_ids or (),
        older_than=_age(older_than),
        keep_bytes=None if keep_gb is None else round(keep_gb * 10**9),
        text_only=text_only,
    )
    if not as_json:
        _print(planned)
    done = bool(planned.runs) and not dry_run
    if done:
        _ask(planned, yes=yes)
        do(home, planned)
    if as_json:
        print_json({**_document(planned), "forgotten": done})
    elif done:
        say(f"Forgotten: {'the text of ' if text_only else ''}{len(planned.runs)} run(s).")
    elif planned.runs:
        say("Nothing was changed: this is a dry run.")


def _age(text: str | None) -> timedelta | None:
    """Raises: SpecError: it is no number of days."""
    if text is None:
        return None
    match = AGE.match(text)
    if match is None:
        raise SpecError(
            f'--older-than "{text[:20]}": a number of days is needed, as 180d. Nothing was forgotten.'
        )
    return timedelta(days=int(match[1]))


def _ask(planned: "Forgetting", *, yes: bool) -> None:
    """Raises: SpecError: nobody is there to answer. NightbenchError: the answer was no."""
    if yes:
        return
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise SpecError(
            "forgetting cannot be undone, and nobody is at a terminal to be asked. Nothing was forgotten. "
            "--dry-run shows what would go; --yes answers beforehand."
        )
    what = "the text of " if planned.what == "text" else ""
    sys.stderr.write(f"Forget {what}{len(planned.runs)} run(s) for good? [y/N] ")
    sys.stderr.flush()
    if sys.stdin.readline().strip().lower() not in {"y", "yes"}:
        raise NightbenchError("not done, as you said. Nothing was forgotten. --yes answers beforehand.")


def _print(planned: "Forgetting") -> None:
    if not planned.runs:
        say("There is nothing to forget.")
        return
    rows = [
        {
            "run": run.run_id,
            "started (UTC)": f"{run.started_at:%Y-%m-%d %H:%M}",
            "kind": run.kind,
            "status": run.status,
            "files": run.n_files,
            "bytes": f"{run.n_bytes:,}",
            "because": run.because,
        }
        for run in planned.runs
    ]
    print_table("", rows, right=["files", "bytes"])
    for sentence in planned.stays:
        note(f"stays: {sentence}")
    for sentence in planned.unreached:
        note(f"not reached: {sentence}")


def _document(planned: "Forgetting") -> dict[str, object]:
    return {
        "what": planned.what,
        "runs": [
            {
                "run_id": run.run_id,
                "started_at": run.started_at,
                "kind": run.kind,
                "status": run.status,
                "because": run.because,
                "files": run.n_files,
                "bytes": run.n_bytes,
                "batches": list(run.batches),
            }
            for run in planned.runs
        ],
        "graders": list(planned.graders),
        "stays": list(planned.stays),
        "not_reached": list(planned.unreached),
    }
