"""`compact`: many small files of a month become one a table."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from typing import Annotated

import typer

from flows.cli.show import JsonFlag, print_json, print_table, say
from tasks.home import Settings


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command(
        epilog="Examples:  nightbench compact --dry-run   |   nightbench compact --month 2026-03 --grace 24h"
    )(compact)


def compact(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be merged; change nothing.")
    ] = False,
    month: Annotated[
        list[str] | None,
        typer.Option(
            "--month",
            metavar="YYYY-MM",
            help="Only this month; may be repeated. Default: all before this one.",
        ),
    ] = None,
    grace: Annotated[
        str,
        typer.Option("--grace", metavar="TIME", help="Old files stay so long for readers of an old catalog."),
    ] = "24h",
    as_json: JsonFlag = False,
) -> None:
    """Merge the small files of a month into one a table; no answer changes."""
    from tasks.compacting import check_months, compact_home, parse_grace, plan_home

    home = Settings.read(os.environ).home
    months, stay = check_months(month or ()), parse_grace(grace)
    plans, removed, waiting = plan_home(home, months), None, None
    if not dry_run:
        with _bar(sum(plan.n_bytes for plan in plans)) as advance:
            done = compact_home(home, months, stay, lambda plan: advance(plan.month, plan.n_bytes))
        plans, removed, waiting = list(done.months), len(done.removed), done.waiting
    if as_json:
        rows = [asdict(plan) for plan in plans]
        print_json({"dry_run": dry_run, "months": rows, "removed_files": removed, "waiting_files": waiting})
        return
    shown = [
        {
            "month": plan.month,
            "runs": plan.n_runs,
            "new": plan.n_runs_new,
            "files": plan.n_files,
            "MB": f"{plan.n_bytes / 1e6:,.1f}",
            "being run": len(plan.live),
        }
        for plan in plans
    ]
    if shown:
        print_table("would be merged" if dry_run else "merged", shown, right=[*shown[0]][1:])
    else:
        say("There is nothing to merge." + ("" if months else " The current month is, if --month names it."))
    if removed:
        say(f"{removed:,} old files removed.")
    if waiting:
        say(f"{waiting:,} old files wait for the end of their {grace}; the next compact then removes them.")


@contextmanager
def _bar(n_bytes: int) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on stderr; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("merging", total=n_bytes)
        yield lambda month, n: bar.update(task, description=f"merged {month}", advance=n)
