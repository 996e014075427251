"""What a case of the suite multiple_choice is: no right choice is written down, each is found by a program.

There are five ways to find one, and a function for each: a query's result (`sql`), what a session of
statements ends with (`session`), what a script prints (`python`), a calculation or simulation (`computed`),
and the one candidate of four that does what is asked (`chosen`).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from bench.multiple_choice.run import end_of, printed, result_of

Difficulty = Literal["easy", "medium", "hard"]


@dataclass(frozen=True)
class Case:
    """A question and its four choices; `find` says which is right, `wrong` are the others.

    Raises: RuntimeError (from `right` and `choices`): the program does not find exactly one right choice.
    """

    difficulty: Difficulty
    found_by: Literal["sql", "session", "python", "computed", "chosen"]
    question: str
    find: Callable[[], str]
    others: tuple[str, ...]

    @property
    def choices(self) -> tuple[str, str, str, str]:
        """The right choice first, then the wrong ones."""
        right = self.find()
        wrong = [other for other in self.others if other != right]
        folded = {" ".join(choice.split()).casefold() for choice in (right, *wrong)}
        if len(wrong) != 3 or len(folded) != 4:
            raise RuntimeError(f"not four different choices: {right!r} and {self.others}\n{self.question}")
        return right, wrong[0], wrong[1], wrong[2]


def sql(difficulty: Difficulty, question: str, query: str, *wrong: str) -> Case:
    """What a query returns."""
    three(wrong, question)
    shown = f"{tidy(question)}\n\n```sql\n{query.strip()}\n```"
    return Case(difficulty, "sql", shown, lambda: result_of(query), wrong)


def session(difficulty: Difficulty, question: str, steps: str, *wrong: str) -> Case:
    """What the last statement of a session returns; a line is `A: statement`, A and B are connections."""
    three(wrong, question)
    shown = f"{tidy(question)}\n\n```\n{steps.strip()}\n```"
    return Case(difficulty, "session", shown, lambda: end_of(steps), wrong)


def python(difficulty: Difficulty, question: str, code: str, *wrong: str) -> Case:
    """What a script prints."""
    three(wrong, question)
    shown = f"{tidy(question)}\n\n```python\n{code.strip()}\n```"
    return Case(difficulty, "python", shown, lambda: printed(code), wrong)


def computed(difficulty: Difficulty, question: str, find: Callable[[], str], *wrong: str) -> Case:
    """What `find` calculates."""
    three(wrong, question)
    return Case(difficulty, "computed", question.strip(), find, wrong)


def chosen(difficulty: Difficulty, question: str, does: Callable[[str], bool], *candidates: str) -> Case:
    """The one of four candidates that `does` what the question asks."""
    candidates = tuple(candidate.strip() for candidate in candidates)

    def find() -> str:
        good = [candidate for candidate in candidates if does(candidate)]
        if len(candidates) != 4 or len(good) != 1:
            raise RuntimeError(f"of {len(candidates)} candidates these do it: {good}\n{question}")
        return good[0]

    return Case(difficulty, "chosen", question.strip(), find, candidates)


def three(wrong: tuple[str, ...], question: str) -> None:
    """Refuse a case that has not three wrong choices, before anything is run."""
    if len(wrong) != 3:
        raise RuntimeError(f"{len(wrong)} wrong choices: {question}")


def tidy(text: str) -> str:
    """The text of a question that is wrapped in the source, in one line."""
    return " ".join(text.split())
