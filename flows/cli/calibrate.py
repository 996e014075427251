"""`calibrate`: a judge is held against labels of persons."""

import os
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from flows.cli.ask_first import ask_first
from flows.cli.options import BudgetOption, YesFlag
from flows.cli.show import JsonFlag, note, print_json, print_table, say
from flows.running.begun import Begun
from flows.running.calibrating import Wanted, calibrate_judge
from tasks.home import Home, Settings
from tasks.runs import check_run_id, new_run_id

WAY_ON = "The same command with --run-id {run_id} goes on with it."


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
    settings = Settings.read(os.environ)
    chosen = check_run_id(run_id) if run_id else new_run_id(datetime.now(UTC))
    agree = partial(ask_first, yes=yes)
    wanted = Wanted(judge, labels, map_sql, repeats, rubric, budget_usd, note, agree, WAY_ON)
    calibrate_judge(settings, Begun(chosen, "cli"), wanted)
    print_calibration(settings.home, chosen, as_json=as_json)


def print_calibration(home: Home, run_id: str, *, as_json: bool = False) -> None:
    """The measures of a committed calibration, and what they mean."""
    from flows.pages.calibrated import calibrated

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
