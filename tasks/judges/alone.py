"""Judges asked about answers that are there already, stored or labelled: nobody else is called."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from tasks.budget import check_budget
from tasks.call.endpoint import resolve_endpoints
from tasks.call.journal_reader import JournalState
from tasks.call.shape import check_call
from tasks.estimate import Estimate, cost_in_words, estimate_plan
from tasks.forecast import NOTHING, Learned
from tasks.grade.base import Grader
from tasks.home import Settings
from tasks.judges.plan import Answered, JudgingPlan, as_judging, own_family
from tasks.judges.verdicts import JudgedTurn, read_turn
from tasks.model import Suite
from tasks.plan import Plan, Shard, Variant
from tasks.predicted import predicted_of
from tasks.pricing import cost_of
from tasks.progress import Progress
from tasks.runs import RunRecord, pin_asked
from tasks.spec import EvalSpec, ModelEntry, make_spec
from tasks.weight import Weights, weigh
from tasks.work import Work, reusable
from warehouse.errors import WarehouseError


class Slices:
    """Answers that no call of the run is for, in shards of a suite and a variant; kept in memory."""

    def __init__(self) -> None:
        self._answers: list[Sequence[Answered]] = []

    def shard(self, suite: Suite, variant: str, answers: Sequence[Answered]) -> Shard:
        """A shard of these answers, which are one variant's."""
        self._answers.append(answers)
        first = answers[0].call
        entry = ModelEntry.model_construct(model=first.model, name=variant)
        return Shard(
            len(self._answers) - 1,
            suite,
            Variant(entry, {}, None, first.variant_version, None),
            tuple((one.sample, one.call.epoch) for one in answers),
        )

    def answers(self, shard: Shard) -> Iterator[Answered]:
        """The answers of a shard, as a judging plan asks for them."""
        yield from self._answers[shard.index]


def judge_spec(judges: Any, suites: Sequence[str], place: str, **fields: Any) -> EvalSpec:
    """The spec of a run that asks judges alone; they are its models too, because nobody else is called.

    Raises: SpecError: a judge that cannot be asked, with `place`.
    """
    listed = judges if isinstance(judges, list) else [judges]
    models = [{"model": judge} if isinstance(judge, str) else judge for judge in listed]
    return make_spec({"suites": list(suites), "models": models, "judge": judges, **fields}, place)


def prepare_judging(
    settings: Settings, record: RunRecord, judging: JudgingPlan, environ: Mapping[str, str]
) -> Work:
    """Check what can be checked before money is spent, and say what it will cost.

    Raises: SpecError: a key is missing, a parameter is refused, or a budget cannot be kept.
    """
    spec = judging.spec
    resolve_endpoints(spec.judge_entries, environ)
    notes = _of_one_family(judging)
    try:
        learned = Learned.of(settings.home.warehouse, judging)
    except WarehouseError as error:  # no call hangs on it
        learned = NOTHING
        notes.append(f"Tokens and cost begin as a guess, because earlier runs cannot be read: {error}")
    weights: Weights = {}
    due = 0
    for shard in judging.shards:
        for call in judging.calls(shard):
            check_call(call)
            weigh(weights, call)
            due += 1
    reused = reusable(settings.home, judging, environ)
    estimate = estimate_plan([judging], settings.home.warehouse, weights, learned, reused)
    check_budget([judging], estimate.usd, settings.monthly_usd)
    record = pin_asked(settings.home, record, _versions(judging), predicted_of(estimate))
    progress = Progress(record.run_id, cost_of)
    progress.plan(judging)
    return Work(
        settings.home,
        record,
        Plan(record.run_id, spec, (), judging.tools),
        {},
        progress,
        [*notes, cost_sentence(estimate, judging, due)],
        settings.monthly_usd,
        learned.by_model,
        estimate,
        judging,
        environ,
    )


def cost_sentence(estimate: Estimate, judging: JudgingPlan, due: int) -> str:
    """What asking so many times will cost, before anything is sent."""
    reused = f", {estimate.reused:,} of them answered by earlier runs" if estimate.reused else ""
    judges = ", ".join(dict.fromkeys(shard.variant.entry.model for shard in judging.shards))
    return f"{due:,} calls of {judges}{reused}: {cost_in_words(estimate.usd, estimate.usd_range)}."


def read_judging(
    judging: JudgingPlan, known: JournalState, graders: Mapping[str, Sequence[Grader]]
) -> list[tuple[Suite, JudgedTurn]]:
    """What the journal holds of the judging, slice by slice."""
    return [
        (
            turn[0].suite,
            read_turn(judging, turn, graders[turn[0].suite.name], known.outcome, known.attempts),
        )
        for turn in judging.turns.values()
    ]


def bare_suite(name: str, version: str) -> Suite:
    """A suite as rows name it, of which no more is needed."""
    return Suite(
        name=name,
        version=version,
        folder=str(Path()),
        title=name,
        licence=None,
        citation=None,
        params={},
        graders=(),
        prompt=None,
        samples=(),
    )


def _of_one_family(judging: JudgingPlan) -> list[str]:
    """A warning for each judge and competitor of one vendor."""
    found = [
        own_family(shard.variant.entry.model, of.variant.name, of.variant.entry.model)
        for shard in map(as_judging, judging.shards)
        for of in shard.of
    ]
    return [sentence for sentence in dict.fromkeys(found) if sentence is not None]


def _versions(judging: JudgingPlan) -> dict[str, str]:
    """What a run that goes on must ask again: the same answers, by the same rubrics."""
    return {
        f'the judge "{shard.variant.name}" of suite "{shard.suite.name}"': shard.variant.version
        for shard in judging.shards
    } | {f'the answers to suite "{shard.suite.name}"': shard.suite.version for shard in judging.shards}
