"""What judges' verdicts are worth: grades a criterion, those of a panel, and verdicts on pairs.

A judge that was not answered, or whose answer is no verdict, gives no grade: nothing is guessed. Its call is
in the tables all the same, and the view `judge_verdicts` counts it.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from uuid import UUID

from tasks.grade.base import Grader
from tasks.grade.judging.base import VerdictError
from tasks.grade.judging.judge import Judge
from tasks.grade.judging.pairwise import Pairwise, Place
from tasks.judges.plan import JudgeShard, JudgingPlan, Question, questions
from tasks.model import Attempt, Call, Grade, Judged, Outcome, PairVerdict, Winner
from tasks.spec import judge_label

Lookup = Callable[[UUID], Outcome | None]


@dataclass
class JudgedTurn:
    """What came of the judging of one slice: judge calls with their ends, grades, verdicts on pairs.

    `due` is the number of calls that there are answers for; `tried` are attempts of calls without an end.
    """

    calls: list[tuple[Call, Outcome]]
    tried: list[tuple[Call, Attempt]]
    grades: list[Judged]
    pairs: list[PairVerdict]
    due: int = 0


@dataclass(frozen=True)
class Answer:
    """One judge's answer to a question, where there is one."""

    label: str
    call: Call
    outcome: Outcome | None


def read_turn(
    plan: JudgingPlan,
    turn: Sequence[JudgeShard],
    graders: Sequence[Grader],
    outcome_of: Lookup,
    attempts_of: Callable[[UUID], list[Attempt]],
) -> JudgedTurn:
    """The grades and verdicts of one slice from all its judges' answers; `graders` are the suite's.

    What needs no judge, because an answer is spoiled, is told once every call of the slice has its end: a run
    that was stopped before would show its spoiled answers alone.
    """
    turned, unread, spoiled = JudgedTurn([], [], [], []), 0, JudgedTurn([], [], [], [])
    for question in questions(turn[0], plan.answers):
        said: list[Answer] = []
        for shard in turn if question.request is not None else ():
            call = plan.call_of(question, shard)
            outcome = outcome_of(call.call_key)
            said.append(Answer(judge_label(shard.variant.entry), call, outcome))
            turned.due += 1
            if outcome is not None:
                turned.calls.append((call, outcome))
            else:
                unread += 1
                turned.tried += [(call, attempt) for attempt in attempts_of(call.call_key)]
        into = turned if question.request is not None else spoiled
        is_score = question.grader is graders[0]
        if isinstance(question.grader, Judge):
            into.grades += grades_of(question.grader, question, said, len(turn), is_score=is_score)
        elif isinstance(question.grader, Pairwise):
            into.pairs += pairs_of(question.grader, question, said)
    if not unread:
        turned.grades += spoiled.grades
        turned.pairs += spoiled.pairs
    return turned


def grades_of(
    grader: Judge, question: Question, said: Sequence[Answer], n_judges: int, *, is_score: bool
) -> list[Judged]:
    """The grades of one answer: a criterion's of each judge, and what they come to."""
    answered = question.about[0]

    def judged(criterion: str, grade: Grade, label: str = "", key: UUID | None = None) -> Judged:
        name = f"{grader.name}.{criterion}" if criterion else grader.name
        counts = is_score and not criterion and not label
        return Judged(
            answered.call,
            f"{name}@{label}" if label else name,
            grader.version,
            is_score=counts,
            grade=grade,
            judge_call_key=key,
        )

    names = ["", *(criterion.name for criterion in grader.whole_rubric.criteria)]
    if question.lost and question.lost[0] is not None:
        return [judged(name, question.lost[0]) for name in names]
    verdicts = [(one, marks) for one in said if (marks := _marks(grader, one, answered.text)) is not None]
    if n_judges == 1:
        return [
            judged(name, grade, key=one.call.call_key)
            for one, marks in verdicts
            for name, grade in marks.items()
        ]
    found = [
        judged(name, grade, one.label, one.call.call_key)
        for one, marks in verdicts
        for name, grade in marks.items()
    ]
    if 2 * len(verdicts) < n_judges or not verdicts:
        return found
    pooled = {name: grader.pool([marks[name] for _, marks in verdicts], n_judges) for name in names[1:]}
    return [*found, *(judged(name, grade) for name, grade in {"": grader.whole(pooled), **pooled}.items())]


def pairs_of(grader: Pairwise, question: Question, said: Sequence[Answer]) -> list[PairVerdict]:
    """The verdicts on two answers in one order, a judge each; where one is spoiled, the other wins."""
    a, b = question.about

    def verdict(winner: Winner, reason: str, call: Call | None) -> PairVerdict:
        return PairVerdict(
            a=a.call,
            b=b.call,
            swapped=question.swapped,
            winner=winner,
            reason=reason,
            judge_call_key=call.call_key if call is not None else None,
            judge=call.model if call is not None else None,
        )

    if any(question.lost):
        lost_a, lost_b = question.lost
        winner: Winner = "tie" if lost_a and lost_b else "b" if lost_a else "a"
        reasons = [
            f"{side}: {lost.reason}" for side, lost in (("a", lost_a), ("b", lost_b)) if lost is not None
        ]
        return [verdict(winner, "; ".join(reasons), None)]
    found: list[PairVerdict] = []
    for one in said:
        if one.outcome is None or one.outcome.answer is None:
            continue
        try:
            comparison = grader.read(one.outcome.answer)
        except VerdictError:
            continue  # no row: the view judge_verdicts counts it, from the call
        winner = _whose(comparison.winner, swapped=question.swapped)
        found.append(verdict(winner, comparison.explanation, one.call))
    return found


def _marks(grader: Judge, one: Answer, text: str) -> Mapping[str, Grade] | None:
    """A judge's grades by criterion; None where it gave no verdict: its call is counted by judge_verdicts."""
    if one.outcome is None or one.outcome.answer is None:
        return None
    try:
        return grader.grades(grader.read(one.outcome.answer), text)
    except VerdictError:
        return None


def _whose(winner: Place, *, swapped: bool) -> Winner:
    if winner == "tie":
        return "tie"
    return "a" if (winner == "first") is not swapped else "b"
