"""`regrade`: stored answers are graded anew, by graders, by judges, or by a person."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ask_first import ask_first
from flows.cli.options import BudgetOption, DirOption, JudgeOption, UnsafeFlag, YesFlag
from flows.cli.run import let_code_run
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.runs import begin_run, check_run_id, forget_unsent, new_run_id, read_run, run_lock
from tasks.spec import EvalSpec, make_spec
from warehouse.errors import SpecError, StoppedShort

if TYPE_CHECKING:  # DuckDB and what reads Parquet take half a second, which `--help` does not wait for
    import duckdb

    from tasks.judges.verdicts import JudgedTurn
    from tasks.model import Suite
    from tasks.regrade_stored import StoredRun
    from tasks.regrading import Plan
    from tasks.runs import RunRecord

Land = Callable[["RunRecord"], object]


@dataclass(frozen=True)
class Asked:
    """Who is asked where a grader asks a judge, and within which bounds."""

    judges: list[str] | None
    budget_usd: str | None
    yes: bool


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
    settings = _settings(Settings.read(os.environ, tuple(suites_dir or ())), check_run_id(run))
    settings.home.make()
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    check_gradable(settings.home, run)
    try:
        with Interrupts() as interrupts:
            if labels is not None:
                with open_catalog(settings.home.warehouse) as connection:
                    _label(settings, connection, run, chosen, labels, interrupts)
            else:
                _judge(settings, run, chosen, graders or [], Asked(judge, budget_usd, yes), interrupts)
    except KeyboardInterrupt:
        if not _is_committed(settings.home, chosen):  # a second Ctrl-C may come too late
            raise StoppedShort(
                "stopped by Ctrl-C. Nothing was graded; the same command begins anew."
            ) from None
    print_regrade(settings.home, chosen, as_json=as_json)


def print_regrade(home: Home, run_id: str, *, as_json: bool = False) -> None:
    """What a committed regrade changed, and the graded run's results as they are now."""
    from flows.regraded import regraded
    from flows.summary import RunSummary

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


def _settings(settings: Settings, run: str) -> Settings:
    """With the folders of suites that the run itself was given, where its record is still there."""
    if not (settings.home.runs / f"{run}.json").exists():
        return settings
    folders = tuple(Path(folder) for folder in read_run(settings.home, run).suite_folders)
    known = (folder for folder in folders if folder.is_dir())
    return replace(settings, suite_folders=tuple(dict.fromkeys((*settings.suite_folders, *known))))


def _judge(
    settings: Settings, run: str, chosen: str, graders: list[str], asked: Asked, interrupts: Interrupts
) -> None:
    from tasks.judges.stored import regrade_spec
    from tasks.regrade_stored import read_stored_run
    from tasks.regrading import plan_regrade
    from tasks.regrading import regrade as grade_again
    from warehouse.query import open_catalog

    with open_catalog(settings.home.warehouse) as connection:
        judges = asked.judges or read_stored_run(connection, run).spec.get("judge")
        plan: Plan = plan_regrade(settings, connection, run, graders, judges=bool(judges))
    for sentence in plan.notes:
        note(sentence)
    n = sum(part.suite.answers for part in plan.parts)
    note(f"run {chosen}: grades {n:,} answers of run {run} again")

    def land(record: "RunRecord") -> object:
        judged = _ask(settings, record, plan, asked, interrupts) if plan.asking else ()
        with open_catalog(settings.home.warehouse) as connection:
            return grade_again(
                settings, record, connection, plan, judged=judged, say=note, check=interrupts.check
            )

    spec = regrade_spec(plan.run, judges, asked.budget_usd) if plan.asking else None
    _landing(settings.home, chosen, plan.run, plan.asked, land, spec)


def _ask(
    settings: Settings, record: "RunRecord", plan: "Plan", asked: Asked, interrupts: Interrupts
) -> "Sequence[tuple[Suite, JudgedTurn]]":
    """Put the answers to the judges, of whom it is said beforehand what they cost."""
    from flows.judges import ask_judges
    from tasks.call.journal_reader import read_journal
    from tasks.judges.alone import prepare_judging, read_judging
    from tasks.judges.stored import stored_judging
    from warehouse.query import open_catalog

    spec = record.eval_spec()
    with open_catalog(settings.home.warehouse) as connection:
        judging = stored_judging(connection, plan.run, record.run_id, spec, plan.asking)
    if judging is None:
        return ()
    work = prepare_judging(settings, record, judging, os.environ)
    for sentence in work.notes:
        note(sentence)
    ask_first(spec, work.estimate, yes=asked.yes)
    ask_judges(work, interrupts, f"The same command with --run-id {record.run_id} goes on with it.")
    return read_judging(judging, read_journal(settings.home.journal(record.run_id)), plan.scored_by)


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
    _landing(settings.home, chosen, stored, asked, land)


def _landing(
    home: Home,
    chosen: str,
    stored: "StoredRun",
    asked: Mapping[str, object],
    land: Land,
    spec: EvalSpec | None = None,
) -> None:
    """Begin the run, land it, and leave no trace of one that did not come to its commit.

    One that asked judges stays, with its journal, and the same id goes on with it.
    """
    spec = make_spec(stored.spec) if spec is None else spec
    with run_lock(home, chosen):
        if _is_committed(home, chosen):
            raise SpecError(f'run id "{chosen}" is taken. Nothing was graded. Give another --run-id.')
        record = begin_run(home, spec, chosen, trigger="cli", kind="regrade", regrade=asked)
        try:
            land(record)
        except BaseException:  # Ctrl-C too
            forget_unsent(home, chosen)
            raise


def _is_committed(home: Home, run_id: str) -> bool:
    return any((home.warehouse / "commits").glob(f"{run_id}.*.json"))
