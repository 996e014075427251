"""What a passage set of the suite grounded_answers is, and the checks that every question of it must pass."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

NOT_THERE = "NOT IN THE PASSAGES"
Difficulty = Literal["easy", "medium", "hard"]
FOUND = ("lookup", "table", "superseded", "exception", "two passages", "calculation")
NOT_FOUND = ("other thing", "other time", "missing detail", "false premise")


@dataclass(frozen=True)
class Question:
    """A question on a set of passages; without a target the passages do not answer it.

    `evidence` names passages with the words in them that the answer rests on; of an unanswerable question,
    the words that nearly answer it. `derive` computes the target where it stands nowhere. `also` are other
    spellings of it. `absent` are patterns that would stand in a passage that answers. `wrong` are answers
    that a careless reader would give.
    """

    text: str
    category: str
    difficulty: Difficulty
    evidence: Mapping[str, str]
    wrong: tuple[str, ...]
    target: str | None = None
    also: tuple[str, ...] = ()
    derive: Callable[[], object] | None = None
    absent: tuple[str, ...] = ()


@dataclass(frozen=True)
class PassageSet:
    """Passages of one invented organisation by their key, and the questions on them."""

    name: str
    passages: Mapping[str, str]
    questions: tuple[Question, ...]

    def check(self) -> None:
        """Hold every question against the passages.

        Raises: RuntimeError: a question is not what it says.
        """
        for question in self.questions:
            for fault in faults(question, self.passages):
                raise RuntimeError(f"{self.name}: {question.text}: {fault}")


def faults(question: Question, passages: Mapping[str, str]) -> list[str]:
    """What speaks against a question; nothing where it is sound."""
    found = [
        f'"{words}" does not stand in {key}'
        for key, words in question.evidence.items()
        if words not in " ".join(passages[key].split())
    ]
    everything = " ".join(" ".join(passages.values()).split())
    if not question.evidence or not question.wrong:
        found.append("no evidence, or no wrong answer")
    if question.target is None:
        found += [f"not one of {NOT_FOUND}"] if question.category not in NOT_FOUND else []
        found += [] if question.absent else ["nothing says what is absent"]
        found += [
            f'"{pattern}" stands in a passage'
            for pattern in question.absent
            if re.search(pattern, everything)
        ]
        found += [] if any(wrong in everything for wrong in question.wrong) else ["nothing tempts"]
        return found
    found += [f"not one of {FOUND}"] if question.category not in FOUND else []
    if question.derive is not None:
        made = str(question.derive())
        found += [f"derived is {made}, not {question.target}"] if made != question.target else []
    elif not any(
        spelling in words for spelling in spellings(question) for words in question.evidence.values()
    ):
        found.append(f'"{question.target}" stands in no evidence')
    if {wrong.casefold() for wrong in question.wrong} & {one.casefold() for one in spellings(question)}:
        found.append("a wrong answer is right")
    return found


def spellings(question: Question) -> tuple[str, ...]:
    """Every spelling that is right: a number of four digits and more also with commas, a date in words."""
    if question.target is None:
        return (NOT_THERE,)
    made = [question.target, *question.also]
    for spelling in (question.target, *question.also):
        if re.fullmatch(r"\d{4,}", spelling):
            made.append(f"{int(spelling):,}")
        if re.fullmatch(r"\d{4}-\d\d-\d\d", spelling):
            day = date.fromisoformat(spelling)
            made += [f"{day.day} {day:%B} {day.year}", f"{day:%B} {day.day}, {day.year}"]
    return tuple(dict.fromkeys(made))


def day_after(day: str, days: int) -> date:
    """The date so many days after an ISO date."""
    return date.fromisoformat(day) + timedelta(days=days)


def working_day_after(day: str, days: int) -> date:
    """The date so many days, Monday to Friday, after an ISO date."""
    at = date.fromisoformat(day)
    while days:
        at += timedelta(days=1)
        days -= at.weekday() < 5
    return at


def minutes_between(start: str, end: str) -> int:
    """Minutes from HH:MM to HH:MM of one day."""
    hours, minutes = (int(b) - int(a) for a, b in zip(start.split(":"), end.split(":"), strict=True))
    return 60 * hours + minutes
