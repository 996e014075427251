"""What is asked of a register: answers are worked out from its facts, and so is what careless readers say.

in_force       a work's budget after two changes, one of which says only by how much
as_of          the same on a day between the changes
chain          who heads the office that a work is under, where both have changed
order          which of six works was inspected first; entries were made late
contradiction  for which of six works two depths are given and neither is corrected
total          what a firm was paid, with one voucher cancelled and one corrected
rule           how many vouchers of a firm were above the limit of their day
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from tasks.load.made.draw import Draw
from tasks.load.made.register.facts import (
    BUDGET,
    Fact,
    Register,
    budget_after,
    contradicts_itself,
    last_named,
    limit_on,
    stands_at,
)
from tasks.load.made.register.wording import in_words

Kind = Literal["in_force", "as_of", "chain", "order", "contradiction", "total", "rule"]
OPTIONS = 6


@dataclass(frozen=True)
class Question:
    """A question, its answer, wrong answers, and the facts that it takes."""

    text: str
    answer: str | int
    wrong: tuple[str | int, ...]
    facts: tuple[Fact, ...]
    form: Literal["crowns", "count", "person", "work"]


def draw_questions(register: Register, kind: Kind, n: int, draw: Draw) -> list[Question]:
    """So many questions of a kind, each on another work or firm.

    Raises: ValueError: there are not so many to ask about.
    """
    found: list[Question] = []
    subjects = register.firms if kind in ("total", "rule") else register.works
    shuffled = draw.shuffled(subjects)
    if kind == "order":  # those first that the order of the entries does not give away
        shuffled.sort(key=lambda work: not _tempting(register, register.of(work, "inspected")[0]))
    for subject in shuffled:
        question = ASK[kind](register, subject, draw)
        if question is not None:
            found.append(question)
        if len(found) == n:
            return found
    raise ValueError(f'the document is too short for {n} questions of the kind "{kind}"')


def _in_force(register: Register, work: str, draw: Draw) -> Question:
    changes = register.of(work, *BUDGET)
    text = f"What is the budget of the {work}, in crowns, at the end of the register?"
    return _budget(text, changes, changes)


def _as_of(register: Register, work: str, draw: Draw) -> Question | None:
    changes = register.of(work, *BUDGET)
    first, second = changes[1].day, changes[2].day
    if (second - first).days < 60:
        return None
    day = first + (second - first) * draw.between(20, 80) // 100
    return _budget(f"What was the budget of the {work}, in crowns, on {in_words(day)}?", changes[:2], changes)


def _budget(text: str, in_force: list[Fact], changes: list[Fact]) -> Question:
    answer = budget_after(in_force)
    others = {budget_after(changes[:n]): None for n in (1, 2, 3)} | {
        abs(fact.value): None for fact in changes
    }
    return Question(
        text, answer, tuple(other for other in others if other != answer), tuple(in_force), "crowns"
    )


def _chain(register: Register, work: str, draw: Draw) -> Question | None:
    offices = register.of(work, "office")
    if len(offices) < 2:
        return None
    heads = register.of(last_named(offices), "head")
    text = f"Who heads, at the end of the register, the office that the {work} is then under?"
    wrong = [fact.other for fact in heads[:-1]] + [last_named(register.of(offices[0].other, "head"))]
    return Question(text, last_named(heads), tuple(wrong), (*offices, *heads), "person")


def _order(register: Register, work: str, draw: Draw) -> Question | None:
    """First by its day, and, where it was entered late, not the first that was entered."""
    mine = register.of(work, "inspected")[0]
    later = _later(register, mine)
    if len(later) < OPTIONS - 1:
        return None
    lures = draw.some(_tempting(register, mine), 1) if _tempting(register, mine) else []
    rest = draw.some([fact for fact in later if fact not in lures], OPTIONS - 1 - len(lures))
    facts = draw.shuffled([mine, *lures, *rest])
    listed = _listed([fact.subject for fact in facts])
    wrong = [fact.subject for fact in facts if fact is not mine]
    return Question(
        f"Which of these was inspected first: {listed}?", work, tuple(wrong), tuple(facts), "work"
    )


def _later(register: Register, mine: Fact) -> list[Fact]:
    """The inspections of later days."""
    every = (fact for work in register.works for fact in register.of(work, "inspected"))
    return [fact for fact in every if fact.day > mine.day]


def _tempting(register: Register, mine: Fact) -> list[Fact]:
    """Of these, the ones that were entered before this one."""
    return [fact for fact in _later(register, mine) if fact.at < mine.at]


def _contradiction(register: Register, work: str, draw: Draw) -> Question | None:
    if not contradicts_itself(register, work):
        return None
    sound = [other for other in register.works if not contradicts_itself(register, other)]
    corrected = [other for other in sound if register.of(other, "depth_corrected")]
    plain = [other for other in sound if other not in corrected]
    if len(corrected) < 2 or len(plain) < OPTIONS - 3:
        return None
    others = [*draw.some(corrected, 2), *draw.some(plain, OPTIONS - 3)]
    listed = _listed(draw.shuffled([work, *others]))
    text = (
        f"Of one of these the register gives two different depths and corrects neither: {listed}. Which one?"
    )
    return Question(text, work, tuple(others), tuple(register.of(work, "depth")), "work")


def _total(register: Register, firm: str, draw: Draw) -> Question:
    vouchers = register.paid_to(firm)
    answer = sum(stands_at(register, voucher) for voucher in vouchers)
    changes = [
        fact for voucher in vouchers for fact in register.of(voucher.subject, "cancelled", "corrected")
    ]
    as_entered = sum(voucher.value for voucher in vouchers)
    gone = sum(voucher.value for voucher in vouchers if not stands_at(register, voucher))
    wrong = [other for other in (as_entered, as_entered - gone, answer + gone) if other != answer]
    text = (
        f"How many crowns did {firm} get in all? Cancelled vouchers do not count, and corrected ones count "
        f"as corrected."
    )
    return Question(text, answer, tuple(wrong), (*vouchers, *changes), "crowns")


def _rule(register: Register, firm: str, draw: Draw) -> Question | None:
    limits = register.limits
    vouchers = register.paid_to(firm)
    days = {fact.day for fact in limits}
    if any(voucher.day in days for voucher in vouchers):  # before the change or after it: nobody can tell
        return None
    above = sum(voucher.value > limit_on(limits, voucher.day) for voucher in vouchers)
    guesses = {sum(voucher.value > limit.value for voucher in vouchers): None for limit in limits}
    wrong = [guess for guess in (*guesses, len(vouchers)) if guess != above]
    if len(guesses) < 2:  # whoever knows one of the limits would be right
        return None
    text = (
        f"How many of the vouchers to {firm} needed two signatures? Take each as it was first entered, "
        f"also where it was cancelled or corrected later."
    )
    return Question(text, above, tuple(dict.fromkeys(wrong)), (*limits, *vouchers), "count")


def _listed(works: list[str]) -> str:
    return ", ".join(f"the {work}" for work in works[:-1]) + f" or the {works[-1]}"


ASK: Mapping[Kind, Callable[[Register, str, Draw], Question | None]] = {
    "in_force": _in_force,
    "as_of": _as_of,
    "chain": _chain,
    "order": _order,
    "contradiction": _contradiction,
    "total": _total,
    "rule": _rule,
}
