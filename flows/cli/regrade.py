"""`regrade`: stored answers are graded anew, by graders, by judges, or by a person."""

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ask_first import ask_first
from flows.cli.options import BudgetOption, DirOption, JudgeOption, UnsafeFlag, YesFlag
from flows.cli.run import let_code_run
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from flows.running.begun import Begun, is_committed
from flows.running.regrading import Asked, judge_again, landing, with_folders_of
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.runs import check_run_id, new_run_id
from warehouse.errors import SpecError, StoppedShort

if TYPE_CHECKING:  # DuckDB and what reads Parquet take half a second, which `--help` does not wait for
    import duckdb

    from tasks.runs import RunRecord

WAY_ON = "The same command with --run-id {run_id} goes on with it."


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench regrade RUN_ID --grader numeric   |   "
        "nightbench regrade RUN_ID --labels verdicts.csv   |   "
        "nightbench regrade RUN_ID --grader judge --judge openai/gpt-6-luna"
    )(regrade)


def regrade(
    run: Annotated[str, typer.Argument(metavar="RUN", help="The run whose answers are graded.")],
    graders: Annotated[
        list[str] | None, typer.Option("--grader", help="Only this one, by its name; repeat for more.")
    ] = None,
    labels: Annotated[
        Path | None,
        typer.Option(
            "--labels",
            help="Verdicts of a person: CSV or JSONL with run_id, call_key, passed, author, reason.",
        ),
    ] = None,
    run_id: Annotated[str | None, typer.Option("--run-id", help="An id of yours for the regrade.")] = None,
    judge: JudgeOption = None,
    budget_usd: BudgetOption = None,
    yes: YesFlag = False,
    unsafe_local_code: UnsafeFlag = False,
    suites_dir: DirOption = None,
    as_json: JsonFlag = False,
) -> None:
    """Grade the stored answers of a run again; the grades before stay.

    No model is called but judges, where a grader asks one: those that the run had, or --judge.
    """
    from tasks.regrading import check_gradable
    from warehouse.query import open_catalog

    if labels is not None and graders:
        raise SpecError("--labels are a person's verdicts, and --grader names a program: give one of them.")
    let_code_run(unsafe_local_code)
    settings = with_folders_of(Settings.read(os.environ, tuple(suites_dir or ())), check_run_id(run))
    settings.home.make()
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    check_gradable(settings.home, run)
    asked = Asked(graders or (), judge or None, budget_usd, note, partial(ask_first, yes=yes), WAY_ON)
    try:
        with Interrupts() as interrupts:
            if labels is not None:
                with open_catalog(settings.home.warehouse) as connection:
                    _label(settings, connection, run, chosen, labels, interrupts)
            else:
                judge_again(settings, run, Begun(chosen, "cli"), asked, interrupts)
    except KeyboardInterrupt:
        if not is_committed(settings.home, chosen):  # a second Ctrl-C may come too late
            raise StoppedShort(
                "stopped by Ctrl-C. Nothing was graded; the same command begins anew."
            ) from None
    print_regrade(settings.home, chosen, as_json=as_json)


def print_regrade(home: Home, run_id: str, *, as_json: bool = False) -> None:
    """What a committed regrade changed, and the graded run's results as they are now."""
    from flows.pages.regraded import regraded
    from flows.pages.summary import RunSummary

    done = regraded(home, run_id)
    if as_json:
        print_json(
            {
                "run_id": run_id,
                "status": done.run["status"],
                "graded_run": done.graded_run,
                "run": done.run,
                "changes": done.changes,
                "leaderboard": done.leaderboard,
            }
        )
        return
    rows = done.rows()
    print_table("Graded again", rows, right=list(rows[0])[3:] if rows else [])
    board = RunSummary(done.run, done.leaderboard, ()).leaderboard_rows()
    print_table(f"Leaderboard of run {done.graded_run}", board, right=list(board[0])[2:] if board else [])
    for line in done.ways_on:
        say(line)


def _label(
    settings: Settings,
    connection: "duckdb.DuckDBPyConnection",
    run: str,
    chosen: str,
    file: Path,
    interrupts: Interrupts,
) -> None:
    from tasks.labels import HUMAN, land_labels, read_labels
    from tasks.regrade_stored import read_stored_run

    stored = read_stored_run(connection, run)
    labels = read_labels(file, run)
    note(f"run {chosen}: {len(labels):,} verdicts on answers of run {run}")

    def land(record: "RunRecord") -> object:
        return land_labels(settings.home, record, connection, stored, file, labels, interrupts.check)

    asked = {"run_id": run, "graders": [HUMAN], "labels": file.name}
    landing(settings.home, Begun(chosen, "cli"), stored, asked, land)
