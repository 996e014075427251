"""A judge is held against labels: what the command `calibrate` and the flow of that name have in common."""

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from flows.keys import at_hand
from flows.running.begun import Begun, beginning
from tasks.home import Settings
from tasks.interrupts import Interrupts
from tasks.spec import EvalSpec, make_spec

if TYPE_CHECKING:  # a help text has no need of them
    from tasks.estimate import Estimate
    from tasks.judges.labels import Labels
    from tasks.runs import RunRecord


@dataclass(frozen=True)
class Wanted:
    """Which judge is held against which labels, and within which bounds.

    `say` takes what a person should know; `agree` raises where a person does not want to pay; `way_on` says
    how a calibration goes on that stopped short, with its {run_id}.
    """

    judge: str
    labels: Path
    map_sql: str
    repeats: int
    rubric: str | None
    budget_usd: str | None
    say: Callable[[str], None]
    agree: Callable[[EvalSpec, "Estimate"], None]
    way_on: str


def calibrate_judge(settings: Settings, begun: Begun, wanted: Wanted) -> None:
    """Ask the judge (a recorded one has been asked), measure and land.

    Raises: SpecError: the labels or the judge are not what they should be. StoppedShort: Ctrl-C, the budget.
    """
    from tasks.judges.alone import judge_spec
    from tasks.judges.calibrating import asked_of
    from tasks.judges.calibrating import calibrate as measure
    from tasks.judges.labels import read_judge_labels
    from tasks.judges.recorded import RECORDED, recorded_verdicts

    judge, home = wanted.judge, settings.home
    suites, recorded = [wanted.labels.name or "labels"], judge.startswith(RECORDED)
    if recorded:
        spec = make_spec({"suites": suites, "models": [{"model": judge}]}, "JUDGE")
    else:
        spec = judge_spec(judge, suites, "JUDGE", budget_usd=wanted.budget_usd)
    known = read_judge_labels(wanted.labels, wanted.map_sql)
    home.make()
    with beginning(home, begun, spec, "calibrate", asked_of(judge, known, wanted.repeats)) as record:
        wanted.say(f"run {begun.run_id}: {judge} on {len(known):,} labels of {wanted.labels.name}")
        if recorded:
            found = recorded_verdicts(judge, known, wanted.repeats)
            measure(home, record, judge, known, found, say=wanted.say)
        else:
            _ask(settings, record, known, wanted)


def _ask(settings: Settings, record: "RunRecord", labels: "Labels", wanted: Wanted) -> None:
    """Put the labelled answers to the judge, measure and land."""
    from flows.running.judges import ask_judges
    from tasks.call.journal_reader import read_journal
    from tasks.judges.alone import prepare_judging
    from tasks.judges.calibrating import calibrate as measure
    from tasks.judges.labelled import grader_of, labelled_judging, read_verdicts

    spec, grader = record.eval_spec(), grader_of(labels, wanted.rubric)
    judging = labelled_judging(record.run_id, spec, labels, grader, wanted.repeats)
    environ = at_hand(settings.home.root, spec.judge_entries, os.environ)
    work = prepare_judging(settings, record, judging, environ)
    for sentence in work.notes:
        wanted.say(sentence)
    wanted.agree(spec, work.estimate)
    with Interrupts() as interrupts:
        ask_judges(work, interrupts, wanted.way_on.format(run_id=record.run_id))
    known = read_journal(settings.home.journal(record.run_id))
    verdicts, turns = read_verdicts(judging, known, grader, labels, wanted.repeats)
    judge = spec.models[0].model
    measure(settings.home, work.record, judge, labels, verdicts, turns, say=wanted.say)
