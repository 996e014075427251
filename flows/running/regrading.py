"""Stored answers are graded again: what the command `regrade` and the flow of that name have in common."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from flows.keys import at_hand
from flows.running.begun import Begun, beginning
from tasks.home import Home, Settings
from tasks.interrupts import Interrupts
from tasks.runs import read_run
from tasks.spec import EvalSpec, make_spec

if TYPE_CHECKING:  # DuckDB and what reads Parquet take half a second, which `--help` does not wait for
    from tasks.estimate import Estimate
    from tasks.judges.verdicts import JudgedTurn
    from tasks.model import Suite
    from tasks.regrade_stored import StoredRun
    from tasks.regrading import Plan
    from tasks.runs import RunRecord

Land = Callable[["RunRecord"], object]


@dataclass(frozen=True)
class Asked:
    """By whom answers are graded, and within which bounds; `judges` None: those that the run had.

    `say` takes what a person should know; `agree` raises where a person does not want to pay; `way_on` says
    how a regrade goes on that stopped short, with its {run_id}.
    """

    graders: Sequence[str]
    judges: Sequence[str] | None
    budget_usd: str | None
    say: Callable[[str], None]
    agree: Callable[[EvalSpec, "Estimate"], None]
    way_on: str


def with_folders_of(settings: Settings, run: str) -> Settings:
    """With the folders of suites that the run itself was given, where its record is still there."""
    if not (settings.home.runs / f"{run}.json").exists():
        return settings
    folders = tuple(Path(folder) for folder in read_run(settings.home, run).suite_folders)
    known = (folder for folder in folders if folder.is_dir())
    return replace(settings, suite_folders=tuple(dict.fromkeys((*settings.suite_folders, *known))))


def judge_again(settings: Settings, run: str, begun: Begun, asked: Asked, interrupts: Interrupts) -> None:
    """Grade the answers of a run again, by the graders of its suites and whom they ask.

    Raises: SpecError, SuiteError: it cannot be graded. StoppedShort: Ctrl-C, or the budget.
    """
    from tasks.judges.stored import regrade_spec
    from tasks.regrade_stored import read_stored_run
    from tasks.regrading import plan_regrade
    from tasks.regrading import regrade as grade_again
    from warehouse.query import open_catalog

    with open_catalog(settings.home.warehouse) as connection:
        judges = read_stored_run(connection, run).spec.get("judge") if asked.judges is None else asked.judges
        plan: Plan = plan_regrade(settings, connection, run, asked.graders, judges=bool(judges))
    for sentence in plan.notes:
        asked.say(sentence)
    n = sum(part.suite.answers for part in plan.parts)
    asked.say(f"run {begun.run_id}: grades {n:,} answers of run {run} again")

    def land(record: "RunRecord") -> object:
        judged = _ask(settings, record, plan, asked, interrupts) if plan.asking else ()
        with open_catalog(settings.home.warehouse) as connection:
            return grade_again(
                settings, record, connection, plan, judged=judged, say=asked.say, check=interrupts.check
            )

    spec = regrade_spec(plan.run, judges, asked.budget_usd) if plan.asking else None
    landing(settings.home, begun, plan.run, plan.asked, land, spec)


def _ask(
    settings: Settings, record: "RunRecord", plan: "Plan", asked: Asked, interrupts: Interrupts
) -> "Sequence[tuple[Suite, JudgedTurn]]":
    """Put the answers to the judges, of whom it is said beforehand what they cost."""
    from flows.running.judges import ask_judges
    from tasks.call.journal_reader import read_journal
    from tasks.judges.alone import prepare_judging, read_judging
    from tasks.judges.stored import stored_judging
    from warehouse.query import open_catalog

    spec = record.eval_spec()
    with open_catalog(settings.home.warehouse) as connection:
        judging = stored_judging(connection, plan.run, record.run_id, spec, plan.asking)
    if judging is None:
        return ()
    environ = at_hand(settings.home.root, spec.judge_entries, os.environ)
    work = prepare_judging(settings, record, judging, environ)
    for sentence in work.notes:
        asked.say(sentence)
    asked.agree(spec, work.estimate)
    ask_judges(work, interrupts, asked.way_on.format(run_id=record.run_id))
    return read_judging(judging, read_journal(settings.home.journal(record.run_id)), plan.scored_by)


def landing(
    home: Home,
    begun: Begun,
    stored: "StoredRun",
    asked: Mapping[str, object],
    land: Land,
    spec: EvalSpec | None = None,
) -> None:
    """Begin the run, and land it. Raises: SpecError: its id is taken."""
    spec = make_spec(stored.spec) if spec is None else spec
    with beginning(home, begun, spec, "regrade", asked) as record:
        land(record)
