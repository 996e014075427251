"""`calibrate`: a judge is held against labels of persons."""

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flows.cli.ask_first import ask_first
from flows.cli.options import BudgetOption, YesFlag
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.runs import begin_run, check_run_id, forget_unsent, new_run_id, run_lock
from tasks.spec import make_spec
from warehouse.errors import SpecError

if TYPE_CHECKING:  # a help text has no need of them
    from tasks.judges.labels import Labels
    from tasks.runs import RunRecord


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command(
        epilog="Examples:  nightbench calibrate recorded/gpt-4 --labels verdicts.csv   |   "
        "nightbench calibrate openai/gpt-6-luna --labels labels.jsonl --repeats 3"
    )(calibrate)


def calibrate(
    judge: Annotated[
        str,
        typer.Argument(
            metavar="JUDGE", help="provider/name; recorded/NAME takes the verdicts that the file has."
        ),
    ],
    labels: Annotated[
        Path, typer.Option("--labels", help="What persons said: JSON, JSONL, CSV or Parquet, also .gz.")
    ],
    map_sql: Annotated[
        str, typer.Option("--map", help="SELECT from `source` to the columns of labels (docs/judges.md).")
    ] = "select * from source",
    repeats: Annotated[int, typer.Option("--repeats", min=1, help="How often each is asked.")] = 1,
    rubric: Annotated[
        str | None,
        typer.Option("--rubric", help="By which a judge judges: one of the house's, or a .toml file."),
    ] = None,
    budget_usd: BudgetOption = None,
    yes: YesFlag = False,
    run_id: Annotated[str | None, typer.Option("--run-id", help="An id of yours.")] = None,
    as_json: JsonFlag = False,
) -> None:
    """Measure a judge against labels of persons: accuracy, agreement, and its biases, with intervals."""
    from tasks.judges.alone import judge_spec
    from tasks.judges.calibrating import asked_of
    from tasks.judges.calibrating import calibrate as measure
    from tasks.judges.labels import read_judge_labels
    from tasks.judges.recorded import RECORDED, recorded_verdicts

    settings = Settings.read(os.environ)
    suites, recorded = [labels.name or "labels"], judge.startswith(RECORDED)
    if recorded:
        spec = make_spec({"suites": suites, "models": [{"model": judge}]}, "JUDGE")
    else:
        spec = judge_spec(judge, suites, "JUDGE", budget_usd=budget_usd)
    known = read_judge_labels(labels, map_sql)
    settings.home.make()
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    with run_lock(settings.home, chosen):
        if any((settings.home.warehouse / "commits").glob(f"{chosen}.*.json")):
            raise SpecError(f'run id "{chosen}" is taken. Nothing was calibrated. Give another --run-id.')
        asked = asked_of(judge, known, repeats)
        record = begin_run(settings.home, spec, chosen, trigger="cli", kind="calibrate", calibrate=asked)
        note(f"run {chosen}: {judge} on {len(known):,} labels of {labels.name}")
        try:
            if recorded:
                found = recorded_verdicts(judge, known, repeats)
                measure(settings.home, record, judge, known, found, say=note)
            else:
                _ask(settings, record, known, repeats, rubric, yes=yes)
        except BaseException:  # Ctrl-C too
            forget_unsent(settings.home, chosen)
            raise
    print_calibration(settings.home, chosen, as_json=as_json)


def _ask(
    settings: Settings, record: "RunRecord", labels: "Labels", repeats: int, rubric: str | None, *, yes: bool
) -> None:
    """Put the labelled answers to the judge, measure and land."""
    from flows.judges import ask_judges
    from tasks.call.journal_reader import read_journal
    from tasks.judges.alone import prepare_judging
    from tasks.judges.calibrating import calibrate as measure
    from tasks.judges.labelled import grader_of, labelled_judging, read_verdicts

    spec, grader = record.eval_spec(), grader_of(labels, rubric)
    judging = labelled_judging(record.run_id, spec, labels, grader, repeats)
    work = prepare_judging(settings, record, judging, os.environ)
    for sentence in work.notes:
        note(sentence)
    ask_first(spec, work.estimate, yes=yes)
    way_on = f"The same command with --run-id {record.run_id} goes on with it."
    with Interrupts() as interrupts:
        ask_judges(work, interrupts, way_on)
    known = read_journal(settings.home.journal(record.run_id))
    verdicts, turns = read_verdicts(judging, known, grader, labels, repeats)
    judge = spec.models[0].model
    measure(settings.home, work.record, judge, labels, verdicts, turns, say=note)


def print_calibration(home: Home, run_id: str, *, as_json: bool = False) -> None:
    """The measures of a committed calibration, and what they mean."""
    from flows.calibrated import calibrated

    done = calibrated(home, run_id)
    if as_json:
        print_json(
            {
                "run_id": run_id,
                "status": done.run["status"],
                "judge": done.judge,
                "labels": done.labels,
                "labels_hash": done.labels_hash,
                "run": done.run,
                "measures": list(done.measures.values()),
                "meaning": done.meaning,
            }
        )
        return
    print_table(f"{done.judge} against {done.labels}", done.rows(), right=["value", "95 % from", "to", "n"])
    say(done.meaning)
    if done.run["simulated"]:
        say("This judge is simulated: its figures say nothing of a real one.")
