"""A judge asked about labelled answers: the calls, and the verdicts that they come to."""

from collections.abc import Mapping, Sequence

from tasks.call.journal_reader import JournalState
from tasks.grade.judging.base import AskingGrader
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.pairwise import Pairwise
from tasks.judges.alone import Slices, bare_suite, read_judging
from tasks.judges.labels import Labels
from tasks.judges.plan import Answered, JudgingPlan, plan_judging
from tasks.judges.recorded import JudgedAnswer, JudgedPair, Verdicts
from tasks.judges.verdicts import JudgedTurn
from tasks.model import Answer, Message, Sample, StoredCall, Suite, Winner, hash_uuid
from tasks.plan import Plan, Shard
from tasks.spec import EvalSpec
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
    slices, size = Slices(), spec.shard_calls
    turns: list[list[Shard]] = []
    for epoch in range(1, repeats + 1):
        columns = _columns(suite, labels, epoch)
        for at in range(0, len(labels), size):
            turns.append(
                [slices.shard(suite, name, those[at : at + size]) for name, those in columns.items()]
            )
    graders = {suite.name: (grader,)}
    judging = plan_judging(Plan(run_id, spec, (), tools()), graders, slices.answers, turns)
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


def _columns(suite: Suite, labels: Labels, epoch: int) -> Mapping[str, list[Answered]]:
    """The labelled answers as those of variants."""

    def answered(variant: str, sample_id: str, question: str, answer: str, target: str | None) -> Answered:
        key = hash_uuid([suite.name, suite.version, sample_id, epoch, "labelled", variant])
        model = f"recorded/{variant}"
        return Answered(
            StoredCall(key, suite.name, suite.version, sample_id, epoch, variant, "", model),
            (Message(role="user", content=question),),
            Sample(sample_id, {}, input=question, target=target),
            Answer(answer, "stop", None, None),
        )

    if labels.pairs:
        return {
            "a": [answered("a", one.sample_id, one.input, one.answer_a, None) for one in labels.pairs],
            "b": [answered("b", one.sample_id, one.input, one.answer_b, None) for one in labels.pairs],
        }
    return {
        "answer": [
            answered("answer", one.sample_id, one.input, one.answer, one.target) for one in labels.answers
        ]
    }
