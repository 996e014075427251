"""Answers that the warehouse has are graded anew, without a call, as a run of kind `regrade` of its own.

The graders are those of the suite's present definition (or those that the run's spec put in their place); the
samples are as they were asked. Grades carry the run_id of the graded call and, as grading_id, that of this
run; those that were there stay (the views `latest_grades` and `grading_changes`).
"""

import difflib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from tasks.closing import judge_all
from tasks.grade.base import Grader
from tasks.grade.exact import Exact
from tasks.grade.registry import make_graders as graders_of
from tasks.grade.respond import grade_answer
from tasks.home import Home, Settings, code_version
from tasks.judges.verdicts import JudgedTurn
from tasks.land.landing import Landing, commit_landed
from tasks.land.rows import Row, grade_row, is_simulated, sample_rows
from tasks.load.definition import CARD, read_definition
from tasks.load.discover import find_suite
from tasks.load.samples import load_suite
from tasks.model import Judged, Sample, Suite
from tasks.predicted import predicted_columns
from tasks.regrade_stored import (
    KEPT,
    StoredAnswer,
    StoredRun,
    StoredSuite,
    read_stored_run,
    read_stored_suites,
    sealed_error,
    stored_answers,
    stored_samples,
)
from tasks.runs import RunRecord, is_running
from tasks.spec import make_spec
from tasks.work import check_samples, graders_of_spec
from warehouse.commit import Manifest
from warehouse.errors import SpecError, SuiteError

STATE = "Nothing was graded."
_NO_SCORE = Exact(name="none")  # stands where a score's grader is not among those that grade again
Batches = Iterator[Sequence[Row]]


@dataclass(frozen=True)
class Regrading:
    """One suite of a run with the graders that judge its answers again; `score` names the suite's score."""

    suite: StoredSuite
    graders: tuple[Grader, ...]
    score: str
    folder: Path | None  # where samples are completed, if a grader needs more than the warehouse keeps

    @property
    def names(self) -> tuple[str, ...]:
        """Of the graders, as the tables have them."""
        return tuple(grader.name for grader in self.graders)


@dataclass(frozen=True)
class Plan:
    """What a regrade will do; `notes` are for a person."""

    run: StoredRun
    parts: tuple[Regrading, ...]
    notes: tuple[str, ...] = ()

    @property
    def asked(self) -> Mapping[str, object]:
        """What its record says."""
        names = dict.fromkeys(name for part in self.parts for name in part.names)
        return {"run_id": self.run.run_id, "graders": list(names)}

    @property
    def asking(self) -> dict[StoredSuite, tuple[Grader, ...]]:
        """The graders that ask judges, by suite, where there are some."""
        found = {part.suite: tuple(one for one in part.graders if one.asks) for part in self.parts}
        return {suite: graders for suite, graders in found.items() if graders}

    @property
    def scored_by(self) -> dict[str, tuple[Grader, ...]]:
        """The graders of each suite, that of its score first, where it is among them."""
        return {
            part.suite.name: tuple(sorted(part.graders, key=lambda grader: grader.name != part.score))
            if part.score in part.names
            else (_NO_SCORE, *part.graders)
            for part in self.parts
        }


def check_gradable(home: Home, run_id: str) -> None:
    """Whether nobody works on the run.

    Raises: SpecError: a process does.
    """
    if is_running(home, run_id):
        raise SpecError(
            f'run "{run_id}" is being worked on by another process. {STATE} Wait for its end, or stop it: '
            f"nightbench cancel {run_id}"
        )


def plan_regrade(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    run_id: str,
    wanted: Sequence[str] = (),
    *,
    judges: bool = False,
) -> Plan:
    """Which graders judge which answers again; `wanted` names some of them, by default all are.

    `judges`: there are some that can be asked; else graders that ask one are left out.

    Raises: SpecError, SuiteError: no such run or grader, a sealed suite, a grader that does not exist yet.
    """
    run = read_stored_run(connection, run_id)
    stored = read_stored_suites(connection, run)
    notes: list[str] = []
    present = [(suite, *_present_graders(settings, run, suite, notes)) for suite in stored]
    known = dict.fromkeys(grader.name for _, graders, _ in present for grader in graders)
    for name in wanted:
        if name not in known:
            near = difflib.get_close_matches(name, known, n=3, cutoff=0.5)
            hint = f"Did you mean {' or '.join(near)}?" if near else f"It has {', '.join(known)}."
            raise SpecError(f'--grader {name}: run "{run_id}" has no grader of that name. {STATE} {hint}')
    parts = []
    for suite, graders, folder in present:
        chosen = tuple(grader for grader in graders if not wanted or grader.name in wanted)
        there = chosen if judges else _that_ask_nobody(suite, chosen, named=bool(wanted), notes=notes)
        if there:
            part = Regrading(suite, there, graders[0].name, folder)
            _check_score_stays(connection, run, part)
            parts.append(part)
    if not parts:
        raise SpecError(
            f'run "{run_id}": all of its graders ask a judge, and none is named. {STATE} Name one: '
            f"--judge provider/model"
        )
    return Plan(run, tuple(parts), tuple(notes))


def regrade(
    settings: Settings,
    record: RunRecord,
    connection: duckdb.DuckDBPyConnection,
    plan: Plan,
    *,
    judged: Sequence[tuple[Suite, JudgedTurn]] = (),
    say: Callable[[str], None],
    check: Callable[[], None],
) -> Manifest:
    """Judge, land and commit; `say` takes what a person should know, `check` raises where one wants a stop.

    `judged` is what judges have said of the answers.

    Raises: SpecError, SuiteError: a sample cannot be judged; nothing has appeared.
    """
    graded_at = datetime.now(UTC)

    def batches() -> Batches:
        for part in plan.parts:
            samples = _whole_if_needed(settings, connection, plan.run, part, say)
            lacking = 0
            for answers in stored_answers(connection, plan.run, part.suite):
                if not samples:  # those that are whole have been checked
                    check_samples(part.suite, part.graders, (one.sample for one in answers), STATE)
                rows = _graded(plan.run.run_id, record.run_id, graded_at, part, samples, answers, check)
                lacking += len(answers) * sum(not grader.asks for grader in part.graders) - len(rows)
                yield rows
            if lacking:
                say(
                    f'suite "{part.suite.name}": answers without a new grade, because the grader cannot tell '
                    f"(docs/grading.md): {lacking:,}. What they had before stays."
                )

    return land_grades(settings.home, record, plan.run, batches(), check, judged)


def land_grades(
    home: Home,
    record: RunRecord,
    run: StoredRun,
    batches: Batches,
    check: Callable[[], None],
    judged: Sequence[tuple[Suite, JudgedTurn]] = (),
) -> Manifest:
    """Write grades batch by batch and make them appear all at once; what fails leaves nothing behind."""
    with Landing(home.warehouse, record.run_id, record.started.date()) as files:
        for rows in batches:
            check()
            files.write_grades(rows)
        for suite, turn in judged:
            files.land(suite, [(call, outcome, ()) for call, outcome in turn.calls], turn.tried)
            files.land_verdicts(suite, turn.grades, turn.pairs, run_id=run.run_id)
        check()
        landed = files.finish()
    judges = {call.model for _, turn in judged for call, _ in turn.calls}
    judges_of = {"judge": record.spec["judge"]} if judged else {}
    spec, due = {**run.spec, **judges_of, "regrade": record.regrade}, sum(turn.due for _, turn in judged)
    return commit_landed(
        home.warehouse,
        {
            "run_id": record.run_id,
            "kind": record.kind,
            "status": "complete" if landed.answered + landed.failed == due else "partial",
            "started_at": record.started,
            "finished_at": datetime.now(UTC),
            "spec": json.dumps(spec, ensure_ascii=False),
            "planned_calls": due,
            "code_version": code_version(),
            "flow_run_id": None,
            "trigger": record.trigger,
            **predicted_columns(record.predicted),
            "decisions": None,
            "simulated": run.simulated or any(map(is_simulated, judges)),
        },
        landed,
    )


def _present_graders(
    settings: Settings, run: StoredRun, stored: StoredSuite, notes: list[str]
) -> tuple[tuple[Grader, ...], Path | None]:
    """The graders in force for a suite, the first is its score; and the suite's folder, where needed."""
    entries = {
        entry.name: entry for entry in make_spec(run.spec, f'spec of run "{run.run_id}"').suite_entries
    }
    graders = graders_of_spec(stored.name, entries.get(stored.name))
    if graders and all(grader.stored for grader in graders):
        return graders, None
    try:
        folder = find_suite(stored.name, settings.suite_folders)
    except SuiteError as error:
        raise SuiteError(f"{error} Its graders, which judge again, are read from its folder.") from error
    definition = read_definition(folder)
    if definition.card.sealed:
        raise sealed_error(stored.name)
    configs = [entry.config() for entry in definition.card.graders]
    graders = graders or graders_of(configs, f"{folder}/{CARD}", folder)
    return graders, folder


def _that_ask_nobody(
    suite: StoredSuite, graders: Sequence[Grader], *, named: bool, notes: list[str]
) -> tuple[Grader, ...]:
    """Those that judge by themselves, where there is no judge to be asked."""
    asking = ", ".join(f'"{grader.name}"' for grader in graders if grader.asks)
    if asking and named:
        raise SpecError(
            f'suite "{suite.name}": the grader {asking} asks a judge, and none is named. {STATE} Name one: '
            f"--judge provider/model"
        )
    if asking:
        notes.append(
            f'suite "{suite.name}": the grader {asking} asks a judge, and none is named (--judge); left out.'
        )
    return tuple(grader for grader in graders if not grader.asks)


def _check_score_stays(connection: duckdb.DuckDBPyConnection, run: StoredRun, part: Regrading) -> None:
    """Refuse to take the score from a grader without giving it to another: answers would lose theirs."""
    if part.score in part.names:
        return
    sql = "select distinct grader from latest_grades where is_score and run_id = ? and suite = ?"
    scores = {row[0] for row in connection.execute(sql, [run.run_id, part.suite.name]).fetchall()}
    lost = sorted(scores.intersection(part.names))
    if lost:
        raise SpecError(
            f'suite "{part.suite.name}": "{lost[0]}" was its score when the answers were graded, and now '
            f'"{part.score}" is. {STATE} Grade with both, so that no answer is left without a score: '
            f"--grader {lost[0]} --grader {part.score}"
        )


def _whole_if_needed(
    settings: Settings,
    connection: duckdb.DuckDBPyConnection,
    run: StoredRun,
    part: Regrading,
    say: Callable[[str], None],
) -> Mapping[str, Sample]:
    """Whole samples by id, checked, where a grader needs more than the warehouse keeps; else none."""
    if all(grader.stored for grader in part.graders):
        return {}
    whole = _whole_samples(settings, part, stored_samples(connection, run, part.suite), say)
    check_samples(part.suite, part.graders, whole.values(), STATE)
    return whole


def _whole_samples(
    settings: Settings, part: Regrading, stored: Iterator[Sample], say: Callable[[str], None]
) -> dict[str, Sample]:
    """The samples of the suite's folder, which must agree with those that were asked.

    Raises: SuiteError: one is not there any more, or another by now.
    """
    assert part.folder is not None
    needy = ", ".join(f'"{grader.name}"' for grader in part.graders if not grader.stored)
    why = f'suite "{part.suite.name}": the grader {needy} needs columns that the warehouse does not keep'
    suite = load_suite(part.folder, settings.home.cache)
    samples = {sample.sample_id: sample for sample in suite.samples}
    rows = {str(row["sample_id"]): row for row in sample_rows(suite)}
    same = suite.version == part.suite.version
    whole = {}
    for sample in stored:
        row = rows.get(sample.sample_id)
        changed = None if same else _changed(sample, row)
        if changed:
            raise SuiteError(
                f'{why}, and of the sample "{sample.sample_id}" {changed} in {part.folder} (version '
                f"{suite.version}; the answers are to {part.suite.version}). {STATE} Bring the data back as "
                f"it was, or choose other graders with --grader."
            )
        whole[sample.sample_id] = samples[sample.sample_id]
    if not same:
        say(
            f"{why}. They are taken from {part.folder}, which is version {suite.version} by now; the answers "
            f"are to {part.suite.version}. What the warehouse keeps of the samples is the same in both; the "
            f"other columns cannot be compared."
        )
    return whole


def _changed(asked: Sample, now: Row | None) -> str | None:
    """What became of a sample since it was asked, as far as the warehouse can tell."""
    if now is None:
        return "nothing is left"
    names = [name for name in KEPT if (asked.row[name] or None) != (now[name] or None)]
    return f'"{names[0]}" is another' if names else None


def _graded(
    run_id: str,
    grading_id: str,
    graded_at: datetime,
    part: Regrading,
    samples: Mapping[str, Sample],
    answers: Sequence[StoredAnswer],
    check: Callable[[], None],
) -> list[Row]:
    """The rows of one batch; an answer may take seconds, and a stop is not to wait for all of them."""

    def rows_of(one: StoredAnswer) -> list[Row]:
        check()
        sample = samples[one.call.sample_id] if samples else one.sample
        return [
            grade_row(
                run_id,
                graded_at,
                Judged(
                    one.call, grader.name, grader.version, is_score=grader.name == part.score, grade=grade
                ),
                grading_id=grading_id,
            )
            for grader, grade in grade_answer(part.graders, sample, one.answer)
        ]

    return [row for rows in judge_all(part.graders, answers, rows_of) for row in rows]
