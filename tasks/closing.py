"""The end of a run: its shards are graded from the journal, landed, and the run is committed."""

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import TypeVar

from tasks.call.journal_end import remove_journal
from tasks.call.journal_reader import JournalState, read_journal
from tasks.grade.base import Grader
from tasks.grade.measures import make_measures
from tasks.grade.respond import grade_answer
from tasks.home import code_version
from tasks.judges.verdicts import read_turn
from tasks.land.landing import Landing, commit_landed
from tasks.land.rows import is_simulated
from tasks.model import Attempt, Call, Judged, Outcome, PairVerdict, Sample, Suite
from tasks.plan import Shard
from tasks.predicted import predicted_columns
from tasks.work import Work
from warehouse.commit import Manifest
from warehouse.errors import NightbenchError, StoppedShort
from warehouse.forgetting import without_system

T = TypeVar("T")
R = TypeVar("R")


class Graded:
    """The calls of one shard that have ended, with outcomes and grades; plain, so that Prefect walks by.

    `tried` are the attempts, each with its call, of calls that came to no end: they may have been billed.
    `measured` are figures of answers that are no score. `judged` are grades by judges, of answers that lie in
    other shards, `pairs` their verdicts on two of them; `due` counts the judge calls there should be,
    `spared` the calls that a decided suite did not need.
    """

    def __init__(
        self,
        suite: Suite,
        calls: list[tuple[Call, Outcome, list[Judged]]],
        tried: list[tuple[Call, Attempt]],
        measured: Sequence[tuple[Call, Mapping[str, float]]] = (),
        judged: Sequence[Judged] = (),
        pairs: Sequence[PairVerdict] = (),
        due: int = 0,
        spared: int = 0,
    ) -> None:
        self.suite = suite
        self.calls = calls
        self.tried = tried
        self.measured = measured
        self.judged = judged
        self.pairs = pairs
        self.due = due
        self.spared = spared


class Lander:
    """Lands a run's shards from its journal, and commits the run."""

    def __init__(self, work: Work, known: JournalState, files: Landing) -> None:
        self.known = known
        self._work = work
        self._files = files
        self._spared = 0  # calls of decided suites that nobody made
        self._due = 0  # judge calls that there are answers for

    def land(self, graded: Graded) -> None:
        """Write the rows of one shard."""
        self._due += graded.due
        self._spared += graded.spared
        self._files.land(graded.suite, graded.calls, graded.tried, graded.measured)
        self._files.land_verdicts(graded.suite, graded.judged, graded.pairs)

    @property
    def planned(self) -> int:
        """Calls that there should be, those of judges among them, of what was landed until now."""
        return self._work.plan.n_calls + self._due

    def commit(self, fatal: NightbenchError | None, *, flow_run_id: str | None) -> Manifest:
        """Make the run appear in the warehouse, with the status that its end deserves.

        The journal of a complete run that asked a sealed suite goes; until then a resume needs it.
        """
        work, planned = self._work, self.planned
        manifest = commit_work(
            work, self._files, planned=planned, fatal=fatal, flow_run_id=flow_run_id, spared=self._spared
        )
        if manifest.status == "complete" and any(suite.sealed for suite in work.plan.suites):
            remove_journal(work.home.journal(work.record.run_id))
        return manifest


def commit_work(
    work: Work,
    files: Landing,
    *,
    planned: int,
    fatal: NightbenchError | None,
    flow_run_id: str | None,
    spared: int = 0,
) -> Manifest:
    """Close the files of a run and commit them with the run's own row; `spared` calls were not needed."""
    landed = files.finish()
    row = {
        **run_row(work, planned),
        "status": run_status(fatal, planned - landed.answered - landed.failed - spared),
        "finished_at": datetime.now(UTC),
        "code_version": code_version(),
        "flow_run_id": flow_run_id,
    }
    return commit_landed(work.home.warehouse, row, landed)


def run_row(work: Work, planned: int) -> dict[str, object]:
    """The row of a run, but for what its end says: status, finished_at, code_version, flow_run_id, counts."""
    record = work.record
    spec = json.dumps(record.spec, ensure_ascii=False)
    decided = work.deciding.decisions if work.deciding is not None else []
    return {
        "run_id": record.run_id,
        "kind": record.kind,
        "started_at": record.started,
        "spec": spec if work.plan.spec.store_text else without_system(spec),
        "planned_calls": planned,
        "trigger": record.trigger,
        **predicted_columns(record.predicted),
        "decisions": json.dumps([{**asdict(each), "words": each.sentence()} for each in decided])
        if decided
        else None,
        "simulated": any(is_simulated(entry.model) for entry in work.plan.spec.entries),
    }


@contextmanager
def landing(work: Work) -> Iterator[Lander]:
    """Open the run's files; what was not committed when the block ends is thrown away."""
    record = work.record
    known = read_journal(work.home.journal(record.run_id))
    work.judge_from(known)
    with Landing(work.home.warehouse, record.run_id, record.started.date()) as files:
        yield Lander(work, known, files)


def run_status(fatal: NightbenchError | None, missing: int) -> str:
    """The word of `runs.status`."""
    if fatal is None:
        return "partial" if missing else "complete"
    return fatal.status if isinstance(fatal, StoppedShort) else "failed"


def grade_shard(work: Work, known: JournalState, shard: Shard) -> Graded:
    """Every call of the shard that has ended, with its outcome and its grades."""
    samples = {sample.sample_id: sample for sample, _ in shard.asked}
    ended: list[tuple[Call, Sample, Outcome]] = []
    tried: list[tuple[Call, Attempt]] = []
    for call in work.plan.calls(shard):
        outcome = known.outcome(call.call_key)
        if outcome is not None:
            ended.append((call, samples[call.sample_id], outcome))
        else:
            tried += [(call, attempt) for attempt in known.attempts(call.call_key)]
    graded = grade_calls(work.graders[shard.suite.name], ended)
    decided = work.deciding is not None and work.deciding.is_decided(shard.suite.name)
    spared = len(shard.asked) - len(ended) if decided else 0
    return Graded(shard.suite, graded, tried, measure_calls(shard.suite, graded), spared=spared)


def judge_turn(work: Work, known: JournalState, index: int) -> Graded:
    """The judge calls about one slice of a suite that have ended, and what their verdicts come to.

    `index` is that of the first of the slice's shards, one a judge.
    """
    assert work.judging is not None, "a run without judges has no turn of theirs"
    turn = work.judging.turns[index]
    suite = turn[0].suite
    read = read_turn(work.judging, turn, work.graders[suite.name], known.outcome, known.attempts)
    calls: list[tuple[Call, Outcome, list[Judged]]] = [(call, outcome, []) for call, outcome in read.calls]
    return Graded(suite, calls, read.tried, judged=read.grades, pairs=read.pairs, due=read.due)


def grade_calls(
    graders: Sequence[Grader], ended: Sequence[tuple[Call, Sample, Outcome]]
) -> list[tuple[Call, Outcome, list[Judged]]]:
    """Calls that have ended with their grades, in the same order.

    Where a grader judges in processes of its own, several calls are graded at once.
    """

    def one(call: Call, sample: Sample, outcome: Outcome) -> tuple[Call, Outcome, list[Judged]]:
        return call, outcome, grade_call(graders, call, sample, outcome)

    return judge_all(graders, ended, lambda each: one(*each))


def judge_all(graders: Sequence[Grader], items: Sequence[T], judge: Callable[[T], R]) -> list[R]:
    """What `judge` makes of each, in the same order; at once where a grader judges in other processes."""
    if not any(grader.apart for grader in graders):
        return [judge(item) for item in items]
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as threads:
        return list(threads.map(judge, items))


def measure_calls(
    suite: Suite, ended: Sequence[tuple[Call, Outcome, list[Judged]]]
) -> list[tuple[Call, Mapping[str, float]]]:
    """The figures of the answers that have text; of a suite that asks for none, none."""
    measures = make_measures(suite.metrics, suite.name)
    found: list[tuple[Call, Mapping[str, float]]] = []
    for call, outcome, _ in ended:
        text = outcome.answer.text if outcome.answer is not None else None
        if text:
            found += [(call, figures) for measure in measures if (figures := measure.measure(text))]
    return found


def grade_call(graders: Sequence[Grader], call: Call, sample: Sample, outcome: Outcome) -> list[Judged]:
    """The grades of a call; none where it failed for the provider's or our reasons."""
    if outcome.answer is None:
        return []
    return [
        Judged(call, grader.name, grader.version, is_score=grader is graders[0], grade=grade)
        for grader, grade in grade_answer(graders, sample, outcome.answer)
    ]
