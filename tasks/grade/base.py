"""What every grader is: a frozen dataclass whose fields are its options, with one method that judges."""

import dataclasses
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

from tasks.grade.extract import extract
from tasks.grade.text import shown, storable
from tasks.model import Grade, Reason, Sample
from warehouse.errors import SuiteError


class UnjudgedError(Exception):
    """What was found to judge cannot be judged here, which says nothing about whether it is right.

    The answer has no grade of that grader then, and counts in `n_ungraded`.
    """


@dataclass(frozen=True, kw_only=True)
class Grader(ABC):
    """Turn the text of a response into a grade; pure, and never raises on what a model wrote.

    `extract` says which part of the response is the answer (tasks/grade/extract.py). Where that finds
    nothing the grade is 0 with the reason `unparsable`. `version` changes with what passes.
    """

    type: ClassVar[str]
    version: ClassVar[str] = "1"
    stored: ClassVar[bool] = False  # judges by what the table `samples` keeps: no choices, no other column
    apart: ClassVar[bool] = False  # judges in a process of its own: several answers at once, from threads
    asks: ClassVar[bool] = False  # a judge has to be asked: its grades come later (tasks/judges/plan.py)
    scores: ClassVar[bool] = True  # gives grades

    extract: str = "text"
    name: str = ""  # in the tables; the type where none is given

    def __post_init__(self) -> None:
        if not self.name:
            object.__setattr__(self, "name", self.type)

    def check(self, sample: Sample) -> None:  # noqa: B027 - most graders need nothing but their options
        """Refuse a sample that this grader could not judge.

        Raises: SuiteError: says what the sample lacks.
        """

    def check_place(self) -> None:  # noqa: B027 - most graders judge anywhere
        """Refuse a machine on which this grader cannot judge.

        Raises: SpecError: says what is missing, and the remedy.
        """

    def grade(self, sample: Sample, answer: str) -> Grade:
        """Judge the text of one response."""
        found = extract(self.extract, answer)
        if found is None:
            return failed("unparsable", f'extract = "{self.extract}" found nothing in the response')
        return self.compare(sample, found)

    def judge_refusal(self, sample: Sample, spoiled: Grade) -> Grade:
        """The grade where the service itself refused; `spoiled` is the 0 that this is to most graders."""
        return spoiled

    @abstractmethod
    def compare(self, sample: Sample, answer: str) -> Grade:
        """Judge the extracted answer.

        Raises: UnjudgedError: it is neither right nor wrong for all that can be told here.
        """


def verdict(passed: bool, answer: str, explanation: str) -> Grade:
    """Right is 1, wrong is 0 with the reason `wrong`."""
    return Grade(
        score=1.0 if passed else 0.0,
        passed=passed,
        answer=storable(answer),
        reason=None if passed else "wrong",
        explanation=storable(explanation),
    )


def failed(reason: Reason, explanation: str, answer: str | None = None) -> Grade:
    """A grade of 0 with its reason."""
    kept = None if answer is None else storable(answer)
    return Grade(score=0.0, passed=False, answer=kept, reason=reason, explanation=storable(explanation))


def right_answers(sample: Sample) -> tuple[str, ...]:
    """Every right answer of a sample: `targets`, else `target`.

    Raises: SuiteError: the sample has neither.
    """
    found = sample.targets or (() if sample.target is None else (sample.target,))
    if not found:
        raise lacking(sample, 'has no "target", which the grader needs')
    return found


def lacking(sample: Sample, what: str) -> SuiteError:
    """The error for a sample that a grader cannot judge."""
    return SuiteError(f'sample "{shown(sample.sample_id)}" {what}. Mend samples.sql or the graders.')


def options_of(grader: type[Grader]) -> list[str]:
    """The names of a grader's options."""
    return [field.name for field in dataclasses.fields(grader)]
