"""A judge asked about labelled answers: the calls, and the verdicts that they come to."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from uuid import UUID

from tasks.call.journal_reader import JournalState
from tasks.grade.judging.base import AskingGrader
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.pairwise import Pairwise
from tasks.judges.alone import bare_suite, read_judging
from tasks.judges.labels import Labels
from tasks.judges.plan import Answered, JudgingPlan, plan_judging
from tasks.judges.recorded import JudgedAnswer, JudgedPair, Verdicts
from tasks.judges.verdicts import JudgedTurn
from tasks.model import Answer, Message, Sample, StoredCall, Suite, Winner, hash_uuid
from tasks.plan import Plan, Shard, Variant
from tasks.spec import EvalSpec, ModelEntry
from tasks.work import tools
from warehouse.errors import SpecError

REFERENCE = "reference"  # the rubric of answers that have a right one beside them
Turns = Sequence[tuple[Suite, JudgedTurn]]


def grader_of(labels: Labels, rubric: str | None) -> AskingGrader:
    """The grader that is held against the labels: pairs are compared, single answers scored by a rubric.

    Raises: SpecError: there is no such rubric, or answers without a target have none.
    """
    try:
        if labels.pairs:
            return Pairwise(rubric=rubric or "", reference=False)
        if rubric is None and any(one.target is None for one in labels.answers):
            raise ValueError(
                "answers without a target are judged by a rubric, and none is named: --rubric diagnosis"
            )
        return Judge(rubric=rubric or REFERENCE)
    except ValueError as error:
        raise SpecError(f"{error}. Nothing was sent.") from error


def labelled_judging(
    run_id: str, spec: EvalSpec, labels: Labels, grader: AskingGrader, repeats: int
) -> JudgingPlan:
    """The judge's calls: each label in every order, so often."""
    suite = bare_suite(spec.suite_entries[0].name, f"1+{labels.hash}")
    by_shard: dict[int, list[Answered]] = {}
    turns: list[list[Shard]] = []
    columns = _columns(suite, labels)
    for epoch in range(1, repeats + 1):
        for at in range(0, len(labels), spec.shard_calls):
            turn = []
            for variant, answers in columns.items():
                those = [_in_epoch(one, epoch) for one in answers[at : at + spec.shard_calls]]
                by_shard[len(by_shard)] = those
                turn.append(_shard(len(by_shard) - 1, suite, variant, those))
            turns.append(turn)

    def answers_of(shard: Shard) -> Iterator[Answered]:
        yield from by_shard[shard.index]

    judging = plan_judging(Plan(run_id, spec, (), tools()), {suite.name: (grader,)}, answers_of, turns)
    assert judging is not None, "there are labels, and a judge"
    return judging


def read_verdicts(
    judging: JudgingPlan, known: JournalState, grader: AskingGrader, labels: Labels, repeats: int
) -> tuple[Verdicts, Turns]:
    """What the judge said of each label, so often as it was asked, and its calls."""
    suite = judging.shards[0].suite
    turns = read_judging(judging, known, {suite.name: (grader,)})
    pairs: dict[tuple[str, int, bool], Winner] = {
        (pair.a.sample_id, pair.a.epoch, pair.swapped): pair.winner
        for _, turn in turns
        for pair in turn.pairs
    }
    passed: dict[tuple[str, int], bool] = {
        (one.call.sample_id, one.call.epoch): one.grade.passed
        for _, turn in turns
        for one in turn.grades
        if one.is_score
    }
    epochs = range(1, repeats + 1)
    return (
        Verdicts(
            tuple(
                JudgedPair(
                    pair,
                    tuple(pairs.get((pair.sample_id, epoch, False)) for epoch in epochs),
                    tuple(pairs.get((pair.sample_id, epoch, True)) for epoch in epochs),
                )
                for pair in labels.pairs
            ),
            tuple(
                JudgedAnswer(answer, tuple(passed.get((answer.sample_id, epoch)) for epoch in epochs))
                for answer in labels.answers
            ),
        ),
        turns,
    )


def _columns(suite: Suite, labels: Labels) -> Mapping[str, list[Answered]]:
    """The labelled answers as those of variants."""
    if labels.pairs:
        return {
            "a": [
                _answered(suite, "a", one.sample_id, one.input, one.answer_a, None) for one in labels.pairs
            ],
            "b": [
                _answered(suite, "b", one.sample_id, one.input, one.answer_b, None) for one in labels.pairs
            ],
        }
    return {
        "answer": [
            _answered(suite, "answer", one.sample_id, one.input, one.answer, one.target)
            for one in labels.answers
        ]
    }


def _answered(
    suite: Suite, variant: str, sample_id: str, question: str, answer: str, target: str | None
) -> Answered:
    call = StoredCall(
        _key(suite, variant, sample_id, 1),
        suite.name,
        suite.version,
        sample_id,
        1,
        variant,
        "",
        f"recorded/{variant}",
    )
    sample = Sample(sample_id, {}, input=question, target=target)
    return Answered(
        call, (Message(role="user", content=question),), sample, Answer(answer, "stop", None, None)
    )


def _in_epoch(answered: Answered, epoch: int) -> Answered:
    assert isinstance(answered.call, StoredCall), "labels are of answers that nobody asked for here"
    call = answered.call
    suite = bare_suite(call.suite, call.suite_version)
    key = _key(suite, call.variant, call.sample_id, epoch)
    return replace(answered, call=replace(call, epoch=epoch, call_key=key))


def _key(suite: Suite, variant: str, sample_id: str, epoch: int) -> UUID:
    return hash_uuid([suite.name, suite.version, sample_id, epoch, "labelled", variant])


def _shard(index: int, suite: Suite, variant: str, answers: Sequence[Answered]) -> Shard:
    entry = ModelEntry.model_construct(model=f"recorded/{variant}", name=variant)
    asked = tuple((one.sample, one.call.epoch) for one in answers)
    return Shard(index, suite, Variant(entry, {}, None, "", None), asked)
